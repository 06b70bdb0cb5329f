import Testing

/// What the archives bring along and what they ask for.
@Suite struct SymbolTests {
  @Test(arguments: Archive.allCases)
  func asksForNothing(archive: Archive) throws {
    let output = try Tools.llvm("llvm-nm", "--undefined-only", "-j", try archive.built())
    let names = output.lines.filter { !$0.hasSuffix(":") }
    #expect(names == [], "undefined symbols")
  }

  @Test(arguments: Archive.allCases)
  func exportsExactlyWhatTheHeaderDeclares(archive: Archive) throws {
    let output = try Tools.llvm(
      "llvm-nm", "--extern-only", "--defined-only", "-j", try archive.built())
    let names = Set(output.lines.filter { !$0.hasSuffix(":") }.map(String.init))
    let declared = try Header.functions()
    #expect(declared.contains("lz4boot_decode"))
    #expect(names == declared)
  }

  /// Code and constants, nothing that is written, initialised or looked up at run time.
  @Test(arguments: Archive.allCases)
  func hasNoWritableOrSpecialSections(archive: Archive) throws {
    let output = try Tools.llvm("llvm-objdump", "--section-headers", "--wide", try archive.built())
    let names = output.lines.compactMap { line -> Substring? in
      let fields = line.split(separator: " ")
      guard fields.count >= 4, Int(fields[0]) != nil, fields[1].hasPrefix(".") else { return nil }
      return fields[1]
    }
    #expect(names.contains { $0.hasPrefix(".text") })
    let allowed = [
      ".text", ".rodata", ".rela.text", ".rela.rodata", ".note.GNU-stack", ".symtab", ".strtab",
      ".shstrtab", ".comment", ".llvm_addrsig", ".eh_frame", ".rela.eh_frame",
    ]
    let others = names.filter { name in
      !allowed.contains { name == $0 || name.hasPrefix($0 + ".") }
    }
    #expect(others == [])
  }

  /// Nothing that a loader would have to fill in: only distances, which the linker settles.
  @Test(arguments: Archive.allCases)
  func hasOnlyRelocationsRelativeToThePlace(archive: Archive) throws {
    let output = try Tools.llvm("llvm-objdump", "--reloc", try archive.built())
    let kinds = Set(
      output.lines.flatMap { $0.split(separator: " ") }.filter { $0.hasPrefix("R_") })
    #expect(!kinds.isEmpty)
    let allowed: Set<Substring> = [
      "R_AARCH64_CALL26", "R_AARCH64_JUMP26", "R_AARCH64_CONDBR19", "R_AARCH64_TSTBR14",
      "R_AARCH64_ADR_PREL_LO21", "R_AARCH64_ADR_PREL_PG_HI21", "R_AARCH64_ADD_ABS_LO12_NC",
      "R_AARCH64_LDST8_ABS_LO12_NC", "R_AARCH64_LDST16_ABS_LO12_NC",
      "R_AARCH64_LDST32_ABS_LO12_NC", "R_AARCH64_LDST64_ABS_LO12_NC", "R_AARCH64_PREL32",
      "R_AARCH64_PREL64", "R_X86_64_PC32", "R_X86_64_PLT32", "R_X86_64_PC64",
    ]
    #expect(kinds.subtracting(allowed) == [])
  }

  /// Not one check of the language is left that could stop the decoder on an input.
  @Test(arguments: Archive.allCases)
  func hasNoTrap(archive: Archive) throws {
    let output = try Tools.llvm(
      "llvm-objdump", "--disassemble", "--no-show-raw-insn", try archive.built())
    let traps = output.lines.filter { line in
      line.split(whereSeparator: \.isWhitespace).contains { ["brk", "udf", "ud2"].contains($0) }
    }
    #expect(output.lines.contains { $0.contains("ret") })
    #expect(traps == [])
  }

  /// Boot code may run with the FPU off.
  @Test(arguments: Archive.forBootCode)
  func usesNoFloatingPointOrSIMDRegister(archive: Archive) throws {
    let output = try Tools.llvm(
      "llvm-objdump", "--disassemble", "--no-show-raw-insn", "--no-leading-addr",
      try archive.built())
    // Instructions are indented; symbols of branch targets stand in angle brackets.
    let instructions = output.lines.filter { $0.hasPrefix(" ") || $0.hasPrefix("\t") }
      .map { $0.prefix { $0 != "<" } }
    #expect(instructions.count > 500)
    let pattern = #/[\s,{\[](?:[vqdsbh]\d{1,2}(?:\.\d*[bhsd])?|fpcr|fpsr)(?=[\s,}\]]|$)/#
    for instruction in instructions where instruction.firstMatch(of: pattern) != nil {
      Issue.record("\(instruction)")
    }
  }
}
