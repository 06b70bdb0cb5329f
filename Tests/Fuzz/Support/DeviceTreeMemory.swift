import BootFormats

/// Calls `body` with the tree in memory that has nothing behind these bytes; nil if it is none.
func withTree<Result>(_ blob: [UInt8], _ body: (FlattenedDeviceTree) -> Result) -> Result? {
  let memory = HeapBytes(blob.count, filledWith: 0, alignment: 8)
  memory.put(blob[...], at: 0)
  let tree = unsafe FlattenedDeviceTree(
    unsafeStart: memory.start.assumingMemoryBound(to: UInt8.self), limit: blob.count)
  return tree.map(body)
}
