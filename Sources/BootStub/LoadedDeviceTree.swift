import BootFormats
import BootStubEntry

/// The device tree as the boot loader left it in memory. MMU off.
@safe
struct LoadedDeviceTree {
  let blob: UnsafeBufferPointer<UInt8>
  let tree: FlattenedDeviceTree

  /// Nil if there is none at that address, or a damaged one.
  init?(at address: UInt64) {
    // Booting: the tree lies at an 8-byte boundary. 0 is no tree.
    guard address != 0, address % 8 == 0 else { return nil }
    // The loader may have written it through its caches. What is still there goes to memory, first
    // for the header, which says how much there is.
    stub_clean_to_memory(address, UInt64(FlattenedDeviceTree.headerByteCount))
    let header = unsafe memory(at: address, count: FlattenedDeviceTree.headerByteCount)
    guard let byteCount = FlattenedDeviceTree.byteCount(ofHeader: unsafe header.span) else {
      return nil
    }
    stub_clean_to_memory(address, UInt64(byteCount))
    let blob = unsafe memory(at: address, count: byteCount)
    guard let tree = try? FlattenedDeviceTree(parsing: unsafe blob.span) else { return nil }
    unsafe self.blob = blob
    self.tree = tree
  }
}
