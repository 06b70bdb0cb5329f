import CLibSodium
import Foundation
import Testing

/// What `pack` puts beside the kernel, each by its place in the file.
@Suite struct PackExtrasTests {
  let folder = try! Folder()
  let kernel = PackSamples.kernel()

  /// Fields of the descriptor.
  private enum Field {
    static let payload = 1
    static let payloadByteCount = 2
    static let flags = 8
    static let initrd = 15
    static let initrdByteCount = 16
    static let initrdTargetByteCount = 18
    static let tree = 19
    static let treeByteCount = 20
    static let treeChecksum = 23
    static let appendByteCount = 24
    static let digest = 25
    static let signature = 29
    static let coveredByteCount = 30
    static let key = 31
  }

  init() throws {
    try folder.write(PackSamples.stub(), as: "stub")
    try folder.write(kernel, as: "Image")
  }

  private func run(_ options: String...) throws -> Outcome {
    try Command.run(
      [
        "pack", folder.path("Image"), "-o", folder.path("out"), "--stub", folder.path("stub"),
        "--level", "1",
      ] + options)
  }

  private func pack(_ options: [String]) throws -> Data {
    let outcome = try Command.run(
      [
        "pack", folder.path("Image"), "-o", folder.path("out"), "--stub", folder.path("stub"),
        "--level", "1",
      ] + options)
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    return try folder.read("out")
  }

  private func field(_ index: Int, _ packed: Data) -> Int {
    Int(packed.integer(at: 64 + 8 * index, as: UInt64.self))
  }

  private func part(_ start: Int, _ byteCount: Int, _ packed: Data) -> Data {
    Data(packed[field(start, packed)..<field(start, packed) + field(byteCount, packed)])
  }

  private static let tree: Data = {
    let tree = DeviceTreeBuilder.tree { $0.property("compatible", text: "board") }
    return Data(tree)
  }()

  @Test func packsInitrdTreeAndText() throws {
    let initrd = Samples.text(byteCount: 300_000)
    try folder.write(initrd, as: "initrd")
    try folder.write(Self.tree, as: "dtb")
    let packed = try pack([
      "--initrd", folder.path("initrd"), "--dtb", folder.path("dtb"), "--append", "ro quiet",
    ])
    let frame = part(Field.initrd, Field.initrdByteCount, packed)
    #expect(frame[4] == 0x78 && frame[5] == 0x50)
    #expect(Samples.decodedFrame(frame, byteCount: initrd.count) == initrd)
    #expect(field(Field.initrdTargetByteCount, packed) == initrd.count)
    #expect(part(Field.tree, Field.treeByteCount, packed) == Self.tree)
    let text = field(Field.tree, packed) + field(Field.treeByteCount, packed)
    #expect(packed[text..<text + 8] == Data("ro quiet".utf8))
    #expect(field(Field.appendByteCount, packed) == 8)
    #expect(field(Field.initrd, packed) == text + 8)
    let checked = [UInt8](Self.tree + Data("ro quiet".utf8) + frame.prefix(15))
    #expect(field(Field.treeChecksum, packed) == checked.count << 32 | Int(naiveXXH32(checked)))
    #expect(field(Field.flags, packed) == 0)
  }

  @Test func textAloneHasTheTreesPlace() throws {
    let packed = try pack(["--append", "quiet"])
    #expect(packed[field(Field.tree, packed)...] == Data("quiet".utf8))
    #expect(field(Field.treeByteCount, packed) == 0)
    #expect(field(Field.appendByteCount, packed) == 5)
    let checksum = naiveXXH32([UInt8]("quiet".utf8))
    #expect(field(Field.treeChecksum, packed) == 5 << 32 | Int(checksum))
  }

  @Test func anInitrdAloneHasTheHeaderOfItsFrameChecked() throws {
    try folder.write(Data("initrd".utf8), as: "initrd")
    let packed = try pack(["--initrd", folder.path("initrd")])
    #expect(field(Field.tree, packed) == field(Field.initrd, packed))
    let header = part(Field.initrd, Field.initrdByteCount, packed).prefix(15)
    let checksum = naiveXXH32([UInt8](header))
    #expect(field(Field.treeChecksum, packed) == 15 << 32 | Int(checksum))
  }

  @Test(arguments: [
    ("--timing", 1), ("--verbose", 2), ("--sha256", 8),
    ("--on-error=halt", 0), ("--on-error=reset", 0x100), ("--on-error=poweroff", 0x200),
  ])
  func setsFlags(option: String, expected: Int) throws {
    #expect(field(Field.flags, try pack([option])) == expected)
  }

  @Test func anInitrdThatWinsHasToBeThere() throws {
    try folder.write(Data("initrd".utf8), as: "initrd")
    let packed = try pack(["--initrd", folder.path("initrd"), "--initrd-wins"])
    #expect(field(Field.flags, packed) == 4)
    let outcome = try run("--initrd-wins")
    #expect(outcome.exitCode == 64)
    #expect(outcome.stderr.contains("--initrd-wins needs --initrd"))
  }

  private func digest(_ packed: Data) -> [UInt8] {
    let start = field(Field.payload, packed)
    let covered = [UInt8](packed[start..<start + field(Field.coveredByteCount, packed)])
    var digest = [UInt8](repeating: 0, count: 32)
    _ = unsafe crypto_hash_sha256(&digest, covered, UInt64(covered.count))
    return digest
  }

  private func bytes(_ index: Int, _ byteCount: Int, _ packed: Data) -> [UInt8] {
    [UInt8](packed[64 + 8 * index..<64 + 8 * index + byteCount])
  }

  @Test func theDigestCoversAllBehindTheStub() throws {
    try folder.write(Self.tree, as: "dtb")
    let packed = try pack(["--sha256", "--dtb", folder.path("dtb"), "--append", "x"])
    #expect(field(Field.payload, packed) + field(Field.coveredByteCount, packed) == packed.count)
    #expect(bytes(Field.digest, 32, packed) == digest(packed))
  }

  private func writeKey(_ name: String, _ seed: UInt8) throws -> [UInt8] {
    let seed = [UInt8](repeating: seed, count: 32)
    var publicKey = [UInt8](repeating: 0, count: 32)
    var secretKey = [UInt8](repeating: 0, count: 64)
    _ = unsafe crypto_sign_seed_keypair(&publicKey, &secretKey, seed)
    func write(_ header: String, _ label: String, _ key: [UInt8], _ name: String) throws {
      let contents = (Data(base64Encoded: header)! + Data(key)).base64EncodedString()
      let text = "-----BEGIN \(label)-----\n\(contents)\n-----END \(label)-----\n"
      try folder.write(Data(text.utf8), as: name)
    }
    // RFC 8410, sections 7 and 4.
    try write("MC4CAQAwBQYDK2VwBCIEIA==", "PRIVATE KEY", seed, name)
    try write("MCowBQYDK2VwAyEA", "PUBLIC KEY", publicKey, name + ".pub")
    return publicKey
  }

  @Test func signsTheHeadWithTheDigestInIt() throws {
    let key = try writeKey("key", 7)
    try folder.write(PackSamples.stub(signed: true), as: "stub")
    let packed = try pack([
      "--sign-key", folder.path("key"), "--verify-key", folder.path("key.pub"),
    ])
    #expect(field(Field.flags, packed) == 0x18)
    #expect(bytes(Field.key, 32, packed) == key)
    #expect(bytes(Field.digest, 32, packed) == digest(packed))
    let signature = [UInt8](packed.dropFirst(field(Field.signature, packed)))
    #expect(signature.count == 64)
    let message = [UInt8](packed[..<(PackSamples.headByteCount - 8)])
    #expect(
      unsafe crypto_sign_verify_detached(signature, message, UInt64(message.count), key) == 0)
  }

  @Test func anotherKeyIsRefused() throws {
    _ = try writeKey("key", 7)
    _ = try writeKey("other", 8)
    let outcome = try run(
      "--sign-key", folder.path("key"), "--verify-key", folder.path("other.pub"))
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.stderr
        == "lz4boot: \(folder.path("key")): this is not the private key of \(folder.path("other.pub"))\n"
    )
    #expect(!(try folder.names.contains("out")))
    let unsigned = try run("--verify-key", folder.path("key.pub"))
    #expect(unsigned.exitCode == 64)
  }

  @Test func aKeyNeedsTheStubThatVerifiesSignaturesAndThatOneNeedsAKey() throws {
    _ = try writeKey("key", 7)
    let reason =
      "lz4boot: \(folder.path("stub")): --sign-key needs lz4boot-signed.stub, which starts nothing "
      + "that is not signed\n"
    let plain = try run("--sign-key", folder.path("key"))
    #expect(plain.exitCode == 1)
    #expect(plain.stderr == reason)
    try folder.write(PackSamples.stub(signed: true), as: "stub")
    let unsigned = try run()
    #expect(unsigned.exitCode == 1)
    #expect(unsigned.stderr == reason)
    #expect(!(try folder.names.contains("out")))
  }

  @Test func aDeviceTreeWithAnInitrdOfItsOwnIsRefused() throws {
    let tree = DeviceTreeBuilder.tree {
      $0.node("chosen") {
        $0.property("linux,initrd-start", cells: 0, 0x4800_0000)
        $0.property("linux,initrd-end", cells: 0, 0x4900_0000)
      }
    }
    try folder.write(Data(tree), as: "dtb")
    let outcome = try run("--dtb", folder.path("dtb"))
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.stderr
        == "lz4boot: \(folder.path("dtb")): the device tree's /chosen says where an initrd lies\n")
    #expect(!(try folder.names.contains("out")))
  }

  @Test func aDeviceTreeThatCannotBeChangedIsRefused() throws {
    func reason(_ tree: [UInt8]) throws -> String {
      try folder.write(Data(tree), as: "dtb")
      let outcome = try run("--dtb", folder.path("dtb"))
      #expect(outcome.exitCode == 1)
      #expect(!(try folder.names.contains("out")))
      return outcome.stderr
    }
    var tree = DeviceTreeBuilder.tree { root in
      for index in 0..<11 { root.property("large\(index)", [UInt8](repeating: 1, count: 100_000)) }
    }
    #expect(
      try reason(tree)
        == "lz4boot: \(folder.path("dtb")): the device tree leaves no room for changes: with its "
        + "structure twice it is too large\n")
    tree.replaceSubrange(16..<20, with: DeviceTreeBuilder.bigEndian([1_000_000]))
    #expect(
      try reason(tree)
        == "lz4boot: \(folder.path("dtb")): the device tree's reservations do not precede its "
        + "structure\n")
  }

  /// The tree's tokens: [root, 8 bytes][property, 16][node, 8][end, 4][end, 4][end of all, 4]
  @Test(arguments: [
    // No root, a value too long, no name, closed too early, not closed, nothing behind it.
    (0, 7, 0), (12, 0xff, 8), (16, 7, 8), (24, 2, 28), (32, 4, 40), (40, 4, 40),
  ])
  func aDeviceTreeWithADamagedStructureIsRefused(cell: Int, value: UInt32, fault: Int) throws {
    let tree = DeviceTreeBuilder.tree {
      $0.property("x", [1, 2, 3, 4])
      $0.node("y") { _ in }
    }
    let structure = tree[8..<12].reduce(0) { $0 << 8 | Int($1) }
    try folder.write(
      Data(tree).replacing(at: structure + cell, with: Data(DeviceTreeBuilder.bigEndian([value]))),
      as: "dtb")
    let outcome = try run("--dtb", folder.path("dtb"))
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.stderr
        == "lz4boot: \(folder.path("dtb")): the device tree's structure is damaged at byte "
        + "\(structure + fault)\n")
    #expect(!(try folder.names.contains("out")))
  }

  @Test func whatIsNoDeviceTreeIsRefused() throws {
    try folder.write(Self.tree + Data([0]), as: "dtb")
    let longer = try run("--dtb", folder.path("dtb"))
    #expect(longer.exitCode == 1)
    #expect(
      longer.stderr
        == "lz4boot: \(folder.path("dtb")): the device tree has \(Self.tree.count) bytes, "
        + "the file \(Self.tree.count + 1)\n")
    try folder.write(Data(count: 100), as: "dtb")
    let other = try run("--dtb", folder.path("dtb"))
    #expect(other.exitCode == 1)
    #expect(other.stderr.contains("dtb: this is no device tree of at most 2 MiB"))
    try folder.write(Self.tree.replacing(at: 8, with: Data([0xff])), as: "dtb")
    let damaged = try run("--dtb", folder.path("dtb"))
    #expect(damaged.exitCode == 1)
    #expect(damaged.stderr.hasSuffix("dtb: the device tree's header is damaged\n"))
    #expect(!(try folder.names.contains("out")))
  }

  @Test func missingAndEmptyInitrdsAreTold() throws {
    let missing = try run("--initrd", folder.path("nowhere"))
    #expect(missing.exitCode == 74)
    try folder.write(Data(), as: "initrd")
    let empty = try run("--initrd", folder.path("initrd"))
    #expect(empty.exitCode == 1)
    #expect(empty.stderr == "lz4boot: \(folder.path("initrd")): the file is empty\n")
  }
}
