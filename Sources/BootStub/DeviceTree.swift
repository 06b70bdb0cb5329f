import BootFormats
import BootStubEntry

/// MMU off. Takes from the device tree what the stub needs, and gives the kernel what it should
/// find there.
///
/// - Returns: an address of what the loader left in memory that will be overwritten, if it did.
func readDeviceTree(_ state: UnsafeMutablePointer<stub_state>) -> UInt64? {
  let address = unsafe state.pointee.device_tree
  if unsafe address < state.pointee.image_end && address >= state.pointee.image { return address }
  return nil
}
