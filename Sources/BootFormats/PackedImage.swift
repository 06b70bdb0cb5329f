/// What keeps a self-extracting Image from being laid out.
public enum PackedImageError: UInt8, Error {
  /// The stub is no stub of this version: no "LZ4BOOT3" at 0x40.
  case wrongMagic = 1
  /// Fewer bytes than the descriptor needs, or than the stub says it has.
  case truncated = 2
  /// The stub's own sizes are not multiples of a page.
  case stubMisaligned = 3
  /// There is no payload, or an initrd of no bytes.
  case payloadEmpty = 4
  /// The kernel's file is shorter than its header or longer than the memory it is given.
  case kernelByteCountInvalid = 5
  /// The whole would need 1 GiB or more, which the stub's translation tables do not cover.
  case imageTooLarge = 6
  /// A program lies at 0, or not in the 48 bits that the stub translates.
  case addressInvalid = 7
  /// The stub verifies signatures and there is none to be, or the other way round.
  case signingDiffers = 8
}

/// Where everything lies in a self-extracting Image: the descriptor that `pack` writes and the
/// stub reads.
///
///     file    [Image header:64][descriptor:288][stub ...][kernel: LZ4 frame]
///             [device tree][text for bootargs][initrd: LZ4 frame][signature]
///     memory  [stub][all that follows in the file]  [work area][trees] [kernel]     [initrd]
///             |     |                               | 4 KiB            | 2 MiB      | 4 KiB
///             0     payload_offset                  work_offset        target_offset + text_offset
///
/// The fields of the descriptor, at 0x40, are u64le; offsets count from the start of the Image, and
/// are 0 where there is no such part. The stub believes all of them once the checksum is right.
public struct PackedImage: Sendable {
  /// The number of a field. The linker fills in magic, workByteCount, stubByteCount and, of flags,
  /// flagSigned.
  public enum Field: Int, Sendable {
    /// "LZ4BOOT3"
    case magic
    case payloadOffset, payloadByteCount
    case workOffset
    /// A multiple of 2 MiB. Where the kernel says so its first byte lies `text_offset` behind it.
    case targetOffset
    /// Bytes of the kernel's file, which is what the payload decodes to.
    case targetByteCount
    /// Bytes of memory that the kernel takes, from its first.
    case kernelImageSize
    case kernelTextOffset
    /// `flag…`, and in bits 8 and 9 an `OnError`.
    case flags
    case workByteCount, stubByteCount
    /// `flags` of the kernel's Image header.
    case kernelFlags
    /// Not 0: where the kernel has to lie, as it is a program that runs at one address only.
    case fixedAddress
    /// Where it is entered, from its first byte.
    case entryOffset
    /// log2 of the bytes of a block, of kernel and initrd.
    case blockShift
    case initrdOffset, initrdByteCount
    case initrdTargetOffset, initrdTargetByteCount
    /// The device tree in the file, at a multiple of 8, and behind it text for the kernel's command
    /// line, without a NUL, and then the initrd: where the first of them starts.
    case treeOffset, treeByteCount
    /// Where the loader's device tree is copied to, behind the work area, and how much room there is;
    /// as much again follows, for one with changes.
    case treeCopyOffset, treeCopyByteCount
    /// XXH32 of device tree, text and the header of the initrd's frame; in the upper half, of how many
    /// bytes that is.
    case treeChecksum
    case appendByteCount
    /// Of what the digest covers; as four fields.
    case sha256
    /// Of the signature, 64 bytes; the message is everything in front of the checksum.
    case signatureOffset = 29
    /// Bytes from payloadOffset on: all of the file but for the signature.
    case coveredByteCount
    /// The Ed25519 key; as four fields.
    case publicKey
    /// XXH32 of everything from behind this field to the kernel's first block. Its seed is the XXH32 of
    /// everything in front of it, whose seed in turn are the first four bytes: they may lie at address
    /// 0, where the decoder takes nothing from.
    case checksum = 35
  }

  /// Where the descriptor lies: right behind the Image header.
  public static let descriptorOffset = Arm64Image.headerByteCount
  public static let fieldCount = 36
  /// Image header and descriptor.
  public static let headByteCount = descriptorOffset + 8 * fieldCount
  public static let checksumOffset = offset(of: .checksum)
  /// Granularity of access rights, and with it of everything that differs in them.
  public static let pageByteCount: UInt64 = 4096
  /// 1 GiB touches at most two level 1 tables and two level 2 tables, wherever it lies.
  public static let byteCountMax: UInt64 = 1 << 30
  /// What the stub's translation tables translate.
  public static let addressMax: UInt64 = 1 << 48
  /// Of both frames: independent blocks with checksums, content size, and no checksum of the
  /// content. [magic:u32le][FLG][BD][content size:u64le][HC]
  public static let frameHeaderByteCount: UInt64 = 15
  public static let signatureByteCount: UInt64 = 64

  /// Print a line with the time that each step took, and put the times into the device tree.
  public static let flagTiming: UInt64 = 1 << 0
  /// Print a line at the start.
  public static let flagVerbose: UInt64 = 1 << 1
  /// Hand over the initrd of this Image even if the loader brings one.
  public static let flagInitrdWins: UInt64 = 1 << 2
  /// Verify the digest.
  public static let flagSHA256: UInt64 = 1 << 3
  /// There is a signature. The stub that verifies it has this from the start.
  public static let flagSigned: UInt64 = 1 << 4

  /// What to do when no kernel can be entered.
  public enum OnError: UInt64, Sendable {
    case halt = 0
    case reset = 1
    case poweroff = 2

    /// Its place in the flags.
    public static let shift: UInt64 = 8
  }

  private static let magic: UInt64 = 0x3354_4f4f_4234_5a4c
  /// For the trees of boards, which have some ten to a hundred kilobytes.
  private static let treeCopyByteCountMin: UInt64 = 512 << 10
  /// For what is added to one that is packed: a command line and some numbers.
  public static let treeRoomByteCount: UInt64 = 64 << 10

  /// How many bytes there are for a changed copy of a packed device tree, or of the loader's. It holds
  /// the tree and its structure once more, and the kernel takes none that is larger than 2 MiB.
  public static func treeCopyByteCount(ofTree byteCount: UInt64) -> UInt64 {
    min(
      UInt64(FlattenedDeviceTree.byteCountMax),
      max(treeCopyByteCountMin, roundUp(2 * byteCount + treeRoomByteCount, to: pageByteCount)))
  }

  /// A frame in the file.
  public struct Frame: Equatable, Sendable {
    public var byteCount: UInt64
    public var contentByteCount: UInt64

    public init(byteCount: UInt64, contentByteCount: UInt64) {
      self.byteCount = byteCount
      self.contentByteCount = contentByteCount
    }
  }

  /// Where the kernel goes.
  public enum Placement: Equatable, Sendable {
    /// Behind the stub, by the arm64 boot protocol.
    case image(Arm64Image)
    /// To where it is linked.
    case fixed(address: UInt64, memoryByteCount: UInt64, entryOffset: UInt64)

    /// Bytes of memory that it takes, from its first.
    public var memoryByteCount: UInt64 {
      switch self {
      case .image(let kernel): kernel.imageSize
      case .fixed(_, let memoryByteCount, _): memoryByteCount
      }
    }
  }

  /// What is packed.
  public struct Parts: Sendable {
    public var kernel: Frame
    public var placement: Placement
    public var blockShift: UInt64
    public var initrd: Frame?
    public var treeByteCount: UInt64 = 0
    public var appendByteCount: UInt64 = 0
    public var flags: UInt64 = 0

    public init(kernel: Frame, placement: Placement, blockShift: UInt64) {
      self.kernel = kernel
      self.placement = placement
      self.blockShift = blockShift
    }
  }

  private var fields: [36 of UInt64] = .init(repeating: 0)
  /// Bytes from the start of the stub to the end of what it places behind itself: the `image_size`
  /// by which a loader reserves memory.
  public private(set) var byteCount: UInt64 = 0
  /// Bytes of the packed file.
  public private(set) var fileByteCount: UInt64 = 0

  /// Of how many bytes, from `treeOffset` on, `treeChecksum` is.
  public var checkedByteCount: UInt64 {
    self[.treeByteCount] + self[.appendByteCount]
      + (self[.initrdByteCount] > 0 ? Self.frameHeaderByteCount : 0)
  }

  public private(set) subscript(field: Field) -> UInt64 {
    get { fields[field.rawValue] }
    set { fields[field.rawValue] = newValue }
  }

  /// From the start of the Image.
  public static func offset(of field: Field) -> Int { descriptorOffset + 8 * field.rawValue }

  /// Whether these are the first bytes of a packed Image, of any version.
  public static func isPacked(_ bytes: borrowing Span<UInt8>) -> Bool {
    guard bytes.count >= descriptorOffset + 8 else { return false }
    let found = bytes.littleEndian(at: descriptorOffset, as: UInt64.self)
    // All but the last character, the version.
    return (found ^ magic) << 8 == 0
  }

  /// Lays out an Image.
  ///
  /// - Parameter template: the stub as the linker made it, all of it.
  public init(template: borrowing Span<UInt8>, parts: Parts) throws(PackedImageError) {
    guard template.count >= Self.headByteCount else { throw .truncated }
    let ofLinker: [3 of Field] = [.magic, .workByteCount, .stubByteCount]
    for index in ofLinker.indices {
      self[ofLinker[index]] = template.littleEndian(
        at: Self.offset(of: ofLinker[index]), as: UInt64.self)
    }
    guard self[.magic] == Self.magic else { throw .wrongMagic }
    let stubFlags = template.littleEndian(at: Self.offset(of: .flags), as: UInt64.self)
    guard stubFlags & ~Self.flagSigned == 0 else { throw .wrongMagic }
    guard stubFlags == parts.flags & Self.flagSigned else { throw .signingDiffers }
    let (stub, work) = (self[.stubByteCount], self[.workByteCount])
    guard UInt64(template.count) == stub else { throw .truncated }
    let page = Self.pageByteCount
    guard stub % page == 0, work % page == 0, work != 0, work < Self.byteCountMax else {
      throw .stubMisaligned
    }
    // Each is below 1 GiB, so no sum of them comes near the end of 64 bits.
    let initrd = parts.initrd ?? Frame(byteCount: 1, contentByteCount: 1)
    let sizes: [7 of UInt64] = [
      stub, parts.kernel.byteCount, parts.kernel.contentByteCount, parts.treeByteCount,
      parts.appendByteCount, initrd.byteCount, initrd.contentByteCount,
    ]
    for index in sizes.indices where sizes[index] >= Self.byteCountMax { throw .imageTooLarge }
    guard parts.kernel.byteCount > 0, initrd.byteCount > 0, initrd.contentByteCount > 0 else {
      throw .payloadEmpty
    }

    self[.flags] = parts.flags
    self[.blockShift] = parts.blockShift
    layOutFile(parts, behind: stub)
    try place(parts)
  }

  /// The parts of the file, one behind the other.
  private mutating func layOutFile(_ parts: Parts, behind stubByteCount: UInt64) {
    fileByteCount = stubByteCount
    func take(_ count: UInt64, alignment: UInt64 = 1) -> UInt64 {
      let start = Self.roundUp(fileByteCount, to: alignment)
      fileByteCount = start + count
      return start
    }
    self[.payloadOffset] = take(parts.kernel.byteCount)
    self[.payloadByteCount] = parts.kernel.byteCount
    self[.targetByteCount] = parts.kernel.contentByteCount
    let extras = parts.treeByteCount + parts.appendByteCount
    if extras > 0 || parts.initrd != nil {
      self[.treeOffset] = take(extras, alignment: parts.treeByteCount > 0 ? 8 : 1)
      self[.treeByteCount] = parts.treeByteCount
      self[.appendByteCount] = parts.appendByteCount
    }
    if let initrd = parts.initrd {
      self[.initrdOffset] = take(initrd.byteCount)
      self[.initrdByteCount] = initrd.byteCount
      self[.initrdTargetByteCount] = initrd.contentByteCount
    }
    self[.coveredByteCount] = fileByteCount - stubByteCount
    if parts.flags & Self.flagSigned != 0 {
      self[.signatureOffset] = take(Self.signatureByteCount, alignment: 8)
    }
  }

  /// Work area, tree, kernel and initrd, in memory behind the file.
  private mutating func place(_ parts: Parts) throws(PackedImageError) {
    let page = Self.pageByteCount
    self[.workOffset] = Self.roundUp(fileByteCount, to: page)
    self[.treeCopyOffset] = self[.workOffset] + self[.workByteCount]
    self[.treeCopyByteCount] = Self.treeCopyByteCount(ofTree: parts.treeByteCount)
    var end = self[.treeCopyOffset] + 2 * self[.treeCopyByteCount]
    switch parts.placement {
    case .image(let kernel):
      guard parts.kernel.contentByteCount >= UInt64(Arm64Image.headerByteCount),
        parts.kernel.contentByteCount <= kernel.imageSize
      else { throw .kernelByteCountInvalid }
      guard kernel.imageSize < Self.byteCountMax, kernel.textOffset < Arm64Image.baseAlignment
      else { throw .imageTooLarge }
      self[.kernelImageSize] = kernel.imageSize
      self[.kernelTextOffset] = kernel.textOffset
      self[.kernelFlags] = kernel.flags
      self[.targetOffset] = Self.roundUp(end, to: Arm64Image.baseAlignment)
      end = self[.targetOffset] + kernel.textOffset + kernel.imageSize
    case .fixed(let address, let memoryByteCount, let entryOffset):
      guard parts.kernel.contentByteCount > 0, parts.kernel.contentByteCount <= memoryByteCount,
        entryOffset < memoryByteCount
      else { throw .kernelByteCountInvalid }
      guard memoryByteCount < Self.byteCountMax else { throw .imageTooLarge }
      guard address != 0, address < Self.addressMax - Self.byteCountMax
      else { throw .addressInvalid }
      self[.fixedAddress] = address
      self[.kernelImageSize] = memoryByteCount
      self[.entryOffset] = entryOffset
      // Little-endian, pages of 4 KiB, at any 2 MiB boundary.
      self[.kernelFlags] = 0b1010
    }
    if let initrd = parts.initrd {
      self[.initrdTargetOffset] = Self.roundUp(end, to: page)
      end = self[.initrdTargetOffset] + initrd.contentByteCount
    }
    byteCount = Self.roundUp(end, to: page)
    guard byteCount < Self.byteCountMax else { throw .imageTooLarge }
  }

  /// Writes one more field, of those that need the bytes that are already written.
  public static func set(
    _ value: UInt64, for field: Field, at index: Int = 0,
    in bytes: inout MutableSpan<UInt8>
  ) {
    bytes.setLittleEndian(value, at: offset(of: field) + 8 * index)
  }

  /// Writes the Image header and the descriptor over the head of a copy of the template. Digest and
  /// checksums are left 0.
  public func write(to bytes: inout MutableSpan<UInt8>) {
    precondition(bytes.count >= Self.headByteCount, "no room for the descriptor")
    // The stub has its own first instructions and needs no offset. What the kernel says about its
    // page size and placement holds for the whole.
    let code = bytes.span.littleEndian(at: 0, as: UInt64.self)
    Arm64Image(code: code, textOffset: 0, imageSize: byteCount, flags: self[.kernelFlags])
      .write(to: &bytes)
    for index in fields.indices {
      bytes.setLittleEndian(fields[index], at: Self.descriptorOffset + 8 * index)
    }
  }

  private static func roundUp(_ value: UInt64, to alignment: UInt64) -> UInt64 {
    (value + alignment - 1) & ~(alignment - 1)
  }
}
