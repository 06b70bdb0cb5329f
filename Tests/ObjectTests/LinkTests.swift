import Foundation
import Testing

/// The archives in the hands of a C compiler and of a linker.
@Suite struct LinkTests {
  private static let program = """
    #include <lz4boot.h>
    #include <string.h>

    /* The frame of "boot" with a content checksum, stored; and a raw block of four literals. */
    static const unsigned char frame[] = {
      0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 0x04, 0, 0, 0x80, 'b', 'o', 'o', 't', 0, 0, 0, 0
    };
    static const unsigned char block[] = {0x40, 'b', 'o', 'o', 't'};

    int main(void) {
      char target[16];
      struct lz4boot_report report;
      struct lz4boot_info info;
      struct lz4boot_stream stream;
      if (lz4boot_decode(frame, sizeof frame, target, sizeof target, 0, &report) != 0) return 1;
      if (report.target_byte_count != 4 || memcmp(target, "boot", 4) != 0) return 2;
      if (lz4boot_decode_block(block, sizeof block, target, 3, &report) != 30) return 3;
      if (lz4boot_inspect(frame, sizeof frame, &info, &report) != 0 || info.block_count != 1) return 4;
      lz4boot_stream_start(&stream, target, sizeof target, 0);
      if (lz4boot_stream_push(&stream, frame, 9, NULL) != lz4boot_status_need_input) return 5;
      if (lz4boot_stream_push(&stream, frame + 9, sizeof frame - 9, NULL) != 0) return 6;
      if (lz4boot_stream_finish(&stream, &report) != 0) return 7;
      if (lz4boot_xxh32(NULL, 0, 0) != 0x02cc5d05u) return 8;
      if (strcmp(lz4boot_status_name(lz4boot_status_target_full), "target_full") != 0) return 9;
      if (strcmp(lz4boot_status_name((enum lz4boot_status)12345), "unknown_status") != 0) return 10;
      return 0;
    }

    """

  private func compile(_ text: String, in folder: ScratchFolder, flags: [String]) throws -> String?
  {
    guard let compiler = Tools.find("cc") ?? Tools.find("clang") else { return nil }
    let source = try folder.write("main.c", text)
    let binary = folder.path + "/main"
    let output = try Tools.run(
      compiler,
      ["-Wall", "-Werror", "-I", Header.directory, source, try Archive.host.built(), "-o", binary]
        + flags)
    try #require(output.status == 0, "\(output.text)")
    return binary
  }

  @Test func linksWithAPlainCCompilerAndRuns() throws {
    let folder = try ScratchFolder()
    let binary = try #require(
      try compile(Self.program, in: folder, flags: []), "there is no C compiler")
    #expect(try Tools.run(binary, []).status == 0)
    let headers = try Tools.llvm("llvm-objdump", "--private-headers", binary)
    let needed = headers.lines.filter { $0.contains("NEEDED") }
    #expect(needed.count == 1, "\(needed)")
    #expect(needed.allSatisfy { $0.contains("libc.so") })
    let undefined = try Tools.llvm("llvm-nm", "--undefined-only", "-j", binary)
    #expect(!undefined.text.contains("swift"))
  }

  @Test func linksWithoutTheStandardLibrary() throws {
    let folder = try ScratchFolder()
    let text = """
      #include <lz4boot.h>
      void _start(void) {
        static const unsigned char zero[1];
        lz4boot_decode(zero, 1, 0, 0, 0, 0);
        for (;;) {}
      }

      """
    _ = try compile(text, in: folder, flags: ["-nostdlib", "-static", "-fno-stack-protector"])
  }

  /// What is left when nothing but these entry points is used.
  private func symbols(of archive: Archive, using entries: String...) throws -> [Substring] {
    let folder = try ScratchFolder()
    let binary = folder.path + "/linked"
    _ = try Tools.llvm(
      "ld.lld",
      ["--gc-sections", "--entry", entries[0], "-o", binary, try archive.built()]
        + entries.map { "--undefined=\($0)" })
    let names = try Tools.llvm("llvm-nm", "--defined-only", "-j", binary).lines
    for entry in entries { #expect(names.contains { $0 == entry }) }
    return names.filter { name in !entries.contains { $0 == name } }
  }

  /// What a caller does not use costs no byte.
  @Test(arguments: Archive.forBootCode)
  func decodeBlockAloneDropsTheRest(archive: Archive) throws {
    let names = try symbols(of: archive, using: "lz4boot_decode_block")
    #expect(!names.isEmpty)
    let rest = names.filter {
      $0.hasPrefix("lz4boot_") || $0.contains("6StreamV") || $0.contains("XXH32")
    }
    #expect(rest == [])
  }

  @Test(arguments: Archive.forBootCode)
  func oneShotAloneDropsStreamingAndInspecting(archive: Archive) throws {
    let names = try symbols(of: archive, using: "lz4boot_decode")
    #expect(names.contains { $0.contains("6StreamV") })
    let rest = names.filter {
      $0.hasPrefix("lz4boot_") || $0.contains("6SurveyV") || $0.contains("takeLookahead")
    }
    #expect(rest == [])
  }

  @Test(arguments: Archive.forBootCode)
  func streamingAloneDropsTheRest(archive: Archive) throws {
    let names = try symbols(
      of: archive, using: "lz4boot_stream_start", "lz4boot_stream_push", "lz4boot_stream_finish")
    let rest = names.filter { $0.hasPrefix("lz4boot_") || $0.contains("6SurveyV") }
    #expect(rest == [])
  }

  /// Linked far from where it was compiled for, without a fix-up left over.
  @Test(arguments: Archive.forBootCode)
  func linksAsPositionIndependentCode(archive: Archive) throws {
    let folder = try ScratchFolder()
    let binary = folder.path + "/pie"
    _ = try Tools.llvm(
      "ld.lld", "-pie", "--no-dynamic-linker", "--gc-sections", "--entry", "lz4boot_decode",
      "--undefined", "lz4boot_decode", "-o", binary, try archive.built())
    let relocations = try Tools.llvm("llvm-objdump", "--dynamic-reloc", binary)
    #expect(!relocations.text.contains("R_AARCH64"), "\(relocations.text)")
  }
}
