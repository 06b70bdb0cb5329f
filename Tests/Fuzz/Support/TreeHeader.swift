/// Makes the header of a device tree right: magic, size, versions, and the blocks where they were, to
/// the end of the tree at most.
func repairTreeHeader(_ blob: inout [UInt8]) {
  func cell(_ offset: Int) -> Int { blob[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
  func set(_ value: Int, at offset: Int) {
    blob.replaceSubrange(
      offset..<offset + 4, with: DeviceTreeBuilder.bigEndian([UInt32(truncatingIfNeeded: value)]))
  }
  set(0xd00d_feed, at: 0)
  set(blob.count, at: 4)
  set(cell(16) & ~7, at: 16)
  set(17, at: 20)
  set(16, at: 24)
  for (offset, size) in [(8, 36), (12, 32)] {
    let start = cell(offset) % (blob.count + 1) & ~3
    set(start, at: offset)
    set(min(cell(size), blob.count - start), at: size)
  }
  set(cell(36) & ~3, at: 36)
}
