import CLibSodium

/// An Ed25519 private key, from a file that `openssl genpkey -algorithm ed25519` wrote.
///
/// It is wiped from memory with its last reference.
struct SigningKey {
  /// 32 bytes: the key by which signatures are verified.
  let publicKey: [UInt8]
  private let secretKey: SecretMemory

  /// Reads a file; `-` is stdin.
  init(_ path: String) throws(CommandFailure) {
    let file = try KeyFile(path, .privateKey)
    secretKey = try SecretMemory(byteCount: Int(crypto_sign_SECRETKEYBYTES), for: file.name)
    var publicKey = [UInt8](repeating: 0, count: KeyFile.keyByteCount)
    unsafe secretKey.withUnsafePointer { secretKey in
      unsafe file.withKey { seed in
        _ = unsafe crypto_sign_seed_keypair(&publicKey, secretKey, seed)
      }
    }
    self.publicKey = publicKey
  }

  /// The signature, 64 bytes (RFC 8032, section 5.1.6: the same for the same message).
  func sign(_ message: [UInt8]) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
    unsafe secretKey.withUnsafePointer { secretKey in
      _ = unsafe crypto_sign_detached(
        &signature, nil, message, UInt64(message.count), secretKey)
    }
    return signature
  }
}
