/* SPDX-License-Identifier: MIT */
/* The system's libsodium: keys and signatures for the command, the reference for the tests. */
#include <sodium.h>
