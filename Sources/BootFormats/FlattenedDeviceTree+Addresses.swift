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
  func place(of path: Name, in bus: Int, depth: Int) -> Place? {
    // Also skips doubled slashes. SAFETY: a path ends with a NUL or a colon.
    var path = unsafe path
    while unsafe path.pointee == UInt8(ascii: "/") { unsafe path += 1 }
    let child = unsafe find(Kind.node, path, in: bus)
    let isEmpty = unsafe Self.isEnd(path.pointee)
    while unsafe !Self.isEnd(path.pointee) { unsafe path += 1 }
    let cells = cells("#address-cells", of: bus, default: 2)
    guard !isEmpty, child.kind != Kind.none, depth > 0 else { return nil }
    while unsafe path.pointee == UInt8(ascii: "/") { unsafe path += 1 }
    if unsafe Self.isEnd(path.pointee) {
      guard let address = number(property("reg", of: child.body), cell: 0, cells: cells) else {
        return nil
      }
      return Place(node: child.body, address: address)
    }
    guard var place = unsafe place(of: path, in: child.body, depth: depth &- 1) else { return nil }
    // A list of [child address][parent address][byte count]. An empty one changes nothing, and
    // without one the bus cannot be reached.
    let ranges = property("ranges", of: child.body)
    guard ranges.kind != Kind.none else { return nil }
    guard ranges.byteCount > 0 else { return place }
    let childCells = self.cells("#address-cells", of: child.body, default: 2)
    let sizeCells = self.cells("#size-cells", of: child.body, default: 1)
    var index = 0
    while let start = number(ranges, cell: index, cells: childCells),
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

  /// What a path or an alias names; not what lies below an alias.
  func place(of name: Name) -> Place? {
    var path = unsafe name
    if unsafe path.pointee != UInt8(ascii: "/") {
      while unsafe !Self.isEnd(path.pointee) { unsafe path += 1 }
      var offset = 0
      // An alias is a full path (section 3.3), so this does not go round in circles.
      guard unsafe path.pointee != UInt8(ascii: "/"),
        let target = unsafe string(
          find(Kind.property, name, in: child("aliases", of: root).body), at: &offset)
      else { return nil }
      unsafe path = target
    }
    return unsafe place(of: path, in: root, depth: 11)
  }
}
