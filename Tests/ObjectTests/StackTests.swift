import Testing

/// Boot code has little stack.
@Suite struct StackTests {
  /// Of any entry point, with all that it calls.
  private static let byteCountMax = 512

  /// No recursion, no call through a register, and not more than that: the script refuses all of
  /// these.
  @Test(arguments: Archive.forBootCode)
  func needsLittle(archive: Archive) throws {
    let script = "\(Tools.root)/Tests/ObjectTests/stack.sh"
    let output = try Tools.run(script, [try archive.built(), "\(Self.byteCountMax)"])
    print("\(archive.rawValue):\n\(output.text)", terminator: "")
    #expect(output.status == 0, "\(output.text)")
    for function in try Header.functions() {
      #expect(output.text.contains(" \(function) "), "\(function) is in the table")
    }
  }
}
