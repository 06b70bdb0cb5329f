# lz4boot. `make help` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL := /bin/bash -eu -o pipefail

PREFIX ?= /usr/local
DESTDIR ?=
BUILD := build

# The toolchain's own LLVM tools, so that nothing but Swift has to be installed.
SWIFT ?= swift
SWIFTC := $(shell command -v swiftc 2>/dev/null)
ifeq ($(SWIFTC),)
ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),help)),)
$(error no Swift toolchain found: install Swift 6.3 (swift.org/install) and put swiftc on the PATH)
endif
endif
TOOLCHAIN := $(dir $(shell readlink -f "$(SWIFTC)"))
CLANG := $(TOOLCHAIN)clang
LLD := $(TOOLCHAIN)ld.lld
AR := $(TOOLCHAIN)llvm-ar
NM := $(TOOLCHAIN)llvm-nm
OBJCOPY := $(TOOLCHAIN)llvm-objcopy
export TOOLCHAIN

DECODER_SOURCES := $(sort $(shell find Sources/LZ4Boot Sources/FreestandingMemory -name '*.swift'))
HEADER := Sources/CLZ4Boot/include/lz4boot.h

# -no-allocations turns a hidden allocation into a compile error; without loop idioms no loop
# becomes a call of memcpy or memset, which do not exist here. Loops are neither unrolled by an
# unknown count nor rewritten for other pointers than the source's: smaller, and no slower.
LOOPS := -disable-loop-idiom-all -unroll-runtime=false -disable-lsr
EMBEDDED := -enable-experimental-feature Embedded -wmo -O -parse-as-library -no-allocations \
    -swift-version 6 -strict-memory-safety -warnings-as-errors -Xfrontend -function-sections \
    -Xfrontend -disable-stack-protector $(LOOPS:%=-Xllvm %) -I Sources/CLZ4Boot
# No SIMD registers: pairs of general registers copy faster on a Cortex-A53, and boot code need not
# enable the FPU.
# Erratum 835769 of revisions up to r0p4: a 64-bit multiply-accumulate behind a load can go wrong.
A53 := -target aarch64-none-none-elf -Xcc -mcpu=cortex-a53 -Xcc -mgeneral-regs-only \
    -Xcc -fomit-frame-pointer -Xcc -mfix-cortex-a53-835769
# For code that runs with the MMU off, when memory is Device memory and alignment is enforced.
A53_STRICT := $(A53) -Xcc -mstrict-align
ifeq ($(shell uname -m),x86_64)
HOST := -target x86_64-unknown-linux-gnu
else
HOST := -target aarch64-none-none-elf -Xcc -fPIC
endif

##@ Main
.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	    /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: lib
lib: $(BUILD)/aarch64/liblz4boot.a $(BUILD)/aarch64-strict/liblz4boot.a $(BUILD)/include/lz4boot.h ## Build the static libraries for the Cortex-A53

.PHONY: lib-host
lib-host: $(BUILD)/host/liblz4boot.a $(BUILD)/include/lz4boot.h ## Build the same library for this machine

# One relocatable object per archive: only what the C interface reaches, everything else local.
# The compiler keeps an object whose sources are the same, whatever LLVM's options are: not here.
define archive
$(BUILD)/$(1)/liblz4boot.a: $(DECODER_SOURCES) $(HEADER) Makefile
	@mkdir -p $$(@D)
	rm -f $$(@D)/whole.o
	$(SWIFTC) $(2) $(EMBEDDED) -module-name LZ4Boot $(DECODER_SOURCES) -c -o $$(@D)/whole.o
	$(LLD) -r --gc-sections \
	    $$$$($(NM) --defined-only --extern-only -j $$(@D)/whole.o | sed -n 's/^lz4boot_/-u &/p') \
	    -o $$(@D)/lz4boot.o $$(@D)/whole.o
	$(OBJCOPY) --wildcard --keep-global-symbol='lz4boot_*' --strip-unneeded --remove-section='.swift*' \
	    --remove-section=.linker-options --remove-section=.text._swift_exceptionPersonality \
	    $$(@D)/lz4boot.o
	rm -f $$@ && $(AR) rcsD $$@ $$(@D)/lz4boot.o
endef
$(eval $(call archive,aarch64,$(A53)))
$(eval $(call archive,aarch64-strict,$(A53_STRICT) -D LZ4BOOT_STRICT_ALIGNMENT))
$(eval $(call archive,host,$(HOST)))

$(BUILD)/include/lz4boot.h: $(HEADER)
	@mkdir -p $(@D)
	cp $< $@

STUB_PARTS := entry sha256 constants
STUBS := $(BUILD)/lz4boot.stub $(BUILD)/lz4boot-signed.stub

.PHONY: stub
stub: $(STUBS) ## Build the stubs that pack puts in front of a kernel

# Nearly all of the stub's own code runs once and is made small; some of it with the MMU off. The decoder
# is the fast one. Instructions are left where they are, so that sequences of them that are the same stay
# the same and become functions, as do the ends of functions.
SMALL := -enable-misched=false -enable-post-misched=false -homogeneous-prolog-epilog \
    -machine-outliner-reruns=4
STUB_SWIFT := $(A53_STRICT) $(patsubst -O,-Osize,$(EMBEDDED)) -Xllvm -sil-disable-pass=loop-rotate
# LLVM once more over all of a module, $(1).ll: what has a Swift name is called by nobody else, so that
# its linkage and its calling convention are free; an address is one ADR, not two instructions
# (-mcmodel=tiny); constants that nobody uses go, and texts need no alignment. That must be nothing that
# the compiler has relied on before: they are read byte by byte.
define small_object
	sed -E -e '/^define.* @"\$$/s/^define (linkonce_odr |weak_odr )?(protected|hidden) /define internal /' \
	    -e 's/^(@"\$$[^ ]* = )(linkonce_odr |weak_odr )?(protected|hidden) /\1internal /' \
	    -e '/^@.* c".*00"$$/s/$$/, align 1/' -i $(1).ll
	! grep -E 'load i(16|32|64).* @"?\.str' $(1).ll
	$(CLANG) -target aarch64-none-none-elf -ffreestanding -Oz -mcmodel=tiny -ffunction-sections \
	    -fdata-sections $(patsubst %,-mllvm %,$(LOOPS) $(SMALL)) -c $(1).ll -o $(1).o
endef
# One module, which is smaller than four. One that verifies signatures is larger.
define boot_stub
$(BUILD)/stub/$(1).o: $(wildcard $(addprefix Sources/,$(addsuffix /*.swift,BootStub BootFormats StubCrypto \
    FreestandingMemory))) $(wildcard Sources/*/include/*.h) Makefile
	@mkdir -p $$(@D)
	$(SWIFTC) $(STUB_SWIFT) $(2) -module-name BootStub -I Sources/BootStubEntry/include \
	    -I Sources/StubCryptoInstructions/include -Xcc -ISources/CLZ4Boot/include \
	    $$(filter %.swift,$$^) -emit-ir -o $(BUILD)/stub/$(1).ll
	$$(call small_object,$(BUILD)/stub/$(1))
endef
$(eval $(call boot_stub,lz4boot))
$(eval $(call boot_stub,lz4boot-signed,-D SIGNED_STUB))

# What hashes and verifies, strict as well.
CRYPTO_PARTS := StubCrypto sha256 constants
$(BUILD)/%/StubCrypto.o: $(wildcard Sources/StubCrypto/*.swift) \
    Sources/StubCryptoInstructions/include/stub_crypto.h Makefile
	@mkdir -p $(@D)
	$(SWIFTC) $(if $(filter host,$*),$(HOST) $(EMBEDDED),$(STUB_SWIFT)) -module-name StubCrypto \
	    -I Sources/StubCryptoInstructions/include $(filter %.swift,$^) \
	    $(if $(filter host,$*),-c -o $@,-emit-ir -o $(basename $@).ll)
	$(if $(filter host,$*),,$(call small_object,$(basename $@)))

$(BUILD)/host/%.o: Sources/StubCryptoInstructions/%.S Makefile
	@mkdir -p $(@D)
	$(CLANG) -c $< -o $@

$(BUILD)/stub/%.o: Sources/StubCryptoInstructions/%.S Makefile
	@mkdir -p $(@D)
	$(CLANG) -target aarch64-none-elf -mcpu=cortex-a53 -c $< -o $@

# For C: what it may call, and what that needs.
CRYPTO_CALLED := stub_sha256 stub_sha512 ed25519_is_valid sha256_blocks_portable
define crypto_object
$(BUILD)/$(1)/crypto.o: $(CRYPTO_PARTS:%=$(BUILD)/$(1)/%.o)
	$(LLD) -r --gc-sections $(addprefix -u ,$(CRYPTO_CALLED) $(2)) -o $$@ $$^
endef
$(eval $(call crypto_object,host))
$(eval $(call crypto_object,stub,sha256_has_instructions sha256_blocks sha256_blocks_of_core))

$(BUILD)/stub/%.o: Sources/BootStubEntry/%.S Sources/BootStubEntry/include/stub.h Makefile
	@mkdir -p $(@D)
	$(CLANG) -target aarch64-none-elf -mcpu=cortex-a53 -c $< -o $@

# __stub_flags: 0x10 is flagSigned of PackedImage. -O2: texts that end alike are one. -pie: so that the
# linker lists each place that would need an address, and linker/stub.ld refuses it.
$(STUBS): $(BUILD)/%.stub: $(BUILD)/stub/%.o $(STUB_PARTS:%=$(BUILD)/stub/%.o) \
    $(BUILD)/aarch64/liblz4boot.a linker/stub.ld
	$(LLD) -pie -O2 --no-dynamic-linker --gc-sections --orphan-handling=error --fix-cortex-a53-843419 \
	    --defsym=__stub_flags=$(if $(filter %-signed,$*),0x10,0) -T linker/stub.ld \
	    -Map $(BUILD)/stub/$*.map -o $(BUILD)/stub/$*.elf $(filter %.o %.a,$^)
	$(OBJCOPY) -O binary --only-section=.stub $(BUILD)/stub/$*.elf $@

# The Swift runtime is linked in, so that the command runs where there is no Swift. That is another
# build than the tests' and bench's, so it has its own folder.
CLI_FLAGS := -c release --scratch-path $(BUILD)/command --static-swift-stdlib -Xswiftc -use-ld=lld \
    -Xlinker -s

.PHONY: cli
cli: stub ## Build the command, build/lz4boot
	@scripts/need.sh "to compile the command against liblz4 and libsodium" liblz4-dev libsodium-dev
	$(SWIFT) build $(CLI_FLAGS) --product lz4boot
	cp "$$($(SWIFT) build $(CLI_FLAGS) --show-bin-path)/lz4boot" $(BUILD)/lz4boot

.PHONY: boot
boot: cli ## Boot a real Debian kernel, packed with LZ4, and say where the time went
	@scripts/need.sh "to boot an arm64 kernel with an initramfs" qemu-system-arm cpio python3
	qemu/boot.sh

##@ Checks
.PHONY: test
test: lint test-swift test-vectors test-target test-threads test-bare-metal test-verification test-mutation test-fuzz test-oss-fuzz test-stub test-boot ## Run every test, the QEMU boots included

VERIFY := exhaustive structure structure-a53 faults in-place device-trees symbolic mutation
.PHONY: verify
verify: ## Run the long forms of what docs/verification.md lists, one after the other
	for part in $(VERIFY); do $(MAKE) --no-print-directory verify-$$part; done
	$(MAKE) --no-print-directory fuzz SECONDS=1300
	$(MAKE) --no-print-directory fuzz-afl SECONDS=650
	$(MAKE) --no-print-directory fuzz-coverage

.PHONY: test-swift
test-swift: lib lib-host stub ## Test the decoder, the objects, the formats and the command on this machine
	@scripts/need.sh "to compare with liblz4 and libsodium, and to link the archive with cc" liblz4-dev \
	    libsodium-dev gcc libc6-dev
	rm -f $(BUILD)/vectors
	LZ4BOOT_VECTORS=$(CURDIR)/$(BUILD)/vectors $(SWIFT) test

.PHONY: bench
bench: ## Measure against liblz4, print a table; RECORD=1 adds it to docs/performance.md
	@$(MAKE) --no-print-directory bench-a53
	@$(MAKE) --no-print-directory bench-host
	@$(MAKE) --no-print-directory bench-team
	@$(MAKE) --no-print-directory bench-report

.PHONY: bench-report
bench-report: ## Print and plot what bench-host, bench-team and bench-a53 without FILE measured last
	@scripts/need.sh "to print and plot the results" python3
	python3 Tests/Benchmark/report.py $(if $(filter 1,$(RECORD)),--record)

# FILE is what is compressed and decoded; a Debian kernel if it is not given.
.PHONY: bench-host
bench-host: $(BUILD)/host/bench ## Measure on this machine, growth included, FILE=Image PAIRS=25 (25 seconds)
	@mkdir -p $(BUILD)/bench
	COMMIT="$$(git describe --always --dirty --exclude='*' 2>/dev/null || echo unknown)" $(BUILD)/host/bench \
	    "$${FILE:-$$(qemu/fetch.sh)/Image}" "$${PAIRS:-25}" $(BUILD)/bench/host.json

.PHONY: bench-team
bench-team: lib cli ## Measure a team of two on QEMU's Cortex-A53, PAIRS=51 (5 seconds)
	@scripts/need.sh "to run two cores" qemu-system-arm
	qemu/bench-team/bench-team.sh "$${PAIRS:-51}"

.PHONY: bench-growth
bench-growth: $(BUILD)/host/bench ## Measure only how time and memory grow, 64 KiB to 1 GiB (15 seconds, 2 GB)
	$(BUILD)/host/bench --growth "$${FILE:-$$(qemu/fetch.sh)/Image}"

BENCH_SOURCES := Tests/Benchmark/host.c Tests/Benchmark/growth.c
$(BUILD)/host/bench: $(BENCH_SOURCES) Tests/Benchmark/host.h $(BUILD)/host/liblz4boot.a $(BUILD)/include/lz4boot.h
	@scripts/need.sh "to measure against liblz4" liblz4-dev gcc libc6-dev
	cc -O2 -std=gnu11 -Wall -Wextra -Werror -I $(BUILD)/include -o $@ $(BENCH_SOURCES) \
	    $(BUILD)/host/liblz4boot.a -llz4 -pthread

.PHONY: bench-a53
BENCH_A53_FLAGS = $(if $(FILE),--file "$(FILE)") $(if $(LEVEL),--level $(LEVEL)) \
    $(if $(filter all,$(SWEEP)),--sweep-all) $(if $(PROFILE),--profile)
bench-a53: lib ## Measure on a Cortex-A53 model, FILE=Image LEVEL=9 SWEEP=all PROFILE=1
	@scripts/need.sh "to run Cortex-A53 code, and liblz4 beside it" qemu-user gcc libc6-dev \
	    liblz4-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross python3 cpio
	qemu/a53-model/bench.py $(strip $(BENCH_A53_FLAGS))

.PHONY: calibrate-a53
calibrate-a53: ## Check the model against cycles measured on hardware
	@scripts/need.sh "to run Cortex-A53 code on this machine" qemu-user gcc libc6-dev \
	    gcc-aarch64-linux-gnu libc6-dev-arm64-cross python3
	qemu/a53-model/calibrate.py

.PHONY: size
size: lib stub ## Show what decoder and stubs take: code by function and by use, and stack
	@for archive in aarch64 aarch64-strict; do \
	    Tests/ObjectTests/size.sh $(BUILD)/$$archive/liblz4boot.a; \
	    echo "$$archive, stack of every entry point at most, frame by frame:"; \
	    Tests/ObjectTests/stack.sh $(BUILD)/$$archive/liblz4boot.a; \
	done
	@for stub in $(STUBS); do printf '%6d bytes  %s\n' "$$(stat -c %s $$stub)" $$stub; done

.PHONY: test-boot
test-boot: cli ## Check on QEMU what boots and what is refused
	@scripts/need.sh "to boot what lz4 compressed, with an initramfs" qemu-system-arm cpio lz4
	qemu/test-boot.sh

.PHONY: boot-matrix
boot-matrix: cli ## Boot packed Debian kernels on QEMU's boards and by real loaders, ROWS='virt-*' (7 minutes)
	@scripts/need.sh "to boot arm64 kernels, with an initramfs and other device trees, and by U-Boot and kexec" \
	    qemu-system-arm cpio device-tree-compiler openssl python3 u-boot-qemu u-boot-tools mtools dosfstools \
	    e2fsprogs
	qemu/matrix.sh

.PHONY: test-stub
test-stub: cli ## Check on QEMU how the stub enters a kernel and what it refuses
	@scripts/need.sh "to start packed kernels" qemu-system-arm device-tree-compiler openssl
	Tests/StubTests/smoke.sh

.PHONY: test-target
test-target: lib lib-host $(BUILD)/host/crypto.o $(BUILD)/stub/crypto.o ## Test the Cortex-A53 archives against the host's; in place, RUNS=1000000 FILE=Image
	@scripts/need.sh "to run Cortex-A53 code on this machine, and to compress for it" qemu-user gcc \
	    libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross liblz4-dev
	Tests/TargetTests/target.sh

.PHONY: test-vectors
test-vectors: test-swift lib lib-host ## Repeat what test-swift decoded on the Cortex-A53 archives and on a bare core
	@scripts/need.sh "to run Cortex-A53 code on this machine, and on a bare core" qemu-user qemu-system-arm \
	    gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross lz4
	Tests/TargetTests/target.sh vectors
	Tests/BareMetalTests/bare-metal.sh $(BUILD)/vectors

# The decoder as for this machine, but with every access watched. Where threads come and go, accesses
# that nothing orders are found by how they could have met, not by whether they did.
.PHONY: test-threads
test-threads: $(BUILD)/include/lz4boot.h ## Decode with teams of threads under ThreadSanitizer, CASES=400
	@mkdir -p $(BUILD)/threads
	$(SWIFTC) $(EMBEDDED) $(HOST) -sanitize=thread -module-name LZ4Boot \
	    $(filter Sources/LZ4Boot/%,$(DECODER_SOURCES)) -c -o $(BUILD)/threads/lz4boot.o
	$(CLANG) -fsanitize=thread -O2 -std=c11 -Wall -Wextra -Werror -I $(BUILD)/include \
	    -c Tests/TargetTests/team.c -o $(BUILD)/threads/team.o
	$(SWIFTC) -sanitize=thread -use-ld=lld $(BUILD)/threads/lz4boot.o $(BUILD)/threads/team.o \
	    -o $(BUILD)/threads/team
	TSAN_OPTIONS=halt_on_error=1 $(BUILD)/threads/team $${CASES:-400}

.PHONY: test-bare-metal
test-bare-metal: lib $(BUILD)/stub/crypto.o ## Run the archive for boot code on a bare core: MMU off, unaligned and FP trapped
	@scripts/need.sh "to run a bare core and to compress for it" qemu-system-arm lz4
	Tests/BareMetalTests/bare-metal.sh

.PHONY: lint
lint: ## Check the formatting of the Swift sources
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

.PHONY: format
format: ## Format the Swift sources
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

include Tests/Verification/verification.mk
include Tests/Symbolic/symbolic.mk
include Tests/Mutation/mutation.mk
include Tests/Fuzz/fuzz.mk

##@ Other
.PHONY: install
install: cli lib lib-host ## Install the command, the stub, the libraries and the header
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/share/lz4boot \
	    $(DESTDIR)$(PREFIX)/lib/lz4boot/aarch64 $(DESTDIR)$(PREFIX)/lib/lz4boot/aarch64-strict
	install -m 755 $(BUILD)/lz4boot $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(STUBS) $(DESTDIR)$(PREFIX)/share/lz4boot
	install -m 644 $(BUILD)/include/lz4boot.h $(DESTDIR)$(PREFIX)/include
	install -m 644 $(BUILD)/host/liblz4boot.a $(DESTDIR)$(PREFIX)/lib
	install -m 644 $(BUILD)/aarch64/liblz4boot.a $(DESTDIR)$(PREFIX)/lib/lz4boot/aarch64
	install -m 644 $(BUILD)/aarch64-strict/liblz4boot.a $(DESTDIR)$(PREFIX)/lib/lz4boot/aarch64-strict

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf $(BUILD) .build
