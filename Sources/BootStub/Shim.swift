import BootFormats
import BootStubEntry
struct SC { var dataAddress, statusAddress: UInt64; var statusMask, readyStatus: UInt32; var accessByteCount: UInt8 }
func deviceTree(at address: UInt64) -> LoadedDeviceTree? { LoadedDeviceTree(at: address) }
extension LoadedDeviceTree {
  func console() -> SC? {
    guard let c = unsafe (try? tree.console(in: blob.span)) ?? nil else { return nil }
    return c.kind == .pl011 ? SC(dataAddress: c.address, statusAddress: c.address + 0x18, statusMask: 32, readyStatus: 0, accessByteCount: 4)
     : SC(dataAddress: c.address, statusAddress: c.address + 5 << UInt64(c.registerShift), statusMask: 32, readyStatus: 32, accessByteCount: c.accessByteCount)
  }
}
