extension FlattenedDeviceTree {
  /// A node that was looked for; no node is at 0.
  struct Place {
    var node = 0
    /// Of its first `reg` entry, as the bus above sees it; all ones if it has none.
    var address: UInt64 = 0
  }

  /// How many buses there may be on the way to a node; boards have their console at depth 2 to 5.
  private static let depthMax = 11

  /// Follows "/a/b@1" down from a node; a unit address may be left out. The address is translated by
  /// the `ranges` of every bus on the way (section 2.3.8), so that of a path from the root is the
  /// processor's. There may be no such node, or no way from the bus to it.
  ///
  /// - Parameters:
  ///   - cells: how many the node's own address has.
  ///   - depth: 0 for the root.
  private func place(of path: Name, in node: Int, cells: Int, depth: Int) -> Place {
    // Also skips doubled slashes. SAFETY: a path ends with a NUL or a colon.
    var path = unsafe path
    while unsafe path.pointee == UInt8(ascii: "/") { unsafe path += 1 }
    guard unsafe !Self.isEnd(path.pointee) else {
      return Place(
        node: node, address: number(property("reg", of: node), cell: 0, cells: cells, else: .max))
    }
    let child = unsafe child(path, of: node)
    guard child.kind != Kind.none, depth < Self.depthMax else { return Place() }
    let childCells = self.cells("#address-cells", of: node, default: 2)
    var place = unsafe place(
      of: Self.end(of: path), in: child.body, cells: childCells, depth: depth &+ 1)
    guard place.node != 0, depth > 0 else { return place }
    // A list of [child address][parent address][byte count]. An empty one changes nothing, and
    // without one the bus cannot be reached.
    let ranges = property("ranges", of: node)
    guard ranges.kind != Kind.none else { return Place() }
    guard ranges.byteCount > 0 else { return place }
    let sizeCells = self.cells("#size-cells", of: node, default: 1)
    guard childCells &* cells &* sizeCells > 0 else { return Place() }
    var index = 0
    // Ends: each takes three cells at least.
    while 4 &* index < ranges.byteCount {
      let start = number(ranges, cell: index, cells: childCells, else: .max)
      index &+= childCells
      let target = number(ranges, cell: index, cells: cells, else: .max)
      index &+= cells
      let byteCount = number(ranges, cell: index, cells: sizeCells, else: 0)
      index &+= sizeCells
      let offset = place.address &- start
      if place.address >= start, offset < byteCount {
        place.address = target &+ offset
        // What wraps around is no address.
        if place.address < target { place.node = 0 }
        return place
      }
    }
    return Place()
  }

  /// What a path or an alias names; not what lies below an alias.
  func place(of name: Name) -> Place {
    var path = unsafe name
    if unsafe path.pointee != UInt8(ascii: "/") {
      // An alias is a full path (section 3.3), so this does not go round in circles.
      guard unsafe Self.end(of: name).pointee != UInt8(ascii: "/"),
        let target = unsafe string(
          property(name, of: child("aliases", of: root).body))
      else { return Place() }
      unsafe path = target
    }
    return unsafe place(of: path, in: root, cells: 0, depth: 0)
  }
}
