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

  /// The root.
  func root(in blob: borrowing Span<UInt8>) throws(DeviceTreeError) -> Node {
    var position = structure.lowerBound
    guard case .beginNode = try nextToken(at: &position, in: blob) else { throw .malformed }
    return Node(body: position)
  }

  /// The value of a property, or nil.
  func property(
    _ name: StaticString, of node: Node, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Range<Int>? {
    try property(of: node, in: blob) { start, blob in
      let end = start + name.utf8CodeUnitCount
      return end < strings.upperBound && blob[end] == 0 && matches(start..<end, name, in: blob)
    }
  }

  /// The value of the property whose name, by its position, passes `isWanted`. Properties precede
  /// the children. Looking for the end of every name could take time without measure.
  private func property(
    of node: Node, in blob: borrowing Span<UInt8>,
    where isWanted: (_ nameStart: Int, borrowing Span<UInt8>) -> Bool
  ) throws(DeviceTreeError) -> Range<Int>? {
    var position = node.body
    while case .property(let nameStart, let value) = try nextToken(at: &position, in: blob) {
      if isWanted(nameStart, blob) { return value }
    }
    return nil
  }

  /// The first child whose name passes `isWanted`.
  private func child(
    of node: Node, in blob: borrowing Span<UInt8>,
    where isWanted: (Range<Int>, borrowing Span<UInt8>) -> Bool
  ) throws(DeviceTreeError) -> Node? {
    var position = node.body
    var depth = 0
    while true {
      switch try nextToken(at: &position, in: blob) {
      case .beginNode(let name):
        if depth == 0, isWanted(name, blob) { return Node(body: position) }
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

  /// The child of that name, unit address and all.
  func child(
    _ name: StaticString, of node: Node, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Node? {
    try child(of: node, in: blob) { candidate, blob in matches(candidate, name, in: blob) }
  }

  /// Finds the node that a path in the blob names: "/a/b@1", or an alias, or an alias and a path
  /// below it. A unit address may be left out.
  ///
  /// - Parameter path: starts at the root and is extended to the node. (In place: without a C
  ///   library there is no memcpy to return it with.)
  /// - Returns: false if there is no such node.
  func follow(
    _ name: Range<Int>, from path: inout Path, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Bool {
    guard !name.isEmpty, blob[name.lowerBound] != UInt8(ascii: "/") else {
      return try descend(name, from: &path, in: blob)
    }
    let slash = first(UInt8(ascii: "/"), in: name, of: blob) ?? name.upperBound
    guard let aliases = try child("aliases", of: path.last, in: blob),
      let value = try property(
        of: aliases, in: blob,
        where: { start, blob in
          let end = start + (slash - name.lowerBound)
          return end < strings.upperBound && blob[end] == 0
            && equal(start..<end, name.lowerBound..<slash, in: blob)
        })
    else { return false }
    let target = try string(at: value.lowerBound, before: value.upperBound, in: blob)
    // An alias is a full path (section 3.3), so this does not go round in circles.
    guard !target.isEmpty, blob[target.lowerBound] == UInt8(ascii: "/"),
      try descend(target, from: &path, in: blob)
    else { return false }
    return try descend(slash..<name.upperBound, from: &path, in: blob)
  }

  /// Follows the components of a path downwards; false if one does not exist.
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
      let hasUnit = first(UInt8(ascii: "@"), in: component, of: blob) != nil
      guard
        let next = try child(
          of: path.last, in: blob,
          where: { candidate, blob in
            equal(hasUnit ? candidate : unitless(candidate, in: blob), component, in: blob)
          })
      else { return false }
      try path.append(next)
    }
    return true
  }

  /// A node name without its unit address.
  private func unitless(_ name: Range<Int>, in blob: borrowing Span<UInt8>) -> Range<Int> {
    name.lowerBound..<(first(UInt8(ascii: "@"), in: name, of: blob) ?? name.upperBound)
  }

  private func equal(
    _ left: Range<Int>, _ right: Range<Int>, in blob: borrowing Span<UInt8>
  ) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count {
      guard blob[left.lowerBound + index] == blob[right.lowerBound + index] else { return false }
    }
    return true
  }

  func first(_ byte: UInt8, in range: Range<Int>, of blob: borrowing Span<UInt8>) -> Int? {
    for index in range where blob[index] == byte { return index }
    return nil
  }
}
