import CLibSodium

/// libsodium, the reference.
enum Sodium {
  static func sha256(_ message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    unsafe crypto_hash_sha256(&digest, message, UInt64(message.count))
    return digest
  }

  static func sha512(_ message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 64)
    unsafe crypto_hash_sha512(&digest, message, UInt64(message.count))
    return digest
  }

  static func verdict(_ signature: [UInt8], _ publicKey: [UInt8], _ message: [UInt8]) -> Bool {
    unsafe crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
  }

  /// 64 bytes modulo L.
  static func scalar(reducing bytes: [UInt8]) -> [UInt8] {
    var scalar = [UInt8](repeating: 0, count: 32)
    unsafe crypto_core_ed25519_scalar_reduce(&scalar, bytes)
    return scalar
  }

  /// ab + c modulo L.
  static func multiplyAdd(_ a: [UInt8], _ b: [UInt8], _ c: [UInt8]) -> [UInt8] {
    var (product, sum) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32))
    unsafe crypto_core_ed25519_scalar_mul(&product, a, b)
    unsafe crypto_core_ed25519_scalar_add(&sum, product, c)
    return sum
  }

  static func baseMultiple(_ scalar: [UInt8]) -> [UInt8] {
    var point = [UInt8](repeating: 0, count: 32)
    let status = unsafe crypto_scalarmult_ed25519_base_noclamp(&point, scalar)
    precondition(status == 0, "a multiple of 0")
    return point
  }

  static func sum(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
    var point = [UInt8](repeating: 0, count: 32)
    let status = unsafe crypto_core_ed25519_add(&point, a, b)
    precondition(status == 0, "not two points")
    return point
  }

  /// L, the order of the base point.
  static let order = bytes(
    hex: "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")

  /// The encodings of the eight points of small order, as RFC 8032 encodes them.
  static let smallOrderPoints = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  ].map { bytes(hex: $0) }
}

/// A key pair.
struct Signer {
  private(set) var publicKey = [UInt8](repeating: 0, count: 32)
  private var secretKey = [UInt8](repeating: 0, count: 64)

  init(seed: [UInt8]) {
    precondition(seed.count == 32, "a seed has 32 bytes")
    unsafe crypto_sign_seed_keypair(&publicKey, &secretKey, seed)
  }

  func sign(_ message: [UInt8]) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: 64)
    unsafe crypto_sign_detached(&signature, nil, message, UInt64(message.count), secretKey)
    return signature
  }
}
