# A proof by symbolic execution, for all inputs of some sizes.
.PHONY: verify-symbolic
verify-symbolic: lib ## Prove the Cortex-A53 archives safe for all short inputs, and find planted faults
	@scripts/need.sh "to run machine code symbolically, and what it finds" python3 python3-venv qemu-user \
	    gcc-aarch64-linux-gnu libc6-dev-arm64-cross
	Tests/Symbolic/symbolic.sh selfcheck.py
	Tests/Symbolic/symbolic.sh prove.py $(BUILD)/aarch64/liblz4boot.a
	Tests/Symbolic/symbolic.sh prove.py $(BUILD)/aarch64-strict/liblz4boot.a --aligned
	Tests/Symbolic/planted.sh
