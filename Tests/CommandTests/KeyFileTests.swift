import CLibSodium
import Foundation
import Testing

@testable import LZ4BootCommand

/// Keys that `pack` signs by and puts into the stub.
@Suite struct KeyFileTests {
  private let folder = try! Folder()

  /// DER in front of a key: RFC 8410, sections 7 and 4.
  private static let privateHeader = Data(base64Encoded: "MC4CAQAwBQYDK2VwBCIEIA==")!
  private static let publicHeader = Data(base64Encoded: "MCowBQYDK2VwAyEA")!

  private func pem(_ label: String, _ contents: Data, lineEnd: String = "\n") -> String {
    "-----BEGIN \(label)-----\(lineEnd)\(contents.base64EncodedString())\(lineEnd)"
      + "-----END \(label)-----\(lineEnd)"
  }

  private func path(_ text: String) throws -> String {
    try folder.write(Data(text.utf8), as: "key.pem").path
  }

  private func reason<Key>(_ text: String, _ read: (String) throws -> Key) throws -> String {
    let failure = #expect(throws: CommandFailure.self) { _ = try read(try path(text)) }
    guard case .refused(_, let reason) = try #require(failure) else { return "not refused" }
    return reason
  }

  private static let seed = Data((0..<32).map { UInt8($0) })

  /// RFC 8032, section 7.1, test 3.
  @Test func readsAndSigns() throws {
    let signingKey = try SigningKey(
      path(
        """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIMWqjfQ/n4N77bdELzHct7Fm04U1B28JS4XOOi4LRFj3
        -----END PRIVATE KEY-----

        """))
    let verifyKey = try VerifyKey(
      path(
        """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEA/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=
        -----END PUBLIC KEY-----

        """))
    #expect(signingKey.publicKey == verifyKey.bytes)
    #expect(
      Data(signingKey.sign([0xaf, 0x82])).base64EncodedString()
        == "YpHWV97sJAJIJ+acOr4BowzlSKKEdDpEXjaA19taw6wY/5tTjRbykK5n92CYTcZZSnwV6XFu0o3AJ77O6h7ECg=="
    )
  }

  @Test func readsWhatItMakes() throws {
    for number in 0..<50 as Range<UInt8> {
      let seed = Data(repeating: number, count: 32)
      let lineEnd = number % 2 == 0 ? "\n" : "\r\n"
      let signingKey = try SigningKey(
        path(pem("PRIVATE KEY", Self.privateHeader + seed, lineEnd: lineEnd)))
      let verifyKey = try VerifyKey(
        path(pem("PUBLIC KEY", Self.publicHeader + signingKey.publicKey, lineEnd: lineEnd)))
      #expect(verifyKey.bytes == signingKey.publicKey)
      let message = [UInt8](repeating: number, count: Int(number))
      let signature = signingKey.sign(message)
      #expect(
        unsafe crypto_sign_verify_detached(
          signature, message, UInt64(message.count), verifyKey.bytes) == 0)
    }
  }

  @Test func readsWithoutALastLineEnd() throws {
    let text = pem("PRIVATE KEY", Self.privateHeader + Self.seed)
    #expect(
      try SigningKey(path(String(text.dropLast()))).publicKey == SigningKey(path(text)).publicKey)
  }

  @Test func refusesOtherFiles() throws {
    let key = pem("PRIVATE KEY", Self.privateHeader + Self.seed)
    let cases: [(String, String)] = [
      ("", "no PEM file"),
      ("\n" + key, "no PEM file"),
      ("Key:\n" + key, "no PEM file"),
      ("-----BEGIN -----\n", "PEM of the kind \"\", not"),
      ("-----BEGIN-----\n", "no PEM file"),
      (String(decoding: Self.seed, as: UTF8.self), "no PEM file"),
      (pem("ENCRYPTED PRIVATE KEY", Self.seed), "the key is encrypted"),
      (pem("EC PRIVATE KEY", Self.seed), "PEM of the kind \"EC PRIVATE KEY\", not \"PRIVATE KEY\""),
      (pem("PUBLIC KEY", Self.publicHeader + Self.seed), "of the kind \"PUBLIC KEY\", not"),
      (key + "\n", "something behind"),
      (key + key, "something behind"),
      (key + "x", "something behind"),
      ("-----BEGIN PRIVATE KEY-----", "no line -----END PRIVATE KEY-----"),
      (key.replacing("-----END PRIVATE KEY-----\n", with: ""), "no line -----END"),
      (key.replacing("-----END PRIVATE", with: "-----END PUBLIC"), "no line -----END"),
      (key.replacing("MC4C", with: "MC*C"), "not base64"),
      (key.replacing("MC4C", with: "MC4"), "not base64"),
      (key.replacing("MC4C", with: "MC4 C"), "not base64"),
      (pem("PRIVATE KEY", Data()), "no Ed25519 key"),
      (pem("PRIVATE KEY", Self.seed), "no Ed25519 key"),
      // X25519 is 1.3.101.110.
      (
        pem("PRIVATE KEY", Data(base64Encoded: "MC4CAQAwBQYDK2VuBCIEIA==")! + Self.seed),
        "no Ed25519 key"
      ),
      (pem("PRIVATE KEY", Self.privateHeader + Self.seed.dropLast()), "not in the form"),
      (pem("PRIVATE KEY", Self.privateHeader + Self.seed + [0]), "not in the form"),
      // Version 2, which can have a public key.
      (
        pem(
          "PRIVATE KEY", Data(base64Encoded: "MFECAQEwBQYDK2VwBCIEIA==")! + Self.seed + Self.seed),
        "not in the form"
      ),
      (key + String(repeating: "x", count: 20_000), "too long"),
    ]
    for (text, expected) in cases {
      let reason = try reason(text) { try SigningKey($0) }
      #expect(reason.contains(expected), "\(text): \(reason)")
    }
    let reason = try reason(key) { try VerifyKey($0) }
    #expect(reason.contains("of the kind \"PRIVATE KEY\", not \"PUBLIC KEY\""))
  }

  @Test func everyCutIsRefused() throws {
    let key = pem("PRIVATE KEY", Self.privateHeader + Self.seed)
    // But for the last line end.
    for byteCount in 0..<key.utf8.count - 1 {
      #expect(throws: CommandFailure.self) { try SigningKey(path(String(key.prefix(byteCount)))) }
    }
  }

  /// The neutral point; y = 2, which is that of no point; the base point plus one of order 2.
  @Test(arguments: [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0200000000000000000000000000000000000000000000000000000000000000",
    "9599999999999999999999999999999999999999999999999999999999999999",
  ])
  func refusesKeysOutsideTheGroup(hex: String) throws {
    let key = Data(
      stride(from: 0, to: 64, by: 2).map {
        UInt8(hex.dropFirst($0).prefix(2), radix: 16)!
      })
    let reason = try reason(pem("PUBLIC KEY", Self.publicHeader + key)) { try VerifyKey($0) }
    #expect(reason.contains("not in the group"))
  }

  @Test func namesTheFileThatIsNotThere() {
    let failure = #expect(throws: CommandFailure.self) { try SigningKey(folder.path("none.pem")) }
    #expect(failure?.message.contains("none.pem: No such file") == true)
  }
}
