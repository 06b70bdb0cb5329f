##@ Fuzzing
# The shipped sources, and how they are watched: by SANITIZER for libFuzzer, or for AFL++, or to see
# what is reached. Compiled without SwiftPM, which loses one of two sanitizers, and not inlined into
# the harnesses, which are not watched.
SANITIZER ?= address
SECONDS ?= 60
TARGET ?= all
FUZZ := $(BUILD)/fuzz/$(SANITIZER)
FUZZ_TARGETS := $(patsubst Tests/Fuzz/%.swift,%,$(wildcard Tests/Fuzz/*.swift))
FUZZ_CHOSEN := $(or $(filter-out all,$(TARGET)),$(FUZZ_TARGETS))
FUZZ_WATCH_address := -sanitize=fuzzer,address
FUZZ_WATCH_thread := -sanitize=fuzzer,thread
# Threads count atomically: some counts are differences of others.
FUZZ_WATCH_coverage := -sanitize=fuzzer -profile-generate -profile-coverage-mapping \
    -Xllvm -instrprof-atomic-counter-update-all
FUZZ_WATCH_afl := -sanitize=address -sanitize-coverage=edge,trace-pc-guard
FUZZ_WATCH := $(FUZZ_WATCH_$(SANITIZER))
FUZZ_SWIFT := -g -O -wmo -parse-as-library -swift-version 6 -strict-memory-safety \
    -warnings-as-errors -static-stdlib -enable-testing -disable-cmo \
    -no-emit-module-separately-wmo -I $(FUZZ) -I Sources/CLZ4Boot -I Sources/CLibLZ4

# The references of the tests, on which the harnesses rely.
FUZZ_SUPPORT := $(wildcard Tests/Fuzz/Support/*.swift) $(addprefix Tests/BootFormatsTests/,DeviceTreeBuilder.swift KernelFileBuilder.swift) \
    $(addprefix Tests/LZ4BootTests/Support/,LZ4Builder.swift NaiveXXH32.swift Outcome.swift \
    RandomSource.swift ReferenceDecoder.swift ReferenceDecoder+Frames.swift SplitMix64.swift) \
    $(addprefix Tests/DifferentialTests/Support/,LibLZ4.swift StrictFormat.swift)
# What of the command reads and makes files.
FUZZ_COMMAND := $(addprefix Sources/lz4boot/,BlockLayout.swift CommandFailure.swift \
    CompressedFrame.swift ConcurrentWork.swift ContentKind.swift Decoding.swift Explanation.swift \
    FormatReasons.swift FrameCompression.swift InfoListing.swift InputFile.swift KernelContainer.swift \
    KernelSource.swift MappedMemory.swift PEExtent.swift ProgressBar.swift SourceInfo.swift StandardStreams.swift)

# The compiler keeps an object that comes out the same, and its age: not here.
$(FUZZ)/LZ4Boot.o: $(DECODER_SOURCES) $(HEADER) Makefile Tests/Fuzz/fuzz.mk
	@mkdir -p $(@D)
	rm -f $@
	$(SWIFTC) $(EMBEDDED) -target $(shell uname -m)-unknown-linux-gnu -g $(FUZZ_WATCH) -module-name LZ4Boot \
	    $(filter Sources/LZ4Boot/%,$(DECODER_SOURCES)) -c -o $@

define fuzz_module
$(FUZZ)/$(1).o: $(2) $(HEADER) Makefile Tests/Fuzz/fuzz.mk
	@mkdir -p $$(@D)
	rm -f $$@
	$(SWIFTC) $(FUZZ_SWIFT) $(3) -module-name $(1) -emit-module -emit-module-path $(FUZZ)/$(1).swiftmodule \
	    $(2) -c -o $$@
endef
$(eval $(call fuzz_module,BootFormats,$(wildcard Sources/BootFormats/*.swift),$(FUZZ_WATCH)))
$(eval $(call fuzz_module,LZ4BootCommand,$(FUZZ_COMMAND),$(FUZZ_WATCH)))
# With functions of the harness for registers.
FUZZ_STUB := -I Tests/Fuzz/Stub -I Sources/StubCryptoInstructions/include -Xcc -ISources/CLZ4Boot/include
# Own tests compare it; here it only has to be fast.
$(eval $(call fuzz_module,StubCrypto,$(wildcard Sources/StubCrypto/*.swift),-I Sources/StubCryptoInstructions/include))
$(FUZZ)/constants.o: Sources/StubCryptoInstructions/constants.S
	@mkdir -p $(@D)
	$(CLANG) -c $< -o $@
$(eval $(call fuzz_module,BootStub,$(wildcard Sources/BootStub/*.swift),$(FUZZ_WATCH) $(FUZZ_STUB)))
# What compares is not watched, as it would take most of the time.
$(eval $(call fuzz_module,FuzzSupport,$(FUZZ_SUPPORT)))
$(FUZZ)/LZ4BootCommand.o $(FUZZ)/BootStub.o $(FUZZ)/FuzzSupport.o: $(FUZZ)/BootFormats.o
$(FUZZ)/BootStub.o: $(FUZZ)/StubCrypto.o
$(FUZZ)/BootStub.o: $(wildcard Tests/Fuzz/Stub/*) Sources/BootStubEntry/include/stub.h

FUZZ_OBJECTS := $(addprefix $(FUZZ)/,LZ4Boot.o BootFormats.o LZ4BootCommand.o FuzzSupport.o)
# liblz4 is linked in, like the Swift runtime: the services run the targets where neither is. A folder
# that has nothing but its archive leaves the linker no choice.
$(BUILD)/fuzz/lib/liblz4.a:
	@scripts/need.sh "to compare with liblz4" liblz4-dev
	@mkdir -p $(@D)
	ln -sf "$$($(CLANG) -print-file-name=liblz4.a)" $@

# AFL++ has its own main, and a runtime that counts by the hooks that swiftc plants.
FUZZ_LINK := -use-ld=lld -L $(BUILD)/fuzz/lib \
    $(if $(filter afl,$(SANITIZER)),/usr/lib/afl/libAFLDriver.a /usr/lib/afl/afl-compiler-rt.o)
$(FUZZ_TARGETS:%=$(FUZZ)/%): $(FUZZ)/%: Tests/Fuzz/%.swift $(FUZZ_OBJECTS) $(BUILD)/fuzz/lib/liblz4.a
	$(SWIFTC) $(FUZZ_SWIFT) $(if $(filter stub,$*),$(FUZZ_STUB)) -module-name Fuzz_$* $< -c -o $@.o
	$(SWIFTC) $(FUZZ_WATCH) -static-stdlib $(FUZZ_LINK) $@.o $(filter %.o,$^) -o $@
# The stub calls functions of its harness, so only that one has it.
$(FUZZ)/stub: $(FUZZ)/BootStub.o $(FUZZ)/StubCrypto.o $(FUZZ)/constants.o
# Any other name in TARGET.
$(FUZZ)/%:
	@echo "there is no fuzz target '$*', but: $(FUZZ_TARGETS)" >&2; exit 1

# What needs the shipped sources is for the targets.
FUZZ_SEEDS := $(wildcard Tests/Fuzz/Seeds/*.swift) $(filter-out %/DeviceTreeMemory.swift,$(FUZZ_SUPPORT))
$(BUILD)/fuzz/seeds: $(FUZZ_SEEDS) Tests/Fuzz/fuzz.mk $(BUILD)/host/liblz4boot.a $(BUILD)/fuzz/lib/liblz4.a
	$(SWIFTC) $(filter-out -g,$(FUZZ_SWIFT)) -use-ld=lld -L $(BUILD)/fuzz/lib -module-name Seeds \
	    $(FUZZ_SEEDS) $(BUILD)/host/liblz4boot.a -o $(BUILD)/fuzz/seeds-writer
	rm -rf $@ $@.new && mkdir $@.new
	$(BUILD)/fuzz/seeds-writer $@.new
	mv $@.new $@

# Words that mutations put in.
FUZZ_BOOT := device_tree image kernel stub
$(FUZZ_TARGETS:%=$(FUZZ)/%.dict): $(FUZZ)/%.dict: Tests/Fuzz/lz4.dict Tests/Fuzz/boot.dict
	@mkdir -p $(@D)
	cp Tests/Fuzz/$(if $(filter $*,$(FUZZ_BOOT)),boot,lz4).dict $@

.PHONY: fuzz-build
fuzz-build: $(FUZZ_CHOSEN:%=$(FUZZ)/%) $(FUZZ_CHOSEN:%=$(FUZZ)/%.dict) $(BUILD)/fuzz/seeds ## Build the fuzz targets and their seeds, SANITIZER=address TARGET=all

.PHONY: fuzz
fuzz: fuzz-build ## Fuzz with libFuzzer, SECONDS=60 for all together, TARGET=all SANITIZER=address
	FUZZ=$(FUZZ) Tests/Fuzz/run.sh $(SECONDS) $(FUZZ_CHOSEN)

.PHONY: test-fuzz
test-fuzz: fuzz-build ## Run every fuzz target 5000 times from its seeds, the same every time
	FUZZ=$(FUZZ) Tests/Fuzz/run.sh -runs=5000 $(FUZZ_CHOSEN)

.PHONY: fuzz-minimise
fuzz-minimise: fuzz-build ## Keep of the corpora in build/fuzz/corpus what reaches something new
	@for target in $(FUZZ_CHOSEN); do \
	    rm -rf $(BUILD)/fuzz/minimised; \
	    mkdir -p $(BUILD)/fuzz/minimised $(BUILD)/fuzz/corpus/$$target; \
	    $(FUZZ)/$$target -merge=1 $(BUILD)/fuzz/minimised $(BUILD)/fuzz/corpus/$$target \
	        $(BUILD)/fuzz/seeds/$$target 2>$(BUILD)/fuzz/$$target.log || { \
	        tail -20 $(BUILD)/fuzz/$$target.log >&2; exit 1; }; \
	    rm -r $(BUILD)/fuzz/corpus/$$target; \
	    mv $(BUILD)/fuzz/minimised $(BUILD)/fuzz/corpus/$$target; \
	    printf '%-12s %6s inputs\n' $$target "$$(ls $(BUILD)/fuzz/corpus/$$target | wc -l)"; \
	done

.PHONY: fuzz-afl
fuzz-afl: ## Fuzz with AFL++, SECONDS=60 for all together, TARGET=all
	@scripts/need.sh "to fuzz with another engine" afl++
	$(MAKE) --no-print-directory SANITIZER=afl fuzz-build
	Tests/Fuzz/afl.sh $(SECONDS) $(FUZZ_CHOSEN)

# Without corpora, so that it is the same everywhere.
.PHONY: fuzz-coverage
fuzz-coverage: ## Tell what of the shipped sources the seeds and 5000 runs of each target do not reach
	@scripts/need.sh "to compare what is reached with what is to be" python3
	$(MAKE) --no-print-directory SANITIZER=coverage fuzz-build
	rm -f $(BUILD)/fuzz/coverage/*.profraw
	LLVM_PROFILE_FILE=$(BUILD)/fuzz/coverage/%m.profraw FUZZ=$(BUILD)/fuzz/coverage \
	    Tests/Fuzz/run.sh -runs=5000 $(FUZZ_CHOSEN)
	$(TOOLCHAIN)llvm-profdata merge -o $(BUILD)/fuzz/coverage/all.profdata $(BUILD)/fuzz/coverage/*.profraw
	python3 Tests/Fuzz/coverage.py $(TOOLCHAIN)llvm-cov $(BUILD)/fuzz/coverage/all.profdata \
	    Tests/Fuzz/unreached.txt $(FUZZ_CHOSEN:%=$(BUILD)/fuzz/coverage/%)

.PHONY: test-oss-fuzz
test-oss-fuzz: ## Build the fuzz targets as OSS-Fuzz and ClusterFuzzLite do, SANITIZER=address
	@scripts/need.sh "to pack and unpack seeds" zip unzip liblz4-dev
	Tests/Fuzz/oss-fuzz.sh $(SANITIZER)
