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
    cell(1)
    append(Self.text(name))
    body(&self)
    cell(2)
  }

  mutating func property(_ name: String, _ value: [UInt8]) {
    cell(3)
    cell(UInt32(value.count))
    cell(UInt32(strings.count))
    append(value)
    strings += Self.text(name)
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
  func blob() -> [UInt8] {
    let body = structure + Self.bigEndian([9])
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
