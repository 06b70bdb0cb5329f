import Foundation
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

  /// In front of every kernel. The linker pads a stub to a page.
  @Test(arguments: [("lz4boot.stub", 16 << 10), ("lz4boot-signed.stub", 20 << 10)])
  func stubIsSmall(name: String, byteCountMax: Int) throws {
    let stub = URL(fileURLWithPath: "\(Tools.root)/build/\(name)")
    let byteCount = try Data(contentsOf: stub).count
    #expect(byteCount > 0 && byteCount <= byteCountMax, "\(name): \(byteCount) bytes")
  }
}
