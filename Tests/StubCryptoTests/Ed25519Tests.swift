import Foundation
import StubCrypto
import Testing

/// The verification, against the vectors of RFC 8032 and libsodium.
@Suite struct Ed25519Tests {
  private struct Vector: CustomTestStringConvertible {
    let seed, publicKey, message, signature: [UInt8]
    var testDescription: String { "message of \(message.count) bytes" }
  }

  /// RFC 8032, section 7.1: each line has seed, key, message and signature.
  private static let vectors: [Vector] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "rfc8032.txt")
    let text = try? String(contentsOf: file, encoding: .utf8)
    return (text ?? "").split(separator: "\n").map { line in
      let fields = line.split(separator: " ").map { bytes(hex: $0) }
      return Vector(
        seed: fields[0], publicKey: fields[1], message: fields[2], signature: fields[3])
    }
  }()

  private func verdict(_ signature: [UInt8], _ publicKey: [UInt8], _ message: [UInt8]) -> Bool {
    precondition(signature.count == 64 && publicKey.count == 32, "not a signature or no key")
    return unsafe ed25519IsValid(signature, publicKey, message, message.count)
  }

  /// The sum of S and a multiple of L, if it has 32 bytes.
  private func addingOrder(_ signature: [UInt8], times: Int) -> [UInt8]? {
    var (changed, over) = (signature, 0)
    for index in 0..<32 {
      over += Int(signature[32 + index]) + times * Int(Sodium.order[index])
      changed[32 + index] = UInt8(truncatingIfNeeded: over)
      over >>= 8
    }
    return over == 0 ? changed : nil
  }

  @Test func vectorsAreThere() {
    #expect(Self.vectors.map(\.message.count) == [0, 1, 2, 1023, 64])
  }

  @Test(arguments: vectors)
  private func acceptsVectors(_ vector: Vector) {
    #expect(verdict(vector.signature, vector.publicKey, vector.message))
    let signer = Signer(seed: vector.seed)
    #expect(signer.publicKey == vector.publicKey)
    #expect(signer.sign(vector.message) == vector.signature)
  }

  @Test func refusesEveryChangedBit() {
    let vector = Self.vectors[2]
    func changed(_ bytes: [UInt8], _ bit: Int) -> [UInt8] {
      var bytes = bytes
      bytes[bit / 8] ^= 1 << (bit % 8)
      return bytes
    }
    for bit in 0..<512 {
      let signature = changed(vector.signature, bit)
      #expect(!verdict(signature, vector.publicKey, vector.message), "signature, \(bit)")
    }
    for bit in 0..<256 {
      let publicKey = changed(vector.publicKey, bit)
      #expect(!verdict(vector.signature, publicKey, vector.message), "key, \(bit)")
    }
    for bit in 0..<16 {
      let message = changed(vector.message, bit)
      #expect(!verdict(vector.signature, vector.publicKey, message), "message, \(bit)")
    }
    #expect(!verdict(vector.signature, vector.publicKey, []))
    #expect(!verdict(vector.signature, vector.publicKey, vector.message + [0]))
  }

  @Test(arguments: vectors)
  private func refusesScalarsFromTheOrderOn(_ vector: Vector) throws {
    for times in 1...15 {
      guard let signature = addingOrder(vector.signature, times: times) else { continue }
      #expect(!verdict(signature, vector.publicKey, vector.message), "\(times) times")
    }
    #expect(addingOrder(vector.signature, times: 1) != nil)
  }

  /// With the neutral point for a key, [S]B = R whatever the message. So S = 0 and R = the neutral
  /// point are right, and S = L would be, were it not L.
  @Test func refusesTheOrderItself() {
    let neutral = Sodium.smallOrderPoints[0]
    var belowOrder = Sodium.order
    belowOrder[0] -= 1
    let zero = [UInt8](repeating: 0, count: 32)
    #expect(verdict(neutral + zero, neutral, []))
    #expect(!verdict(neutral + Sodium.order, neutral, []))
    // [L - 1]B = -B.
    let negativeBase = [0x58] + [UInt8](repeating: 0x66, count: 30) + [0xe6]
    #expect(verdict(negativeBase + belowOrder, neutral, []))
    #expect(!verdict(neutral + belowOrder, neutral, []))
    #expect(!verdict(neutral + [UInt8](repeating: 0xff, count: 32), neutral, []))
  }

  /// Small orders are accepted as key and R, where libsodium refuses them. With the neutral point for a
  /// key, it is R whatever the message; of another one, the hash decides which.
  @Test func acceptsSmallOrdersUnlikeLibsodium() {
    let zero = [UInt8](repeating: 0, count: 32)
    for key in Sodium.smallOrderPoints {
      var acceptedCount = 0
      for number in 0..<64 as Range<UInt8> {
        for r in Sodium.smallOrderPoints where verdict(r + zero, key, [number]) {
          acceptedCount += 1
          #expect(!Sodium.verdict(r + zero, key, [number]))
          #expect(key != Sodium.smallOrderPoints[0] || r == key)
        }
      }
      #expect(key == Sodium.smallOrderPoints[0] ? acceptedCount == 64 : acceptedCount > 0)
    }
  }

  /// y = 0 to 18 can be written as p to 2^255 - 1 as well, with either sign.
  @Test func refusesEncodingsFromThePrimeOn() {
    let zero = [UInt8](repeating: 0, count: 32)
    for first in 0xed...0xff as ClosedRange<UInt8> {
      for last in [0x7f, 0xff] as [UInt8] {
        let key = [first] + [UInt8](repeating: 0xff, count: 30) + [last]
        for r in Sodium.smallOrderPoints { #expect(!verdict(r + zero, key, [])) }
        // Nor as R of what would be accepted with the neutral point for a key.
        #expect(!verdict(key + zero, Sodium.smallOrderPoints[0], []))
      }
    }
  }

  /// x = 0 has no sign.
  @Test func refusesTheSignOfZero() {
    let zero = [UInt8](repeating: 0, count: 32)
    for point in Sodium.smallOrderPoints[0...1] {
      var signed = point
      signed[31] |= 0x80
      for r in Sodium.smallOrderPoints { #expect(!verdict(r + zero, signed, [])) }
      #expect(!verdict(signed + zero, Sodium.smallOrderPoints[0], []))
    }
  }

  @Test func agreesWithLibsodium() {
    var generator = Generator(seed: 2)
    for number in 0..<2000 {
      let signer = Signer(seed: generator.bytes(32))
      let message = generator.bytes(Int.random(in: 0...200, using: &generator))
      var signature = signer.sign(message)
      #expect(verdict(signature, signer.publicKey, message), "\(number)")
      #expect(Sodium.verdict(signature, signer.publicKey, message), "\(number)")
      // Something else in one of three places.
      var (publicKey, changedMessage) = (signer.publicKey, message)
      switch number % 4 {
      case 0: signature.replaceSubrange(0..<32, with: generator.bytes(32))
      case 1: signature.replaceSubrange(32..<63, with: generator.bytes(31))
      case 2: publicKey = generator.bytes(32)
      default: changedMessage.append(UInt8(truncatingIfNeeded: number))
      }
      #expect(!verdict(signature, publicKey, changedMessage), "\(number), changed")
      #expect(!Sodium.verdict(signature, publicKey, changedMessage), "\(number), changed")
    }
  }

  /// Keys and R with a part of small order besides: [k]A is not [k mod 8L]A then, and without the
  /// cofactor one in eight hashes makes a signature valid, by chance.
  @Test func agreesWithLibsodiumOnPointsWithASmallPart() {
    var generator = Generator(seed: 3)
    var acceptedCount = 0
    for number in 0..<400 {
      let small = Sodium.smallOrderPoints[2 + number % 6]
      let secret = Sodium.scalar(reducing: generator.bytes(64))
      let nonce = Sodium.scalar(reducing: generator.bytes(64))
      let publicKey = Sodium.sum(Sodium.baseMultiple(secret), small)
      var r = Sodium.baseMultiple(nonce)
      if number % 2 == 0 { r = Sodium.sum(r, small) }
      let message = generator.bytes(8)
      let hash = Sodium.scalar(reducing: Sodium.sha512(r + publicKey + message))
      let signature = r + Sodium.multiplyAdd(hash, secret, nonce)
      let isAccepted = verdict(signature, publicKey, message)
      #expect(isAccepted == Sodium.verdict(signature, publicKey, message), "\(number)")
      acceptedCount += isAccepted ? 1 : 0
    }
    #expect((20..<200).contains(acceptedCount))
  }
}
