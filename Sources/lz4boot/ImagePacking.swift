import BootFormats
import CLZ4Boot
import CLibSodium

/// A self-extracting Image in memory, part by part as `PackedImage` lays it out.
struct ImagePacking {
  let file: MappedMemory
  let layout: PackedImage
  let payload: CompressedFrame
  let initrd: CompressedFrame?

  init(
    kernel: KernelSource, stub: InputFile, compression: CompressionOptions, extras: PackExtras
  ) throws(CommandFailure) {
    let form = compression.form(contentByteCount: kernel.image.byteCount).forStub
    let initrdForm = extras.initrd.map { form.of(contentByteCount: $0.byteCount) }
    let room =
      stub.byteCount + form.byteCountMax + (initrdForm?.byteCountMax ?? 0)
      + (extras.tree?.byteCount ?? 0) + extras.append.utf8.count + 4096
    file = try MappedMemory(capacity: room, for: kernel.name)
    file.append(stub.memory)
    // Before the slow part: a stub or a kernel that does not do is told at once.
    var parts = PackedImage.Parts(
      kernel: .init(byteCount: 1, contentByteCount: UInt64(kernel.image.byteCount)),
      placement: kernel.placement, blockShift: form.blocks.size.shift)
    parts.flags = extras.flags
    parts.initrd = extras.initrd.map { .init(byteCount: 1, contentByteCount: UInt64($0.byteCount)) }
    parts.treeByteCount = UInt64(extras.tree?.byteCount ?? 0)
    parts.appendByteCount = UInt64(extras.append.utf8.count)
    _ = try Self.layout(parts, kernel: kernel, stub: stub)

    payload = try CompressedFrame(form, of: kernel.image, appendedTo: file, name: kernel.name)
    parts.kernel.byteCount = UInt64(payload.byteCount)
    // What is in front of the initrd does not depend on it.
    let place = Int(try Self.layout(parts, kernel: kernel, stub: stub)[.treeOffset])
    if let tree = extras.tree {
      file.pad(to: place)
      file.append(tree.memory)
    }
    file.append(extras.append.utf8)
    if let content = extras.initrd, let initrdForm {
      let frame = try CompressedFrame(
        initrdForm, of: content.memory, appendedTo: file, name: content.name)
      parts.initrd?.byteCount = UInt64(frame.byteCount)
      initrd = frame
    } else {
      initrd = nil
    }
    layout = try Self.layout(parts, kernel: kernel, stub: stub)
    file.pad(to: Int(layout.fileByteCount))
    seal(key: extras.key)
  }

  /// Completes what the stub checks before it believes anything: the checksum of what follows it and
  /// is in no block, the digest of all that does, the signature of the head with both in it, the
  /// checksum of head and stub.
  private func seal(key: SigningKey?) {
    let layout = layout
    file.withMutableSpan { layout.write(to: &$0) }
    let tree = Int(layout[.treeOffset])
    let checked = layout.checkedByteCount
    set(
      UInt64(xxh32(tree..<tree + Int(checked))) | checked << 32, for: .treeChecksum)
    if layout[.flags] & PackedImage.flagSHA256 != 0 {
      let start = Int(layout[.payloadOffset])
      let covered = start..<start + Int(layout[.coveredByteCount])
      file.replace(at: PackedImage.offset(of: .sha256), with: sha256(covered))
    }
    if let key {
      file.replace(at: PackedImage.offset(of: .publicKey), with: key.publicKey)
      let head = unsafe file.withUnsafeBytes { unsafe [UInt8]($0[..<PackedImage.checksumOffset]) }
      file.replace(at: Int(layout[.signatureOffset]), with: key.sign(head))
    }
    let first = unsafe file.withUnsafeBytes { unsafe $0.loadUnaligned(as: UInt32.self) }
    let head = xxh32(4..<PackedImage.checksumOffset, seed: UInt32(littleEndian: first))
    let firstBlock = Int(layout[.payloadOffset] + PackedImage.frameHeaderByteCount)
    set(UInt64(xxh32(PackedImage.headByteCount..<firstBlock, seed: head)), for: .checksum)
  }

  private func set(_ value: UInt64, for field: PackedImage.Field) {
    file.withMutableSpan { PackedImage.set(value, for: field, in: &$0) }
  }

  private func xxh32(_ range: Range<Int>, seed: UInt32 = 0) -> UInt32 {
    unsafe file.withUnsafeBytes { bytes in
      unsafe lz4boot_xxh32(bytes.baseAddress! + range.lowerBound, range.count, seed)
    }
  }

  private func sha256(_ range: Range<Int>) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
    unsafe file.withUnsafeBytes { bytes in
      _ = unsafe crypto_hash_sha256(
        &digest, bytes.baseAddress! + range.lowerBound, UInt64(range.count))
    }
    return digest
  }

  private static func layout(
    _ parts: PackedImage.Parts, kernel: KernelSource, stub: InputFile
  ) throws(CommandFailure) -> PackedImage {
    do {
      return try stub.memory.withSpan { (template) throws(PackedImageError) in
        try PackedImage(template: template, parts: parts)
      }
    } catch {
      throw .refused(error, kernel: kernel, stub: stub)
    }
  }
}

/// What is packed beside the kernel.
struct PackExtras {
  var initrd: InputFile?
  var tree: InputFile?
  /// For the command line.
  var append = ""
  var key: SigningKey?
  var flags: UInt64 = 0
}

extension CommandFailure {
  /// Says whose fault a layout is that does not work: the kernel's or the stub's.
  fileprivate static func refused(
    _ error: PackedImageError, kernel: KernelSource, stub: InputFile
  ) -> CommandFailure {
    switch error {
    case .wrongMagic:
      .refused(name: stub.name, reason: "this is no stub of this version of lz4boot")
    case .signingDiffers:
      .refused(
        name: stub.name,
        reason: "--sign-key needs lz4boot-signed.stub, which starts nothing that is not signed")
    case .truncated, .stubMisaligned:
      .refused(name: stub.name, reason: "the stub is damaged")
    case .kernelByteCountInvalid:
      .refused(
        name: kernel.name,
        reason: "the Image has \(kernel.image.byteCount) bytes, "
          + "more than its image_size of \(kernel.placement.memoryByteCount)")
    case .imageTooLarge:
      .refused(name: kernel.name, reason: "all that is packed needs 1 GiB or more together")
    case .payloadEmpty:
      .refused(name: kernel.name, reason: "there is nothing to pack")
    case .addressInvalid:
      .refused(name: kernel.name, reason: "the program does not lie below 2^48 bytes, or lies at 0")
    }
  }
}
