/// What keeps a self-extracting Image from being laid out, or a laid-out one from being believed.
public enum PackedImageError: UInt8, Error {
  /// The stub is no stub of this version: no "LZ4BOOT1" at 0x40.
  case wrongMagic = 1
  /// Fewer bytes than the descriptor needs, or than the stub says it has.
  case truncated = 2
  /// The stub's own sizes are not multiples of a page.
  case stubMisaligned = 3
  case payloadEmpty = 4
  /// The kernel's file is shorter than its header or longer than its `image_size`.
  case kernelByteCountInvalid = 5
  /// The whole would need 1 GiB or more, which the stub's translation tables do not cover.
  case imageTooLarge = 6
  /// The fields contradict each other.
  case layoutInconsistent = 7
}

/// Where everything lies in a self-extracting Image: the descriptor that `pack` writes and the
/// stub reads.
///
///     file    [Image header:64][descriptor:104][stub ...][payload: LZ4 frame]
///     memory  [stub][payload]  [work: stacks, state, tables] ...  [kernel, image_size bytes]
///             |     |          | 4 KiB                       |    | text_offset
///             0     4 KiB      work_offset                   target_offset, 2 MiB
///
/// Descriptor, at 0x40, all u64le, offsets from the start of the Image:
///
///     [magic:"LZ4BOOT1"][payload_offset][payload_byte_count][work_offset][target_offset]
///     [target_byte_count][kernel_image_size][kernel_text_offset][flags][work_byte_count]
///     [stub_byte_count][kernel_flags][reserved:0]
///
/// The linker fills in magic, work_byte_count and stub_byte_count. The rest of the layout follows
/// from the sizes, so the stub works it out again and refuses an Image that says otherwise.
public struct PackedImage: Equatable, Sendable {
  /// Where the descriptor lies: right behind the Image header.
  public static let descriptorOffset = Arm64Image.headerByteCount
  public static let descriptorByteCount = 13 * 8
  /// Bytes of `write(to:)`.
  public static let headByteCount = descriptorOffset + descriptorByteCount
  /// Granularity of access rights, and with it of everything that differs in them.
  public static let pageByteCount: UInt64 = 4096
  /// 1 GiB touches at most two level 1 tables and two level 2 tables, wherever it lies.
  public static let byteCountMax: UInt64 = 1 << 30
  /// `flags`: print a line with the time that each step took.
  public static let flagTiming: UInt64 = 1

  private static let magic: UInt64 = 0x3154_4f4f_4234_5a4c

  public let stubByteCount: UInt64
  public let payloadOffset: UInt64
  public let payloadByteCount: UInt64
  public let workOffset: UInt64
  public let workByteCount: UInt64
  public let targetOffset: UInt64
  /// Bytes of the kernel's file, which is what the payload decodes to.
  public let targetByteCount: UInt64
  public let kernelImageSize: UInt64
  public let kernelTextOffset: UInt64
  /// `flags` of the kernel's Image header.
  public let kernelFlags: UInt64
  public let flags: UInt64

  /// Where the kernel's first byte goes.
  public var kernelOffset: UInt64 { targetOffset + kernelTextOffset }
  /// Bytes from the start of the stub to the end of the kernel's memory: the `image_size` by which
  /// a loader reserves memory.
  public var byteCount: UInt64 { kernelOffset + kernelImageSize }
  /// Bytes of the packed file.
  public var fileByteCount: UInt64 { payloadOffset + payloadByteCount }

  /// Lays out an Image.
  ///
  /// - Parameters:
  ///   - template: the stub as the linker made it, all of it.
  ///   - payloadByteCount: bytes of the LZ4 frame, which follows the template in the file.
  ///   - kernel: the header of the kernel in the payload.
  ///   - kernelByteCount: bytes of the kernel's file.
  public init(
    template: borrowing Span<UInt8>, payloadByteCount: UInt64, kernel: Arm64Image,
    kernelByteCount: UInt64, flags: UInt64
  ) throws(PackedImageError) {
    let stub = try Fields(parsing: template)
    guard UInt64(template.count) == stub.stubByteCount else { throw .truncated }
    try self.init(
      stubByteCount: stub.stubByteCount, workByteCount: stub.workByteCount,
      payloadByteCount: payloadByteCount, kernel: kernel, kernelByteCount: kernelByteCount,
      flags: flags)
  }

  /// Reads the descriptor of a packed Image, of which `bytes` holds at least the head.
  public init(parsing bytes: borrowing Span<UInt8>) throws(PackedImageError) {
    let fields = try Fields(parsing: bytes)
    try self.init(
      stubByteCount: fields.stubByteCount, workByteCount: fields.workByteCount,
      payloadByteCount: fields.payloadByteCount,
      kernel: Arm64Image(
        code: 0, textOffset: fields.kernelTextOffset, imageSize: fields.kernelImageSize,
        flags: fields.kernelFlags),
      kernelByteCount: fields.targetByteCount, flags: fields.flags)
    guard
      fields.payloadOffset == payloadOffset, fields.workOffset == workOffset,
      fields.targetOffset == targetOffset
    else { throw .layoutInconsistent }
  }

  private init(
    stubByteCount: UInt64, workByteCount: UInt64, payloadByteCount: UInt64, kernel: Arm64Image,
    kernelByteCount: UInt64, flags: UInt64
  ) throws(PackedImageError) {
    let page = Self.pageByteCount
    guard stubByteCount != 0, stubByteCount % page == 0, workByteCount % page == 0 else {
      throw .stubMisaligned
    }
    guard payloadByteCount != 0 else { throw .payloadEmpty }
    guard kernelByteCount >= UInt64(Arm64Image.headerByteCount),
      kernelByteCount <= kernel.imageSize
    else { throw .kernelByteCountInvalid }
    // Each is below 1 GiB, so no sum of them comes near the end of 64 bits.
    guard
      stubByteCount < Self.byteCountMax, workByteCount < Self.byteCountMax,
      payloadByteCount < Self.byteCountMax, kernel.imageSize < Self.byteCountMax,
      kernel.textOffset < Arm64Image.baseAlignment
    else { throw .imageTooLarge }

    self.stubByteCount = stubByteCount
    self.workByteCount = workByteCount
    self.payloadByteCount = payloadByteCount
    self.flags = flags
    targetByteCount = kernelByteCount
    kernelImageSize = kernel.imageSize
    kernelTextOffset = kernel.textOffset
    kernelFlags = kernel.flags
    payloadOffset = stubByteCount
    workOffset = Self.roundUp(payloadOffset + payloadByteCount, to: page)
    targetOffset = Self.roundUp(workOffset + workByteCount, to: Arm64Image.baseAlignment)
    guard byteCount < Self.byteCountMax else { throw .imageTooLarge }
  }

  /// Writes the Image header and the descriptor over the head of a copy of the template.
  public func write(to bytes: inout MutableSpan<UInt8>) {
    precondition(bytes.count >= Self.headByteCount, "no room for the descriptor")
    // The stub has its own first instructions and needs no offset. What the kernel says about its
    // page size and placement holds for the whole.
    let code = bytes.span.littleEndian(at: 0, as: UInt64.self)
    Arm64Image(code: code, textOffset: 0, imageSize: byteCount, flags: kernelFlags)
      .write(to: &bytes)
    let fields: [13 of UInt64] = [
      Self.magic, payloadOffset, payloadByteCount, workOffset, targetOffset, targetByteCount,
      kernelImageSize, kernelTextOffset, flags, workByteCount, stubByteCount, kernelFlags, 0,
    ]
    for index in fields.indices {
      bytes.setLittleEndian(fields[index], at: Self.descriptorOffset + 8 * index)
    }
  }

  private static func roundUp(_ value: UInt64, to alignment: UInt64) -> UInt64 {
    (value + alignment - 1) & ~(alignment - 1)
  }

  /// The descriptor as it is written, believed by nobody yet.
  private struct Fields {
    let payloadOffset, payloadByteCount, workOffset, targetOffset, targetByteCount: UInt64
    let kernelImageSize, kernelTextOffset, flags, workByteCount, stubByteCount: UInt64
    let kernelFlags: UInt64

    init(parsing bytes: borrowing Span<UInt8>) throws(PackedImageError) {
      guard bytes.count >= headByteCount else { throw .truncated }
      var fields: [13 of UInt64] = .init(repeating: 0)
      for index in fields.indices {
        fields[index] = bytes.littleEndian(at: descriptorOffset + 8 * index, as: UInt64.self)
      }
      guard fields[0] == magic else { throw .wrongMagic }
      payloadOffset = fields[1]
      payloadByteCount = fields[2]
      workOffset = fields[3]
      targetOffset = fields[4]
      targetByteCount = fields[5]
      kernelImageSize = fields[6]
      kernelTextOffset = fields[7]
      flags = fields[8]
      workByteCount = fields[9]
      stubByteCount = fields[10]
      kernelFlags = fields[11]
    }
  }
}
