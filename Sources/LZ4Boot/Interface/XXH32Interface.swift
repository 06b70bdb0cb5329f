import CLZ4Boot

@c @implementation
public func lz4boot_xxh32(
  _ bytes: UnsafeRawPointer?, _ byte_count: Int, _ seed: UInt32
) -> UInt32 {
  var hash = XXH32(seed: seed)
  guard let bytes = unsafe bytes, byte_count > 0 else {
    return unsafe hash.digest(byteCount: 0, tail: Arguments.nowhere)
  }
  let stripesByteCount = XXH32.stripesByteCount(byte_count)
  unsafe hash.update(bytes, byteCount: stripesByteCount)
  return unsafe hash.digest(
    byteCount: UInt64(count: byte_count), tail: bytes + stripesByteCount)
}
