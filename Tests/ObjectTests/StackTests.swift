import Testing

/// Boot code has little stack.
@Suite struct StackTests {
  /// No recursion, no call through a register, at most 1 KiB: the script refuses all of these.
  @Test(arguments: Archive.forBootCode)
  func needsAtMostOneKibibyte(archive: Archive) throws {
    let script = "\(Tools.root)/Tests/ObjectTests/stack.sh"
    let output = try Tools.run(script, [try archive.built(), "1024"])
    print("\(archive.rawValue):\n\(output.text)", terminator: "")
    #expect(output.status == 0, "\(output.text)")
    for function in try Header.functions() {
      #expect(output.text.contains(" \(function) "), "\(function) is in the table")
    }
  }
}
