import Testing

/// The header in the languages that include it.
@Suite struct HeaderTests {
  private static let strict = [
    "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I", Header.directory,
  ]

  private func expectCompiles(_ compiler: String, _ language: String, _ standard: String) throws {
    let folder = try ScratchFolder()
    // Twice, for the include guard; and used, for what only use brings out.
    let source = try folder.write(
      "include.\(language == "c" ? "c" : "cpp")",
      """
      #include "lz4boot.h"
      #include "lz4boot.h"
      struct lz4boot_report report;
      struct lz4boot_info info;
      struct lz4boot_stream stream;
      enum lz4boot_status status = lz4boot_status_bad_argument;
      uint64_t unknown = LZ4BOOT_SIZE_UNKNOWN;
      unsigned flags = lz4boot_flag_stop_after_frame;
      #ifdef LZ4BOOT_CLOSED_ENUM
      #error "a helper macro leaks"
      #endif

      """)
    let output = try Tools.run(
      compiler, Self.strict + ["-x", language, "-std=\(standard)", source])
    #expect(output.status == 0, "\(compiler) -std=\(standard): \(output.text)")
  }

  @Test(arguments: ["c99", "c11"])
  func compilesAsC(standard: String) throws {
    try expectCompiles(Tools.toolchain + "clang", "c", standard)
    if let compiler = Tools.find("cc") { try expectCompiles(compiler, "c", standard) }
  }

  @Test func compilesAsCPlusPlus() throws {
    try expectCompiles(Tools.toolchain + "clang++", "c++", "c++17")
    if let compiler = Tools.find("c++") { try expectCompiles(compiler, "c++", "c++17") }
  }
}
