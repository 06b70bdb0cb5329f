import CLibSodium

/// An Ed25519 public key, from a file that `openssl pkey -pubout` wrote.
struct VerifyKey {
  /// 32 bytes, the encoding of a point of the group that B generates.
  ///
  /// With another one anyone could sign (points of small order) or it would depend on who verifies
  /// whether a signature is valid. The stub does not look again.
  let bytes: [UInt8]

  /// Reads a file; `-` is stdin.
  init(_ path: String) throws(CommandFailure) {
    let file = try KeyFile(path, .publicKey)
    bytes = unsafe file.withKey {
      unsafe [UInt8](UnsafeBufferPointer(start: $0, count: KeyFile.keyByteCount))
    }
    guard unsafe crypto_core_ed25519_is_valid_point(bytes) == 1 else {
      throw .refused(
        name: file.name, reason: "no key that OpenSSL makes: not in the group of Ed25519")
    }
  }
}
