extension FlattenedDeviceTree {
  /// Where the structure is damaged (Devicetree Specification, section 5.4): the first token that is
  /// none, or is a property whose name is none of the strings, or the end, if there is no root or a
  /// node is open; nil if it is whole. Whoever only looks something up need not ask.
  public var structureFault: Int? {
    let structure = field(.structure)
    var (position, depth) = (structure, 0)
    while true {
      let start = position
      let token = next(&position)
      switch token.kind {
      case Kind.node: depth &+= 1
      case Kind.endNode where depth > 0: depth &-= 1
      case Kind.property where depth > 0 && isName(at: token.name): continue
      default:
        let isEnd =
          token.kind == Kind.none && position <= structureEnd
          && cell(at: position &- 4) == Self.end
        return isEnd && depth == 0 && start > structure ? nil : start
      }
    }
  }

  /// The token behind all others: [9:u32be]
  private static var end: UInt32 { 9 }

  private func isName(at position: Int) -> Bool {
    var end = position
    while end < stringsEnd, byte(at: end) != 0 { end &+= 1 }
    return end < stringsEnd
  }
}
