/// Builds flattened device trees for the tests, well-formed unless told otherwise.
struct DeviceTreeBuilder {
  private var structure: [UInt8] = []
  private var strings: [UInt8] = []
  /// [address][byte count] of each. None and no end either if it stays nil.
  var reservations: [(UInt64, UInt64)]?
  var bootCore: UInt32 = 0

  static func bigEndian(_ cells: [UInt32]) -> [UInt8] {
    cells.flatMap { cell in (0..<4).map { UInt8(truncatingIfNeeded: cell >> (24 - 8 * $0)) } }
  }

  static func text(_ strings: String...) -> [UInt8] { strings.flatMap { Array($0.utf8) + [0] } }

  mutating func cell(_ value: UInt32) { structure += Self.bigEndian([value]) }

  mutating func node(_ name: String, _ body: (inout Self) -> Void = { _ in }) {
    beginNode(Array(name.utf8))
    body(&self)
    cell(2)
  }

  /// What `node` puts in front of its body.
  mutating func beginNode(_ name: [UInt8]) {
    cell(1)
    append(name + [0])
  }

  mutating func property(_ name: String, _ value: [UInt8]) { property(Array(name.utf8), value) }

  mutating func property(_ name: [UInt8], _ value: [UInt8]) {
    cell(3)
    cell(UInt32(value.count))
    cell(UInt32(strings.count))
    append(value)
    strings += name + [0]
  }

  mutating func property(_ name: String, cells: UInt32...) {
    property(name, Self.bigEndian(cells))
  }

  mutating func property(_ name: String, text: String) { property(name, Self.text(text)) }

  private mutating func append(_ bytes: [UInt8]) {
    structure += bytes
    while structure.count % 4 != 0 { structure.append(0) }
  }

  /// The blob: header, reservations, structure, strings.
  func blob(endsWith end: [UInt32] = [9]) -> [UInt8] {
    let body = structure + Self.bigEndian(end)
    let reserved = (reservations.map { $0 + [(0, 0)] } ?? []).flatMap { address, byteCount in
      Self.bigEndian(
        [address >> 32, address, byteCount >> 32, byteCount].map { UInt32(truncatingIfNeeded: $0) })
    }
    let structureOffset = 40 + reserved.count
    let stringsOffset = structureOffset + body.count
    return Self.bigEndian([
      0xd00d_feed, UInt32(stringsOffset + strings.count), UInt32(structureOffset),
      UInt32(stringsOffset), 40, 17, 16, bootCore, UInt32(strings.count), UInt32(body.count),
    ]) + reserved + body + strings
  }

  static func tree(_ body: (inout Self) -> Void) -> [UInt8] {
    var builder = Self()
    builder.node("", body)
    return builder.blob()
  }
}
