import CLibSodium

/// Why a file is not taken for a key.
enum KeyFileError: Error {
  case tooLong
  case notPEM
  case encrypted
  case wrongLabel(found: String)
  case unfinished
  case trailingData
  case notBase64
  case otherAlgorithm
  case otherForm

  func message(label: String) -> String {
    switch self {
    case .tooLong: "too long for a key file"
    case .notPEM: "no PEM file: it does not start with -----BEGIN \(label)-----"
    case .encrypted: "the key is encrypted: decrypt it with openssl pkey -in FILE -out DECRYPTED"
    case .wrongLabel(let found): "PEM of the kind \"\(found.onOneLine)\", not \"\(label)\""
    case .unfinished: "no line -----END \(label)-----"
    case .trailingData: "there is something behind -----END \(label)-----"
    case .notBase64: "damaged: not base64"
    case .otherAlgorithm: "no Ed25519 key: make one with openssl genpkey -algorithm ed25519"
    case .otherForm: "an Ed25519 key, but not in the form that openssl pkey writes"
    }
  }
}

/// A file of OpenSSL's with one Ed25519 key: PEM (RFC 7468) around DER (RFC 8410).
///
///     -----BEGIN PRIVATE KEY-----
///     [base64 of the DER header and the key's 32 bytes]
///     -----END PRIVATE KEY-----
///
/// Strict: one key, nothing before and behind it, in the one form that OpenSSL writes by itself.
struct KeyFile {
  /// What a file has to hold.
  struct Kind {
    let label: String
    /// The DER in front of the key's bytes.
    let header: [UInt8]

    /// RFC 8410, section 7: version 1, no attributes, no public key.
    ///
    ///     SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.112 }, OCTET STRING { OCTET STRING } }
    static let privateKey = Kind(
      label: "PRIVATE KEY", header: [0x30, 46, 2, 1, 0] + algorithm + [4, 34, 4, 32])

    /// RFC 8410, section 4.
    ///
    ///     SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING }
    static let publicKey = Kind(label: "PUBLIC KEY", header: [0x30, 42] + algorithm + [3, 33, 0])

    /// RFC 8410, section 3: no parameters.
    fileprivate static let algorithm: [UInt8] = [0x30, 5, 6, 3, 0x2b, 101, 112]
  }

  static let keyByteCount = 32
  private static let byteCountMax = 16 << 10

  /// How messages call the file.
  let name: String
  /// The DER, which ends with the key.
  private let encoded: SecretMemory
  private let headerByteCount: Int

  /// Reads a file, `-` is stdin, and wipes from memory what it read.
  init(_ path: String, _ kind: Kind) throws(CommandFailure) {
    let file = try InputFile(path)
    defer { Self.wipe(file) }
    name = file.name
    headerByteCount = kind.header.count
    // Base64 is longer than what it stands for.
    encoded = try SecretMemory(byteCount: min(file.byteCount, Self.byteCountMax), for: file.name)
    do throws(KeyFileError) {
      let byteCount = try Self.decode(file, kind, into: encoded)
      try unsafe encoded.withUnsafePointer { bytes in
        unsafe Self.check(UnsafeBufferPointer(start: bytes, count: byteCount), kind)
      }.get()
    } catch {
      throw .refused(name: file.name, reason: error.message(label: kind.label))
    }
  }

  /// Lets `body` see the key's 32 bytes.
  func withKey<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
    // SAFETY: `check` has seen the header and a key behind it.
    unsafe encoded.withUnsafePointer { unsafe body($0 + headerByteCount) }
  }

  /// Decodes what is between the two lines, and returns how many bytes that is.
  private static func decode(
    _ file: InputFile, _ kind: Kind, into target: SecretMemory
  ) throws(KeyFileError) -> Int {
    guard file.byteCount <= byteCountMax else { throw .tooLong }
    let body = try file.memory.withSpan { (text) throws(KeyFileError) -> Range<Int> in
      try Self.body(of: text, label: kind.label)
    }
    var byteCount = 0
    let status = unsafe target.withUnsafePointer { bytes in
      unsafe file.memory.withUnsafeBytes { text in
        // SAFETY: the body is in the text.
        unsafe sodium_base642bin(
          bytes, target.byteCount,
          text.baseAddress!.assumingMemoryBound(to: CChar.self) + body.lowerBound, body.count,
          "\r\n", &byteCount, nil, sodium_base64_VARIANT_ORIGINAL)
      }
    }
    guard status == 0 else { throw .notBase64 }
    return byteCount
  }

  /// Where the base64 is.
  private static func body(
    of text: borrowing Span<UInt8>, label: String
  ) throws(KeyFileError) -> Range<Int> {
    let first = line(of: text, from: 0)
    let opening = string(text, first)
    guard opening.hasPrefix("-----BEGIN "), opening.hasSuffix("-----"), opening.count >= 16 else {
      throw .notPEM
    }
    let found = String(opening.dropFirst(11).dropLast(5))
    guard found != "ENCRYPTED PRIVATE KEY" else { throw .encrypted }
    guard found == label else { throw .wrongLabel(found: found) }
    let start = first.upperBound + 1
    var next = start
    // Ends: a line has its end at least.
    while next < text.count {
      let line = line(of: text, from: next)
      if text[next] == UInt8(ascii: "-") {
        guard string(text, line) == "-----END \(label)-----" else { throw .unfinished }
        guard line.upperBound + 1 >= text.count else { throw .trailingData }
        return start..<next
      }
      next = line.upperBound + 1
    }
    throw .unfinished
  }

  /// The line that starts there, without its end.
  private static func line(of text: borrowing Span<UInt8>, from start: Int) -> Range<Int> {
    var end = start
    while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
    return start..<end
  }

  /// A line that is no secret.
  private static func string(_ text: borrowing Span<UInt8>, _ line: Range<Int>) -> String {
    var bytes: [UInt8] = []
    for index in line { bytes.append(text[index]) }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func check(
    _ bytes: UnsafeBufferPointer<UInt8>, _ kind: Kind
  ) -> Result<Void, KeyFileError> {
    guard unsafe !bytes.starts(with: kind.header) else {
      return bytes.count == kind.header.count + keyByteCount
        ? .success(()) : .failure(.otherForm)
    }
    // The identifier of the algorithm is near the start in every form.
    let algorithm = Kind.algorithm[2...]
    let isEd25519 = (0..<min(bytes.count, 16)).contains {
      unsafe bytes[$0...].starts(with: algorithm)
    }
    return .failure(isEd25519 ? .otherForm : .otherAlgorithm)
  }

  private static func wipe(_ file: InputFile) {
    file.memory.withMutableSpan { text in
      unsafe text.withUnsafeMutableBytes { text in
        unsafe sodium_memzero(text.baseAddress!, text.count)
      }
    }
  }
}
