# Plants faults in the decoder's sources. Warnings, as of code that is never reached, do not keep a fault out.
MUTATE = EMBEDDED='$(filter-out -warnings-as-errors,$(EMBEDDED))' python3 Tests/Mutation/mutate.py --jobs $(JOBS)

.PHONY: mutation-tools
mutation-tools:
	@scripts/need.sh "to test decoders with faults, on this machine and as Cortex-A53 code" python3 qemu-user gcc \
	    libc6-dev liblz4-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross

.PHONY: test-mutation
test-mutation: mutation-tools ## See that a few faults, planted in the decoder, are noticed (30 seconds)
	$(MUTATE) --planted

.PHONY: verify-mutation
verify-mutation: mutation-tools ## Plant faults and see that 95 % are noticed, SEED=1 COUNT=200 ONLY=FILE:LINE
	$(MUTATE) --seed $(or $(SEED),1) --count $(or $(COUNT),200) $(if $(ONLY),--only $(ONLY))
