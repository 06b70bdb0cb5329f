import BootStubEntry
import CLZ4Boot
import StubCryptoInstructions

#if canImport(BootFormats)
  import BootFormats
#endif
#if canImport(StubCrypto)
  import StubCrypto
#endif

/// MMU and caches on. Whether all that follows the stub is what was packed and, in the stub that
/// verifies signatures, who packed it. That one takes nothing without.
func verify(_ state: UnsafePointer<stub_state>, _ descriptor: Descriptor) -> stub_verdict {
  let image = unsafe state.pointee.image
  let head = unsafe pointer(to: image).assumingMemoryBound(to: UInt8.self)
  #if SIGNED_STUB
    guard
      unsafe ed25519IsValid(
        head + Int(truncatingIfNeeded: descriptor[.signatureOffset]),
        head + PackedImage.offset(of: .publicKey), head, PackedImage.checksumOffset)
    else { return .signature }
  #else
    // Blocks bring checksums of their own.
    let checked = descriptor[.treeChecksum]
    let checksum = unsafe lz4boot_xxh32(
      head + Int(truncatingIfNeeded: descriptor[.treeOffset]),
      Int(truncatingIfNeeded: checked &>> 32), 0)
    guard checksum == UInt32(truncatingIfNeeded: checked) else { return .tree_damaged }
    guard descriptor.has(PackedImage.flagSHA256) else { return .accepted }
  #endif
  return unsafe withUnsafeTemporaryAllocation(
    of: UInt32.self, capacity: Int(SHA256_MEMORY_WORDS)
  ) { memory in
    let digest = unsafe memory.baseAddress.unsafelyUnwrapped
    unsafe sha256(
      head + Int(truncatingIfNeeded: descriptor[.payloadOffset]),
      byteCount: Int(truncatingIfNeeded: descriptor[.coveredByteCount]),
      blocks: sha256_blocks_of_core, memory: digest)
    let packed = unsafe UnsafeRawPointer(head + PackedImage.offset(of: .sha256))
      .assumingMemoryBound(to: UInt32.self)
    var index = 0
    while index < 8 {
      guard unsafe digest[index] == packed[index].bigEndian else { return .digest }
      index &+= 1
    }
    return .accepted
  }
}
