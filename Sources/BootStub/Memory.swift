/// The memory at a physical address, which with the stub's translation is also its virtual one.
///
/// SAFETY: the caller knows that there is readable memory and that nobody writes it meanwhile.
@unsafe
func memory(at address: UInt64, count: Int) -> UnsafeBufferPointer<UInt8> {
  unsafe UnsafeBufferPointer(start: UnsafePointer(bitPattern: UInt(address)), count: count)
}
