import BootFormats

/// Calls `body` with the tree in a copy of these bytes that starts at a multiple of 8 and has nothing
/// behind it; nil if its header is not that of a tree.
func withTree<Result>(_ blob: [UInt8], _ body: (FlattenedDeviceTree) -> Result) -> Result? {
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: blob.count, alignment: 8)
  defer { unsafe memory.deallocate() }
  unsafe memory.copyBytes(from: blob)
  guard blob.count >= FlattenedDeviceTree.headerByteCount,
    let tree = unsafe FlattenedDeviceTree(
      unsafeStart: memory.baseAddress!.assumingMemoryBound(to: UInt8.self), limit: blob.count)
  else { return nil }
  return body(tree)
}
