import ArgumentParser
import BootFormats

struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Make a self-extracting arm64 kernel Image.",
    discussion: """
      IMAGE is a raw arm64 Image, an AArch64 ELF file, LZ4 data (frame or legacy) that holds one \
      of them, an EFI zboot image with LZ4, or an Android boot image with a kernel that is one of \
      these. What it is its bytes say, not its name. The output is an arm64 Image itself: whatever starts a raw kernel starts it, and it decodes and enters the \
      kernel. The payload is one LZ4 frame as compress makes it, in blocks that several cores can \
      decode at the same time. What was packed is decoded again and compared before the output \
      appears under its name.

      Of Android boot images ramdisk, command line and device tree are not used. A kernel with an \
      EFI stub that is cut off is refused. Take arch/arm64/boot/Image, not Image.gz or vmlinux. Level 9 is three times as fast as 12 and hardly larger.
      """
  )

  @Argument(help: "The kernel; - is stdin.")
  var image: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the packed Image here; - is stdout.", valueName: "out"))
  var output: String

  @OptionGroup var compression: CompressionOptions

  @Option(
    help: ArgumentHelp(
      "Pack this initrd as well: it is handed to the kernel unpacked, unless the loader brings one.",
      valueName: "file"))
  var initrd: String?

  @Flag(help: "Hand over the packed initrd even if the loader brings one.")
  var initrdWins = false

  @Option(
    help: ArgumentHelp("Add this to the command line that the loader passes.", valueName: "text"))
  var append: String?

  @Option(
    help: ArgumentHelp(
      "Hand over this device tree instead of the loader's, with the loader's command line and initrd.",
      valueName: "file"))
  var dtb: String?

  @Flag(help: "Let the packed Image verify a SHA-256 of all that it brings.")
  var sha256 = false

  @Option(
    help: ArgumentHelp(
      "Sign with this Ed25519 private key (PEM, as OpenSSL writes it): the packed Image takes nothing "
        + "else than what was signed.", valueName: "file"))
  var signKey: String?

  @Option(
    help: ArgumentHelp(
      "Sign for this public key (PEM): --sign-key has to be its private key.", valueName: "file"))
  var verifyKey: String?

  @Option(help: "What the packed Image does when it cannot start its kernel.")
  var onError = OnError.halt

  @Flag(help: "Let the packed Image say on the console that it has been started.")
  var verbose = false

  @Flag(
    help:
      "Let the packed Image print the time that each of its steps takes, and tell it the kernel.")
  var timing = false

  @Option(
    help: ArgumentHelp(
      "Use this stub instead of lz4boot.stub beside the command or in its share/lz4boot folder.",
      valueName: "file"))
  var stub: String?

  func validate() throws {
    guard verifyKey == nil || signKey != nil else {
      throw ValidationError("--verify-key needs --sign-key: who signs makes the signature")
    }
    guard !initrdWins || initrd != nil else {
      throw ValidationError("--initrd-wins needs --initrd")
    }
  }

  func run() throws {
    try OutputFile.refuseTerminal(output)
    let extras = try extras()
    let kernel = try KernelSource(InputFile(image))
    let template = try StubTemplate.load(stub, signed: extras.key != nil)
    // Before the long part, so that a wrong name is told at once.
    var file = try OutputFile.create(output)
    let packing = try ImagePacking(
      kernel: kernel, stub: template, compression: compression, extras: extras)
    try packing.file.withSpan { (bytes) throws(CommandFailure) in try file.write(bytes) }
    try file.commit()
    let (layout, payload) = (packing.layout, packing.payload)
    let unused = kernel.unused.map { "unused   \($0)\n" }.joined()
    try printSummary(
      """
      kernel   \(layout[.targetByteCount]) bytes (\(kernel.origin))
      \(unused)blocks   \(payload.form.blocks.summary)
      payload  \(payload.summary(of: "kernel"))
      stub     \(layout[.stubByteCount]) bytes
      packed   \(layout.fileByteCount) bytes, \(layout.byteCount) in memory: \(output.onOneLine)
      """, output: output)
  }

  private func extras() throws -> PackExtras {
    var extras = PackExtras()
    extras.initrd = try initrd.map { try Self.initrd($0) }
    extras.tree = try dtb.map { try Self.deviceTree($0) }
    extras.append = append ?? ""
    extras.flags = onError.place << PackedImage.OnError.shift
    if timing { extras.flags |= PackedImage.flagTiming }
    if verbose { extras.flags |= PackedImage.flagVerbose }
    if initrdWins { extras.flags |= PackedImage.flagInitrdWins }
    if sha256 || signKey != nil { extras.flags |= PackedImage.flagSHA256 }
    if let signKey {
      let key = try SigningKey(signKey)
      if let verifyKey, try VerifyKey(verifyKey).bytes != key.publicKey {
        throw CommandFailure.refused(
          name: signKey, reason: "this is not the private key of \(verifyKey.onOneLine)")
      }
      extras.key = key
      extras.flags |= PackedImage.flagSigned
    }
    return extras
  }

  private static func initrd(_ name: String) throws -> InputFile {
    let file = try InputFile(name)
    guard file.byteCount > 0 else {
      throw CommandFailure.refused(name: file.name, reason: "the file is empty")
    }
    return file
  }

  /// A file that holds a device tree and nothing else.
  private static func deviceTree(_ name: String) throws -> InputFile {
    let file = try InputFile(name)
    let byteCount = file.memory.withSpan { FlattenedDeviceTree.byteCount(ofHeader: $0) }
    guard byteCount == file.byteCount else {
      throw CommandFailure.refused(
        name: file.name,
        reason: byteCount.map { "the device tree has \($0) bytes, the file \(file.byteCount)" }
          ?? "this is no device tree of at most 2 MiB")
    }
    // Memory that is mapped starts at a page.
    let fault = unsafe file.memory.withUnsafeBytes { bytes in
      unsafe FlattenedDeviceTree(
        unsafeStart: bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), limit: bytes.count
      ).map(faultForChanges(of:)) ?? "the device tree's header is damaged"
    }
    if let fault { throw CommandFailure.refused(name: file.name, reason: fault) }
    return file
  }

  /// Why the stub could not change a device tree and hand it over.
  private static func faultForChanges(of tree: FlattenedDeviceTree) -> String? {
    if let byte = tree.structureFault {
      return "the device tree's structure is damaged at byte \(byte)"
    }
    // The kernel would take whatever lies there for one.
    if tree.initrd.end != 0 { return "the device tree's /chosen says where an initrd lies" }
    let room = PackedImage.treeCopyByteCount(ofTree: UInt64(tree.byteCount))
    let memory = UnsafeMutableRawPointer.allocate(byteCount: Int(room), alignment: 8)
    defer { unsafe memory.deallocate() }
    guard
      let copy = unsafe tree.copy(
        unsafeTo: memory.assumingMemoryBound(to: UInt8.self), capacity: Int(room))
    else { return "the device tree's reservations do not precede its structure" }
    return copy.open(capacity: Int(room - PackedImage.treeRoomByteCount))
      ? nil
      : "the device tree leaves no room for changes: with its structure twice it is too large"
  }
}

/// `--on-error`.
enum OnError: String, ExpressibleByArgument, CaseIterable {
  case halt, reset, poweroff

  fileprivate var place: UInt64 {
    switch self {
    case .halt: PackedImage.OnError.halt.rawValue
    case .reset: PackedImage.OnError.reset.rawValue
    case .poweroff: PackedImage.OnError.poweroff.rawValue
    }
  }
}
