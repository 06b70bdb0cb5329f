import BootFormats
import CLZ4Boot
import Glibc

/// A self-extracting Image in memory: [header and stub][payload: LZ4 frame].
struct ImagePacking {
  let file: MappedMemory
  let layout: PackedImage

  init(kernel: KernelSource, stub: InputFile, level: Int, flags: UInt64) throws(CommandFailure) {
    let roomForFrame = FrameCompressor.byteCountMax(contentByteCount: kernel.image.byteCount)
    file = try MappedMemory(capacity: stub.byteCount + roomForFrame, for: kernel.name)
    file.append(stub.memory)
    // Before the slow part: a stub or a kernel that does not do is told at once.
    _ = try Self.layout(kernel: kernel, stub: stub, payloadByteCount: 1, flags: flags)
    let payloadByteCount = try appendFrame(
      of: kernel.image, level: level, to: file, name: kernel.name)
    let layout = try Self.layout(
      kernel: kernel, stub: stub, payloadByteCount: payloadByteCount, flags: flags)
    file.withMutableSpan { layout.write(to: &$0) }
    self.layout = layout
    try verify(kernel)
  }

  private static func layout(
    kernel: KernelSource, stub: InputFile, payloadByteCount: Int, flags: UInt64
  ) throws(CommandFailure) -> PackedImage {
    do {
      return try stub.memory.withSpan { (template) throws(PackedImageError) in
        try PackedImage(
          template: template, payloadByteCount: UInt64(payloadByteCount), kernel: kernel.header,
          kernelByteCount: UInt64(kernel.image.byteCount), flags: flags)
      }
    } catch {
      throw .refused(error, kernel: kernel, stub: stub)
    }
  }

  /// Decodes what is about to be written and compares it with the kernel.
  private func verify(_ kernel: KernelSource) throws(CommandFailure) {
    let decoded = try MappedMemory(capacity: kernel.image.byteCount, for: kernel.name)
    var status = lz4boot_status.ok
    unsafe file.withUnsafeBytes { bytes in
      let payload = unsafe UnsafeRawBufferPointer(rebasing: bytes[Int(layout.payloadOffset)...])
      unsafe decoded.append { target in
        var report = lz4boot_report()
        status = unsafe lz4boot_decode(
          payload.baseAddress, payload.count, target.baseAddress, target.count,
          lz4boot_flag_require_checksums.rawValue, &report)
        return Int(report.target_byte_count)
      }
    }
    guard status == .ok, decoded.holdsSameBytes(as: kernel.image) else {
      throw .refused(
        name: kernel.name, reason: "the packed kernel does not decode to itself; this is a bug")
    }
  }
}

extension MappedMemory {
  fileprivate func holdsSameBytes(as other: MappedMemory) -> Bool {
    unsafe withUnsafeBytes { bytes in
      unsafe other.withUnsafeBytes { otherBytes in
        unsafe bytes.count == otherBytes.count
          && memcmp(bytes.baseAddress!, otherBytes.baseAddress!, bytes.count) == 0
      }
    }
  }
}

extension CommandFailure {
  /// Says whose fault a layout is that does not work: the kernel's or the stub's.
  fileprivate static func refused(
    _ error: PackedImageError, kernel: KernelSource, stub: InputFile
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
          + "more than its image_size of \(kernel.header.imageSize)")
    case .imageTooLarge:
      .refused(name: kernel.name, reason: "kernel and payload together need 1 GiB or more")
    case .payloadEmpty:
      .refused(name: kernel.name, reason: "there is nothing to pack")
    }
  }
}
