/// A flattened device tree read plainly, token by token: of well-formed trees only, but whatever the
/// bytes are.
struct PlainTree: Equatable {
  enum Token: Equatable {
    case node([UInt8])
    case property([UInt8], [UInt8])
    case endNode
  }

  /// The root and all in it.
  var tokens: [Token] = []
  /// [address:u64be][byte count:u64be] each, without the last.
  var reservations: [[UInt8]] = []
  var bootCore: Int

  /// Nil if a block lies in the header, a name does not end in its block, a value or a node not in the
  /// structure, the reservations not in front of that, or the first token is not a node.
  init?(_ blob: [UInt8]) {
    func cell(_ offset: Int) -> Int { blob[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
    guard blob.count >= 40, cell(0) == 0xd00d_feed, cell(4) <= blob.count, cell(20) >= 17,
      cell(8) % 4 == 0, cell(36) % 4 == 0, cell(8) + cell(36) <= cell(4),
      cell(12) + cell(32) <= cell(4), cell(16) % 8 == 0, cell(16) >= 40,
      cell(12) >= 40
    else { return nil }
    bootCore = cell(28)
    var place = cell(16)
    while true {
      guard place + 16 <= cell(8) else { return nil }
      let entry = blob[place..<place + 16]
      guard entry.contains(where: { $0 != 0 }) else { break }
      reservations.append([UInt8](entry))
      place += 16
    }
    let strings = blob[cell(12)..<cell(12) + cell(32)]
    let structure = blob[cell(8)..<cell(8) + cell(36)]
    guard let tokens = Self.tokens(structure, strings) else { return nil }
    self.tokens = tokens
  }

  static func tokens(
    _ structure: ArraySlice<UInt8>, _ strings: ArraySlice<UInt8>
  ) -> [Token]? {
    var (rest, depth) = (structure, 0)
    var tokens: [Token] = []
    func take(_ count: Int) -> ArraySlice<UInt8>? {
      guard count <= rest.count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
    func cell() -> Int? { take(4)?.reduce(0) { $0 << 8 | Int($1) } }
    while true {
      switch cell() {
      case 1:
        guard let end = rest.firstIndex(of: 0) else { return nil }
        let name = [UInt8](rest[..<end])
        guard take((name.count + 4) & ~3) != nil else { return nil }
        tokens.append(.node(name))
        depth += 1
      case 2:
        guard depth > 0 else { return nil }
        tokens.append(.endNode)
        depth -= 1
      case 3:
        guard depth > 0, let count = cell(), let offset = cell(), offset < strings.count,
          let value = take(count), take(-count & 3) != nil
        else { return nil }
        let name = strings.dropFirst(offset)
        guard let end = name.firstIndex(of: 0) else { return nil }
        tokens.append(.property([UInt8](name[..<end]), [UInt8](value)))
      case 4: continue
      case 9: return depth == 0 && !tokens.isEmpty ? tokens : nil
      default: return nil
      }
    }
  }

  // MARK: /chosen

  /// Where what is in the root's first child "chosen" starts.
  private var chosen: Int? {
    var depth = 0
    for (index, token) in tokens.enumerated() {
      switch token {
      case .node(let name):
        depth += 1
        let own = name.prefix { $0 != UInt8(ascii: "@") }
        if depth == 2, own.elementsEqual("chosen".utf8) { return index + 1 }
      case .endNode:
        depth -= 1
        if depth == 0 { return nil }
      case .property: break
      }
    }
    return nil
  }

  /// The place of a property in front of the children of /chosen.
  private func place(of name: String) -> Int? {
    guard let chosen else { return nil }
    for index in chosen..<tokens.count {
      guard case .property(let other, _) = tokens[index] else { return nil }
      if other.elementsEqual(name.utf8) { return index }
    }
    return nil
  }

  subscript(name: String) -> [UInt8]? {
    guard let place = place(of: name), case .property(_, let value) = tokens[place] else {
      return nil
    }
    return value
  }

  /// Puts a property first in /chosen, instead of the first that has the name. Without /chosen there
  /// is one in front of the root's children.
  mutating func set(_ name: String, _ value: [UInt8]) {
    if let place = place(of: name) { tokens.remove(at: place) }
    if chosen == nil {
      let end = tokens.dropFirst().firstIndex { if case .property = $0 { false } else { true } }!
      tokens.insert(contentsOf: [.node([UInt8]("chosen".utf8)), .endNode], at: end)
    }
    tokens.insert(.property([UInt8](name.utf8), value), at: chosen!)
  }

  /// The command line, up to a NUL.
  var arguments: [UInt8] { [UInt8]((self["bootargs"] ?? []).prefix { $0 != 0 }) }

  /// Start and end, or 0 and 0.
  var initrd: [UInt64] {
    let ends = ["linux,initrd-start", "linux,initrd-end"].map { name -> UInt64? in
      guard let value = self[name], value.count == 4 || value.count >= 8 else { return nil }
      return Self.number(value.prefix(8))
    }
    guard let start = ends[0], let end = ends[1], start < end else { return [0, 0] }
    return [start, end]
  }

  static func bytes(_ number: UInt64) -> [UInt8] { littleEndian(number).reversed() }
  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
