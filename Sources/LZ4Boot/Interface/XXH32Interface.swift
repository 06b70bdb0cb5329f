import CLZ4Boot

@c @implementation
public func lz4boot_xxh32(
  _ bytes: UnsafeRawPointer?, _ byte_count: Int, _ seed: UInt32
) -> UInt32 {
  var hash = XXH32(seed: seed)
  if let bytes = unsafe bytes { unsafe hash.update(bytes, byteCount: byte_count) }
  return hash.digest()
}
