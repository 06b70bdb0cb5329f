extension FlattenedDeviceTree {
  /// A node that was looked for.
  struct Place {
    var node: Int
    /// Of its first `reg` entry, as the bus above sees it.
    var address: UInt64
  }

  /// Follows "/a/b@1" down from a bus; a unit address may be left out. The address is translated by
  /// the `ranges` of every bus on the way (section 2.3.8), so that of a path from the root is the
  /// processor's. Nil if there is no such node, or no way from the bus to it.
  ///
  /// - Parameter depth: how far down it may go; boards have their console at depth 2 to 5.
  func place(of name: Text, in bus: Int, depth: Int) -> Place? {
    var rest = name
    // Also skips doubled slashes.
    while rest.count > 0, unsafe rest.start.pointee == UInt8(ascii: "/") { rest.removeFirst(1) }
    let component = rest.prefix(before: UInt8(ascii: "/"))
    rest.removeFirst(component.count)
    let child = find(Kind.node, component, in: bus)
    let cells = cells("#address-cells", of: bus, default: 2)
    guard component.count > 0, child.kind != Kind.none, cells > 0, depth > 0 else { return nil }
    guard rest.count > 0 else {
      guard let address = number(property("reg", of: child.body), cell: 0, cells: cells) else {
        return nil
      }
      return Place(node: child.body, address: address)
    }
    guard var place = place(of: rest, in: child.body, depth: depth &- 1) else { return nil }
    // A list of [child address][parent address][byte count]. An empty one changes nothing, and
    // without one the bus cannot be reached.
    let ranges = property("ranges", of: child.body)
    guard ranges.kind != Kind.none else { return nil }
    guard ranges.byteCount > 0 else { return place }
    let childCells = self.cells("#address-cells", of: child.body, default: 2)
    let sizeCells = self.cells("#size-cells", of: child.body, default: 1)
    var index = 0
    while sizeCells > 0, let start = number(ranges, cell: index, cells: childCells),
      let target = number(ranges, cell: index &+ childCells, cells: cells),
      let byteCount = number(ranges, cell: index &+ childCells &+ cells, cells: sizeCells)
    {
      let offset = place.address &- start
      if place.address >= start, offset < byteCount {
        place.address = target &+ offset
        // What wraps around is no address.
        return place.address >= target ? place : nil
      }
      index &+= childCells &+ cells &+ sizeCells
    }
    return nil
  }

  /// What a path or an alias names, or an alias and a path below it.
  func place(of name: Text) -> Place? {
    let alias = name.prefix(before: UInt8(ascii: "/"))
    guard alias.count > 0 else { return place(of: name, in: root, depth: Self.depthMax) }
    let value = find(Kind.property, alias, in: child("aliases", of: root).body)
    // An alias is a full path (section 3.3), so this does not go round in circles.
    guard alias.count == name.count, let target = string(value, at: 0) else { return nil }
    return place(of: target, in: root, depth: Self.depthMax)
  }

  private static let depthMax = 11
}
