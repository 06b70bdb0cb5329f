##@ Verification
# Programs that try very many cases. They run on JOBS processes, and say what they did.
JOBS ?= $(shell nproc)
VERIFICATION := $(BUILD)/verification
VERIFICATION_SHARED := $(wildcard Tests/Verification/*.h) Tests/Verification/reference.c \
    Tests/TargetTests/guarded.h Tests/TargetTests/generate.h
VERIFICATION_CC := -O2 -std=c11 -Wall -Wextra -Werror -I $(BUILD)/include
A53_RUN := qemu-aarch64 -cpu cortex-a53

# Once built anew, a program does not go on where another has stopped.
$(VERIFICATION)/%: Tests/Verification/%.c $(VERIFICATION_SHARED) $(BUILD)/host/liblz4boot.a $(BUILD)/include/lz4boot.h
	@scripts/need.sh "to compare with liblz4" liblz4-dev gcc libc6-dev
	@mkdir -p $(@D)
	rm -f $@.state
	cc $(VERIFICATION_CC) -o $@ $< Tests/Verification/reference.c $(BUILD)/host/liblz4boot.a -llz4

$(VERIFICATION)/structure-%: Tests/Verification/structure.c $(VERIFICATION_SHARED) $(BUILD)/%/liblz4boot.a $(BUILD)/include/lz4boot.h
	@scripts/need.sh "to run Cortex-A53 code on this machine" qemu-user gcc-aarch64-linux-gnu \
	    libc6-dev-arm64-cross
	@mkdir -p $(@D)
	rm -f $@.state
	aarch64-linux-gnu-gcc -static -DWITHOUT_LIBLZ4 $(VERIFICATION_CC) -o $@ $< Tests/Verification/reference.c \
	    $(BUILD)/$*/liblz4boot.a

.PHONY: test-verification
test-verification: $(patsubst %,$(VERIFICATION)/%,exhaustive structure structure-aarch64 structure-aarch64-strict faults) ## Do a small part of what the targets below do (10 seconds)
	$(VERIFICATION)/exhaustive $(JOBS) 997
	$(VERIFICATION)/structure $(JOBS) 37 61
	$(A53_RUN) $(VERIFICATION)/structure-aarch64 $(JOBS) 149 61
	$(A53_RUN) $(VERIFICATION)/structure-aarch64-strict $(JOBS) 149 61
	$(VERIFICATION)/faults $(JOBS) 10 1

# Interrupted, those with a state go on where they stopped.
.PHONY: verify-exhaustive
verify-exhaustive: $(VERIFICATION)/exhaustive ## Decode every block of 0 to 4 bytes, as liblz4 and a plain parser do
	$< $(JOBS) 1 $<.state

.PHONY: verify-structure
verify-structure: $(VERIFICATION)/structure ## Decode blocks of all structures around the limits of the fast loop
	$< $(JOBS) 1 1 $<.state

.PHONY: verify-structure-a53
verify-structure-a53: $(VERIFICATION)/structure-aarch64 $(VERIFICATION)/structure-aarch64-strict ## The same, with each 16th capacity, on the Cortex-A53 archives
	for program in $^; do $(A53_RUN) $$program $(JOBS) 1 16 $$program.state; done

.PHONY: verify-faults
verify-faults: $(VERIFICATION)/faults ## Damage checksummed frames in all ways, BURSTS=100 (millions)
	$< $(JOBS) 1 $(or $(BURSTS),100)

$(VERIFICATION)/device-trees: Tests/Verification/device-trees.swift $(wildcard Sources/BootFormats/*.swift)
	@mkdir -p $(@D)
	$(SWIFTC) -O -parse-as-library -swift-version 6 -module-name device_trees -o $@ $(filter-out %/device-trees.swift,$^) $<

.PHONY: verify-device-trees
verify-device-trees: $(VERIFICATION)/device-trees ## Change all device trees of Debian's arm64 kernel, and compare with libfdt
	@scripts/need.sh "to compare with libfdt" device-tree-compiler
	Tests/Verification/device-trees.sh $< "$$(qemu/debian-arm64.sh device-trees \
	    'trees.tar=linux-image-arm64:./usr/lib/linux-image-*')/trees.tar"

.PHONY: verify-in-place
verify-in-place: lib lib-host ## Decode over the source with a million margins, RUNS=1000000 FILE=Image
	@scripts/need.sh "to run Cortex-A53 code on this machine, and to compress for it" qemu-user gcc \
	    libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross liblz4-dev
	RUNS=$(or $(RUNS),1000000) FILE="$${FILE:-$$(qemu/fetch.sh)/Image}" Tests/TargetTests/target.sh in_place
