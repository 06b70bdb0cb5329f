import StubCrypto
import StubCryptoInstructions
import Testing

/// SHA-256 and SHA-512, against values of FIPS 180-4's examples and libsodium.
@Suite struct SHA2Tests {
  private func sha256Digest(_ message: ArraySlice<UInt8>) -> [UInt8] {
    var memory = [UInt32](repeating: 0, count: Int(SHA256_MEMORY_WORDS))
    unsafe message.withUnsafeBufferPointer { message in
      // A start that is never read where there is nothing to read.
      let start = unsafe message.baseAddress ?? UnsafePointer(bitPattern: 64)!
      unsafe sha256(
        start, byteCount: message.count, blocks: sha256BlocksPortable, memory: &memory)
    }
    return memory[..<8].flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
    }
  }

  private func sha512Digest(_ message: ArraySlice<UInt8>) -> [UInt8] {
    var digest = [UInt64](repeating: 0, count: 8)
    unsafe message.withUnsafeBufferPointer { message in
      let start = unsafe message.baseAddress ?? UnsafePointer(bitPattern: 64)!
      unsafe sha512(start, byteCount: message.count, digest: &digest)
    }
    return digest.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
    }
  }

  private static let bits448 = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
  private static let bits896 =
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
    + "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (bits448, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    (bits896, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
  ])
  func sha256OfKnownMessages(message: String, digest: String) {
    #expect(sha256Digest(Array(message.utf8)[...]) == bytes(hex: digest))
  }

  @Test(arguments: [
    (
      "",
      "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
    ),
    (
      "abc",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    ),
    (
      bits896,
      "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
        + "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"
    ),
  ])
  func sha512OfKnownMessages(message: String, digest: String) {
    #expect(sha512Digest(Array(message.utf8)[...]) == bytes(hex: digest))
  }

  @Test func ofAMillionLetters() {
    let message = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(
      sha256Digest(message[...])
        == bytes(hex: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"))
    #expect(
      sha512Digest(message[...])
        == bytes(
          hex: "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
            + "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"))
  }

  @Test func everyLengthAtSomeAlignment() {
    var generator = Generator(seed: 1)
    for byteCount in 0...300 {
      let memory = generator.bytes(byteCount + 7)
      let message = memory.dropFirst(byteCount % 8).prefix(byteCount)
      #expect(sha256Digest(message) == Sodium.sha256(Array(message)), "\(byteCount) bytes")
      #expect(sha512Digest(message) == Sodium.sha512(Array(message)), "\(byteCount) bytes")
    }
  }
}
