import BootFormats

/// A self-extracting Image in memory: [header and stub][payload: LZ4 frame].
struct ImagePacking {
  let file: MappedMemory
  let layout: PackedImage
  let payload: CompressedFrame

  init(kernel: KernelSource, stub: InputFile, compression: CompressionOptions, flags: UInt64)
    throws(CommandFailure)
  {
    let form = compression.form(contentByteCount: kernel.image.byteCount)
    file = try MappedMemory(capacity: stub.byteCount + form.byteCountMax, for: kernel.name)
    file.append(stub.memory)
    // Before the slow part: a stub or a kernel that does not do is told at once.
    _ = try Self.layout(kernel: kernel, stub: stub, payloadByteCount: 1, flags: flags)
    payload = try CompressedFrame(
      form, of: kernel.image, appendedTo: file, name: kernel.name)
    let layout = try Self.layout(
      kernel: kernel, stub: stub, payloadByteCount: payload.byteCount, flags: flags)
    file.withMutableSpan { layout.write(to: &$0) }
    self.layout = layout
  }

  private static func layout(
    kernel: KernelSource, stub: InputFile, payloadByteCount: Int, flags: UInt64
  ) throws(CommandFailure) -> PackedImage {
    guard case .image(let header) = kernel.placement else {
      throw .refused(
        name: kernel.name, reason: "an ELF file, with an address of its own, is not packed yet")
    }
    do {
      return try stub.memory.withSpan { (template) throws(PackedImageError) in
        try PackedImage(
          template: template, payloadByteCount: UInt64(payloadByteCount), kernel: header,
          kernelByteCount: UInt64(kernel.image.byteCount), flags: flags)
      }
    } catch {
      throw .refused(error, kernel: kernel, imageSize: header.imageSize, stub: stub)
    }
  }
}

extension CommandFailure {
  /// Says whose fault a layout is that does not work: the kernel's or the stub's.
  fileprivate static func refused(
    _ error: PackedImageError, kernel: KernelSource, imageSize: UInt64, stub: InputFile
  ) -> CommandFailure {
    switch error {
    case .wrongMagic:
      .refused(name: stub.name, reason: "this is no stub of this version of lz4boot")
    case .truncated, .stubMisaligned, .layoutInconsistent:
      .refused(name: stub.name, reason: "the stub is damaged")
    case .kernelByteCountInvalid:
      .refused(
        name: kernel.name,
        reason: "the Image has \(kernel.image.byteCount) bytes, "
          + "more than its image_size of \(imageSize)")
    case .imageTooLarge:
      .refused(name: kernel.name, reason: "kernel and payload together need 1 GiB or more")
    case .payloadEmpty:
      .refused(name: kernel.name, reason: "there is nothing to pack")
    }
  }
}
