/* SPDX-License-Identifier: MIT */
/* Decodes an input that the proof has printed, between guard pages, and says whether that faults.
 *   replay FUNCTION CAPACITY SOURCE      FUNCTION: decode or decode_block; SOURCE: 0x and the bytes in hexadecimal digits */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <lz4boot.h>

#include "../TargetTests/guarded.h"

enum { ROOM = GUARD };

/* As prove.py has them. */
_Static_assert(sizeof(struct lz4boot_report) == 48 && sizeof(struct lz4boot_info) == 80, "sizes of structs");

static void on_fault(int signal)
{
    (void)signal;
    static const char said[] = "faults between guard pages\n";
    _exit(write(STDOUT_FILENO, said, sizeof said - 1) < 0);
}

int main(int count, char **arguments)
{
    if (count != 4)
        return 2;
    const char *digits = arguments[3] + 2;
    const size_t byte_count = strlen(digits) / 2, capacity = strtoull(arguments[2], NULL, 0);
    if (byte_count > ROOM || capacity > ROOM)
        return 2;
    unsigned char *source = guarded(ROOM) + ROOM - byte_count, *target = guarded(ROOM);
    for (size_t i = 0; i < byte_count; i++) {
        const char byte[] = { digits[2 * i], digits[2 * i + 1], 0 };
        source[i] = (unsigned char)strtoul(byte, NULL, 16);
    }
    signal(SIGSEGV, on_fault);
    /* A guard page in front of the target, then one behind it. */
    for (unsigned char *place = target;; place = target + ROOM - capacity) {
        if (strcmp(arguments[1], "decode_block") == 0)
            lz4boot_decode_block(source, byte_count, place, capacity, NULL);
        else
            lz4boot_decode(source, byte_count, place, capacity, 0, NULL);
        if (place != target || capacity == ROOM)
            break;
    }
    puts("does not fault");
    return 1;
}
