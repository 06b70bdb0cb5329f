import Testing

/// Code for boot loaders whose own code is a few kibibytes.
@Suite struct SizeTests {
  /// What a linker may keep of code and constants, by what is called.
  private static let byteCountMax = [
    "block only": 2560, "one core": 12 << 10, "everything": 15 << 10,
  ]

  private func sizes(of archive: Archive) throws -> [String: Int] {
    let script = "\(Tools.root)/Tests/ObjectTests/size.sh"
    let output = try Tools.run(script, [try archive.built(), "--totals"])
    try #require(output.status == 0, "\(output.text)")
    print("\(archive.rawValue):\n\(output.text)", terminator: "")
    let rows = output.lines.compactMap { line in
      line.firstMatch(of: #/ *(\d+) bytes  (.+)/#).map { (String($0.2), Int($0.1)!) }
    }
    return Dictionary(uniqueKeysWithValues: rows)
  }

  @Test func archiveIsSmall() throws {
    let sizes = try sizes(of: .aarch64)
    for (name, maximum) in Self.byteCountMax {
      let size = try #require(sizes[name])
      #expect(size > 0 && size <= maximum, "\(name)")
    }
  }
}
