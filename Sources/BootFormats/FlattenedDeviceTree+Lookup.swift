extension FlattenedDeviceTree {
  /// The nodes from the root to one node.
  public struct Path: Sendable {
    /// Deeper nodes are not looked for; boards have their console at depth 2 to 5.
    private var nodes: [12 of Node]
    private(set) var count = 1

    init(root: Node) { nodes = .init(repeating: root) }

    var last: Node { nodes[count - 1] }

    /// The ancestor that lies `distance` levels above the last node, or nil above the root.
    func ancestor(_ distance: Int) -> Node? {
      distance < count ? nodes[count - 1 - distance] : nil
    }

    mutating func append(_ node: Node) throws(DeviceTreeError) {
      guard count < nodes.count else { throw .malformed }
      nodes[count] = node
      count += 1
    }
  }

  /// A name that is looked for: of this program, or one that the tree itself mentions.
  enum Name {
    case text(StaticString)
    case range(Range<Int>)
  }

  /// The root.
  func root(in blob: borrowing Span<UInt8>) throws(DeviceTreeError) -> Node {
    var position = structure.lowerBound
    guard case .beginNode = try nextToken(at: &position, in: blob) else { throw .malformed }
    return Node(body: position)
  }

  /// The value of a property, or nil. Properties precede the children.
  @inline(never)
  func property(
    _ name: Name, of node: Node, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Range<Int>? {
    var position = node.body
    while case .property(let start, let value) = try nextToken(at: &position, in: blob) {
      // Not by looking for the end of each name, which could take time without measure.
      let end = start + byteCount(of: name)
      if end < strings.upperBound, blob[end] == 0, equal(start..<end, name, in: blob) {
        return value
      }
    }
    return nil
  }

  /// The first child of that name, which need not say the unit address.
  @inline(never)
  func child(
    _ name: Name, of node: Node, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Node? {
    var position = node.body
    var depth = 0
    while true {
      switch try nextToken(at: &position, in: blob) {
      case .beginNode(let candidate):
        if depth == 0 {
          let end = candidate.lowerBound + byteCount(of: name)
          if end == candidate.upperBound
            || end < candidate.upperBound && blob[end] == UInt8(ascii: "@"),
            equal(candidate.lowerBound..<end, name, in: blob)
          {
            return Node(body: position)
          }
        }
        depth += 1
      case .endNode:
        if depth == 0 { return nil }
        depth -= 1
      case .property:
        continue
      case .end:
        return nil
      }
    }
  }

  /// Finds the node that a path in the blob names: "/a/b@1", or an alias, or an alias and a path
  /// below it. A unit address may be left out.
  ///
  /// - Parameter path: starts at the root and is extended to the node.
  /// - Returns: false if there is no such node.
  func follow(
    _ name: Range<Int>, from path: inout Path, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Bool {
    guard !name.isEmpty, blob[name.lowerBound] != UInt8(ascii: "/") else {
      return try descend(name, from: &path, in: blob)
    }
    let slash = first(UInt8(ascii: "/"), in: name, of: blob) ?? name.upperBound
    // Devicetree Specification, "/aliases node": 1 to 31 characters. It also bounds the
    // comparisons.
    guard slash - name.lowerBound <= 31,
      let aliases = try child(.text("aliases"), of: path.last, in: blob),
      let value = try property(.range(name.lowerBound..<slash), of: aliases, in: blob)
    else { return false }
    let target = try string(at: value.lowerBound, before: value.upperBound, in: blob)
    // An alias is a full path (section 3.3), so this does not go round in circles.
    guard !target.isEmpty, blob[target.lowerBound] == UInt8(ascii: "/"),
      try descend(target, from: &path, in: blob)
    else { return false }
    return try descend(slash..<name.upperBound, from: &path, in: blob)
  }

  /// Follows the components of a path downwards; false if one does not exist.
  @inline(never)
  private func descend(
    _ name: Range<Int>, from path: inout Path, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Bool {
    var start = name.lowerBound
    while start < name.upperBound {
      let end = first(UInt8(ascii: "/"), in: start..<name.upperBound, of: blob) ?? name.upperBound
      let component = start..<end
      // Also skips doubled slashes.
      start = end + 1
      guard !component.isEmpty else { continue }
      guard let next = try child(.range(component), of: path.last, in: blob) else {
        return false
      }
      try path.append(next)
    }
    return true
  }

  private func byteCount(of name: Name) -> Int {
    switch name {
    case .text(let text): text.utf8CodeUnitCount
    case .range(let range): range.count
    }
  }

  /// Whether the bytes at `range` are those of `name`, which has as many.
  private func equal(
    _ range: Range<Int>, _ name: Name, in blob: borrowing Span<UInt8>
  ) -> Bool {
    switch name {
    case .text(let text):
      return matches(range, text, in: blob)
    case .range(let other):
      for index in 0..<range.count {
        guard blob[range.lowerBound + index] == blob[other.lowerBound + index] else {
          return false
        }
      }
      return true
    }
  }

  func first(_ byte: UInt8, in range: Range<Int>, of blob: borrowing Span<UInt8>) -> Int? {
    for index in range where blob[index] == byte { return index }
    return nil
  }
}
