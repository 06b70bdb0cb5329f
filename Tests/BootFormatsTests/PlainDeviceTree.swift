/// A device tree read plainly: all of it, and trusting that it is well-formed.
struct PlainDeviceTree: Equatable {
  struct Node: Equatable {
    var name: String
    var properties: [Property] = []
    var children: [Node] = []
  }

  struct Property: Equatable {
    var name: String
    var value: [UInt8]
  }

  var root: Node
  /// [address:u64][byte count:u64] each, without the last.
  var reservations: [[UInt8]] = []
  var bootCore: UInt32

  init(_ blob: [UInt8]) {
    func cell(_ offset: Int) -> Int {
      blob[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    func text(_ start: Int) -> String {
      String(decoding: blob[start...].prefix { $0 != 0 }, as: UTF8.self)
    }
    precondition(cell(0) == 0xd00d_feed && cell(4) <= blob.count && cell(20) == 17)
    precondition(cell(16) % 8 == 0 && cell(8) % 4 == 0)
    bootCore = UInt32(cell(28))
    var place = cell(16)
    while blob[place..<place + 16].contains(where: { $0 != 0 }) {
      reservations.append([UInt8](blob[place..<place + 16]))
      place += 16
    }
    let strings = cell(12)
    var position = cell(8)
    func node() -> Node {
      precondition(cell(position) == 1)
      position += 4
      var node = Node(name: text(position))
      position = (position + node.name.utf8.count + 4) & ~3
      while true {
        switch cell(position) {
        case 1: node.children.append(node_())
        case 3:
          let count = cell(position + 4)
          let value = position + 12
          let name = text(strings + cell(position + 8))
          node.properties.append(Property(name: name, value: [UInt8](blob[value..<value + count])))
          position = (value + count + 3) & ~3
        case 4: position += 4
        case 2:
          position += 4
          return node
        default: preconditionFailure("token \(cell(position)) at \(position)")
        }
      }
    }
    func node_() -> Node { node() }
    root = node()
    precondition(cell(position) == 9 && position + 4 == cell(8) + cell(36))
  }

  subscript(name: String) -> Node? { root.children.first { $0.name == name } }
}

extension PlainDeviceTree.Node {
  subscript(name: String) -> [UInt8]? { properties.first { $0.name == name }?.value }
}
