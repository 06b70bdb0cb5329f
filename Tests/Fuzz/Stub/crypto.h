/* SPDX-License-Identifier: MIT */
/*
 * stub_crypto.h for this machine: the blocks of SHA-256 are a function of the harness here.
 */
#ifndef LZ4BOOT_CRYPTO_HOST_H
#define LZ4BOOT_CRYPTO_HOST_H

#pragma push_macro("__aarch64__")
#undef __aarch64__
#define __aarch64__ 1
#include "../../../Sources/StubCryptoInstructions/include/stub_crypto.h"
#pragma pop_macro("__aarch64__")

#endif
