// What a compiler may call when it copies or clears a struct. Boot code has no C library, so every
// archive and program made of these sources carries its own, hidden. Nothing in the hot path calls
// them.

@c(memcpy)
public func copyBytes(
  _ target: UnsafeMutablePointer<UInt8>, _ source: UnsafePointer<UInt8>, _ byteCount: Int
) -> UnsafeMutablePointer<UInt8> {
  var index = 0
  while index < byteCount {
    unsafe target[index] = source[index]
    index &+= 1
  }
  return unsafe target
}

@c(memset)
public func setBytes(
  _ target: UnsafeMutablePointer<UInt8>, _ value: CInt, _ byteCount: Int
) -> UnsafeMutablePointer<UInt8> {
  var index = 0
  while index < byteCount {
    unsafe target[index] = UInt8(truncatingIfNeeded: value)
    index &+= 1
  }
  return unsafe target
}
