/* SPDX-License-Identifier: MIT */
/* The system's liblz4: compression for the command, the reference for the tests. */
#include <lz4.h>
#include <lz4frame.h>
#include <lz4hc.h>
