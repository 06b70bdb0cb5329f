extension FlattenedDeviceTree {
  /// The physical address of the first `reg` entry of a node: translated by the `ranges` of every
  /// bus above it (Devicetree Specification, section 2.3.8), or nil if it has none.
  func address(
    of path: borrowing Path, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> UInt64? {
    guard let parent = path.ancestor(1),
      let reg = try property(.text("reg"), of: path.last, in: blob),
      let addressCells = try cells("#address-cells", of: parent, default: 2, in: blob),
      var address = number(
        at: reg.lowerBound, cells: addressCells, before: reg.upperBound, in: blob)
    else { return nil }
    var distance = 1
    // Each bus translates to the addresses of the bus above; the root's are the processor's.
    while let bus = path.ancestor(distance), let above = path.ancestor(distance + 1) {
      guard let translated = try translate(address, through: bus, below: above, in: blob) else {
        return nil
      }
      address = translated
      distance += 1
    }
    return address
  }

  /// `ranges` is a list of [child address][parent address][byte count]; an empty one changes
  /// nothing, and without one the bus cannot be reached.
  private func translate(
    _ address: UInt64, through bus: Node, below above: Node, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> UInt64? {
    guard let ranges = try property(.text("ranges"), of: bus, in: blob) else { return nil }
    guard !ranges.isEmpty else { return address }
    guard let childCells = try cells("#address-cells", of: bus, default: 2, in: blob),
      let sizeCells = try cells("#size-cells", of: bus, default: 1, in: blob),
      let parentCells = try cells("#address-cells", of: above, default: 2, in: blob)
    else { return nil }
    var position = ranges.lowerBound
    let end = ranges.upperBound
    while position < end {
      let parentStart = position + 4 * childCells
      let sizeStart = parentStart + 4 * parentCells
      guard let start = number(at: position, cells: childCells, before: end, in: blob),
        let parent = number(at: parentStart, cells: parentCells, before: end, in: blob),
        let byteCount = number(at: sizeStart, cells: sizeCells, before: end, in: blob)
      else { return nil }
      if address >= start, address - start < byteCount {
        // What wraps around is no address; no trap on what a tree says.
        let (sum, overflow) = parent.addingReportingOverflow(address - start)
        return overflow ? nil : sum
      }
      position = sizeStart + 4 * sizeCells
    }
    return nil
  }

  /// A cell count of a bus; nil if it is none that fits an address into 64 bits (PCI has 3).
  @inline(never)
  func cells(
    _ name: StaticString, of bus: Node, default count: Int, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Int? {
    guard let value = try property(.text(name), of: bus, in: blob) else { return count }
    guard let number = number(at: value.lowerBound, cells: 1, before: value.upperBound, in: blob),
      number == 1 || number == 2
    else { return nil }
    return Int(truncatingIfNeeded: number)
  }

  /// The number in one or two big-endian cells at `start`, if they end by `end`.
  @inline(never)
  func number(
    at start: Int, cells: Int, before end: Int, in blob: borrowing Span<UInt8>
  ) -> UInt64? {
    guard start <= end, 4 * cells <= end - start else { return nil }
    var value: UInt64 = 0
    for index in 0..<cells {
      value = value << 32 | UInt64(blob.bigEndian32(at: start + 4 * index))
    }
    return value
  }
}
