#!/bin/sh
# Prints how much stack each entry point of an AArch64 archive can need: the frames along its
# deepest chain of calls. Fails if one needs more than MAX bytes, if MAX is given, or if it cannot
# be told: recursion, calls through registers, frames of variable size. What the progress callback
# takes, the only function that is the caller's, comes on top.
#
#   stack.sh ARCHIVE [MAX]        TOOLCHAIN: where llvm-objdump lies, with a slash
set -eu
archive=$1
max=${2:-0}
toolchain=${TOOLCHAIN:-$(dirname "$(readlink -f "$(command -v swiftc)")")/}

"${toolchain}llvm-objdump" --disassemble --reloc --no-show-raw-insn "$archive" | awk -v max="$max" '
    function number(text,    value, i) {
        sub(/^#/, "", text)
        if (text !~ /^-?0x/) return text + 0
        value = 0
        for (i = index(text, "x") + 1; i <= length(text); i++)
            value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
        return text ~ /^-/ ? -value : value
    }
    function fail(text) { print "stack.sh: " text > "/dev/stderr"; failed = 1 }
    # With one function per section, the name of a section says as much as a symbol.
    function call(name) { sub(/^\.text\./, "", name); calls[current] = calls[current] " " name }
    # The call that waits for its relocation, which names the callee if there is one.
    function settle() {
        if (pending != "") call(pending)
        pending = ""
    }
    # Bytes below the stack pointer at the call of `name`; chain[name] says on which way.
    function depth(name,    list, count, i, below, deepest) {
        if (name in known) return known[name]
        if (name in open) { fail("recursion through " name); return 0 }
        if (!(name in frame)) { fail("no code of " name); return 0 }
        open[name] = 1
        deepest = 0
        chain[name] = ""
        count = split(calls[name], list, " ")
        for (i = 1; i <= count; i++) {
            below = depth(list[i])
            if (below > deepest) { deepest = below; chain[name] = list[i] }
        }
        delete open[name]
        return known[name] = frame[name] + deepest
    }

    /^[0-9a-f]+ <.*>:$/ {
        settle()
        current = substr($2, 2, length($2) - 3)
        frame[current] = 0
        next
    }
    $2 ~ /^R_AARCH64_(CALL|JUMP)26$/ { sub(/\+0x.*/, "", $3); pending = ""; call($3); next }
    $2 ~ /^R_/ { next }
    { settle() }
    $2 == "bl" || ($2 == "b" && $0 !~ /\+0x/) {
        if (match($0, /<[^>+]*/)) pending = substr($0, RSTART + 1, RLENGTH - 1)
        # A branch to the own start, as far as one can see, is a loop unless it is a call.
        if ($2 == "b" && pending == current) pending = ""
    }
    $2 ~ /^blr/ && current !~ /StreamStorage.*goesOn/ { fail("a call through a register in " current) }
    $2 == "sub" && $3 == "sp," {
        if ($4 != "sp," || $5 !~ /^#/) { fail("a frame of variable size in " current); next }
        sub(/,$/, "", $5)
        frame[current] += number($5) * ($0 ~ /lsl #12/ ? 4096 : 1)
    }
    /\[sp, #-[0-9a-fx]+\]!/ {
        match($0, /#-[0-9a-fx]+\]!/)
        frame[current] -= number(substr($0, RSTART, RLENGTH - 2))
    }
    $2 == "mov" && $3 == "sp," && $4 != "x29" { fail("a moved stack pointer in " current) }
    END {
        settle()
        for (name in frame) if (name ~ /^lz4boot_/) entries[++count] = name
        for (i = 1; i <= count; i++)
            for (j = i + 1; j <= count; j++)
                if (entries[j] < entries[i]) { t = entries[i]; entries[i] = entries[j]; entries[j] = t }
        for (i = 1; i <= count; i++) {
            bytes = depth(entries[i])
            printf "%5d bytes  %-22s", bytes, entries[i]
            for (name = entries[i]; name != ""; name = chain[name]) printf " %d", frame[name]
            printf "\n"
            if (max && bytes > max) fail(entries[i] " needs more than " max " bytes")
        }
        if (!count) fail("no entry point found")
        exit failed
    }'
