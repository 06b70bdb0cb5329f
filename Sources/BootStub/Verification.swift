import BootFormats
import BootStubEntry
import StubCrypto
import StubCryptoInstructions

/// MMU and caches on. Whether all that follows the stub is what was packed and, in the stub that can
/// tell, who packed it.
func verify(_ state: UnsafePointer<stub_state>, _ descriptor: Descriptor) -> stub_verdict {
  let image = unsafe state.pointee.image
  if descriptor.has(PackedImage.flagSHA256) {
    let start = image &+ descriptor[.payloadOffset]
    let isSame = unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 8) { digest in
      let digest = unsafe digest.baseAddress.unsafelyUnwrapped
      unsafe sha256(
        pointer(to: start).assumingMemoryBound(to: UInt8.self),
        byteCount: Int(truncatingIfNeeded: descriptor[.coveredByteCount]),
        blocks: sha256_blocks_of_core, digest: digest)
      let packed = unsafe pointer(to: image).assumingMemoryBound(to: UInt32.self)
        + PackedImage.offset(of: .sha256) / 4
      var index = 0
      while index < 8 {
        guard unsafe digest[index] == packed[index].bigEndian else { return false }
        index &+= 1
      }
      return true
    }
    guard isSame else { return .digest }
  }
  #if SIGNED_STUB
    if descriptor.has(PackedImage.flagSigned) {
      let key = unsafe pointer(to: image &+ descriptor[.signatureOffset])
        .assumingMemoryBound(to: UInt8.self)
      guard
        unsafe ed25519IsValid(
          key + Int(PackedImage.keyByteCount), key,
          pointer(to: image).assumingMemoryBound(to: UInt8.self), PackedImage.checksumOffset)
      else { return .signature }
    }
  #endif
  return .accepted
}
