/// What keeps some bytes from being an ELF file that can be placed and started.
public enum ELF64Error: UInt8, Error {
  /// No "\x7fELF".
  case wrongMagic = 1
  /// Fewer bytes than the header has.
  case truncated = 2
  case not64Bit = 3
  case bigEndian = 4
  /// Not for AArch64.
  case otherMachine = 5
  /// ET_DYN: somebody would have to relocate it.
  case positionIndependent = 6
  /// Neither ET_EXEC nor ET_DYN.
  case notExecutable = 7
  case programHeaderSizeInvalid = 8
  /// More program headers than are looked at.
  case tooManyProgramHeaders = 9
  case programHeadersOutsideFile = 10
  /// A segment has more bytes in the file than in memory.
  case fileSizeAboveMemorySize = 11
  /// The file ends before a segment does.
  case segmentOutsideFile = 12
  /// A physical address of 2^48 or above.
  case addressTooHigh = 13
  /// A segment's virtual addresses end behind 2^64.
  case addressWraps = 14
  case segmentsOverlap = 15
  /// All segments together need more than 1 GiB.
  case tooLarge = 16
  /// Nothing is to be loaded.
  case segmentsMissing = 17
  /// The entry is no instruction in the file's bytes of an executable segment.
  case entryOutsideSegments = 18
}

/// A program for AArch64 that is loaded where it says (System V ABI, "ELF Header" and "Program
/// Header"; ELF for the Arm 64-bit Architecture).
///
///     [0x7f,"ELF"][class:u8=2][data:u8=1][…:10][type:u16le][machine:u16le=183][version:u32le]
///     [entry:u64le][phoff:u64le][shoff:u64le][flags:u32le][ehsize:u16le]
///     [phentsize:u16le=56][phnum:u16le][…:6]
///
/// A program header, phnum of them at phoff:
///
///     [type:u32le, 1=PT_LOAD][flags:u32le, bit 0=execute][offset:u64le][vaddr:u64le]
///     [paddr:u64le][filesz:u64le][memsz:u64le][align:u64le]
///
/// Its segments make one image: from the lowest `paddr` to the last byte that is in the file, zeros
/// where there is none.
public struct ELF64: Equatable, Sendable {
  public static let headerByteCount = 64
  public static let programHeaderByteCount = 56
  /// Segments are compared with each other: enough for any kernel, and soon done.
  public static let programHeaderCountMax = 64
  public static let addressEnd: UInt64 = 1 << 48
  public static let memoryByteCountMax: UInt64 = 1 << 30

  /// Where the image goes: the lowest physical address.
  public let address: UInt64
  /// Bytes of the image.
  public let imageByteCount: UInt64
  /// The same and the zeros behind it.
  public let memoryByteCount: UInt64
  /// The physical address of the first instruction.
  public let entry: UInt64

  public var entryOffset: UInt64 { entry - address }

  private let table: Range<Int>

  public init(parsing bytes: borrowing Span<UInt8>) throws(LocatedError<ELF64Error>) {
    table = try Self.programHeaders(bytes)
    var (low, high, fileEnd) = (UInt64.max, 0 as UInt64, 0 as UInt64)
    for header in Self.offsets(table) {
      guard let segment = try Segment(at: header, in: bytes) else { continue }
      for other in Self.offsets(table.lowerBound..<header) {
        guard let other = try Segment(at: other, in: bytes) else { continue }
        guard segment.end <= other.address || other.end <= segment.address else {
          throw .init(.segmentsOverlap, at: header)
        }
      }
      low = min(low, segment.address)
      high = max(high, segment.end)
      if segment.file.byteCount != 0 { fileEnd = max(fileEnd, segment.fileEnd) }
      guard high - low <= Self.memoryByteCountMax else { throw .init(.tooLarge, at: header) }
    }
    guard high > low else { throw .init(.segmentsMissing, at: 56) }
    address = low
    memoryByteCount = high - low
    entry = try Self.entry(bytes, table)
    // The entry is in the file's bytes, so there are some.
    imageByteCount = fileEnd - low
  }

  /// Copies the segments to where they lie in the image.
  ///
  /// - Parameters:
  ///   - bytes: what this was made of.
  ///   - image: `imageByteCount` bytes, all 0.
  public func copySegments(
    of bytes: borrowing Span<UInt8>, to image: inout MutableSpan<UInt8>
  ) {
    precondition(UInt64(image.count) == imageByteCount, "no room of just the image's size")
    for header in Self.offsets(table) {
      // Each was read before without an error.
      guard let segment = try? Segment(at: header, in: bytes) else { continue }
      let start = Int(segment.address - address)
      for index in 0..<segment.file.byteCount {
        image[start + index] = bytes[segment.file.offset + index]
      }
    }
  }

  private static func programHeaders(
    _ bytes: borrowing Span<UInt8>
  ) throws(LocatedError<ELF64Error>) -> Range<Int> {
    guard bytes.count >= 4, bytes.littleEndian(at: 0, as: UInt32.self) == 0x464c_457f else {
      throw .init(.wrongMagic, at: 0)
    }
    guard bytes.count >= headerByteCount else { throw .init(.truncated, at: bytes.count) }
    guard bytes[4] == 2 else { throw .init(.not64Bit, at: 4) }
    guard bytes[5] == 1 else { throw .init(.bigEndian, at: 5) }
    guard bytes.littleEndian(at: 18, as: UInt16.self) == 183 else {
      throw .init(.otherMachine, at: 18)
    }
    let type = bytes.littleEndian(at: 16, as: UInt16.self)
    guard type == 2 else { throw .init(type == 3 ? .positionIndependent : .notExecutable, at: 16) }
    let count = Int(bytes.littleEndian(at: 56, as: UInt16.self))
    guard count != 0 else { throw .init(.segmentsMissing, at: 56) }
    guard count <= programHeaderCountMax else { throw .init(.tooManyProgramHeaders, at: 56) }
    guard bytes.littleEndian(at: 54, as: UInt16.self) == programHeaderByteCount else {
      throw .init(.programHeaderSizeInvalid, at: 54)
    }
    let start = bytes.littleEndian(at: 32, as: UInt64.self)
    let byteCount = UInt64(count * programHeaderByteCount)
    guard let table = FileSection(offset: start, byteCount: byteCount, in: bytes) else {
      throw .init(.programHeadersOutsideFile, at: 32)
    }
    return table.offset..<(table.offset + table.byteCount)
  }

  private static func offsets(_ table: Range<Int>) -> StrideTo<Int> {
    stride(from: table.lowerBound, to: table.upperBound, by: programHeaderByteCount)
  }

  private static func entry(
    _ bytes: borrowing Span<UInt8>, _ table: Range<Int>
  ) throws(LocatedError<ELF64Error>) -> UInt64 {
    let virtual = bytes.littleEndian(at: 24, as: UInt64.self)
    for header in offsets(table) {
      guard let segment = try Segment(at: header, in: bytes), segment.isExecutable,
        virtual >= segment.virtualAddress
      else { continue }
      let offset = virtual - segment.virtualAddress
      // Instructions have four bytes and lie at multiples of that, where they run.
      guard segment.file.byteCount >= 4, offset <= UInt64(segment.file.byteCount - 4),
        (segment.address + offset) % 4 == 0
      else { continue }
      return segment.address + offset
    }
    throw .init(.entryOutsideSegments, at: 24)
  }

  /// What a program header says, checked by itself.
  private struct Segment {
    let isExecutable: Bool
    let virtualAddress: UInt64
    let address: UInt64
    let memoryByteCount: UInt64
    let file: FileSection

    var end: UInt64 { address + memoryByteCount }
    var fileEnd: UInt64 { address + UInt64(file.byteCount) }

    /// nil where nothing is to be loaded.
    init?(at header: Int, in bytes: borrowing Span<UInt8>) throws(LocatedError<ELF64Error>) {
      guard bytes.littleEndian(at: header, as: UInt32.self) == 1 else { return nil }
      isExecutable = bytes[header + 4] & 1 != 0
      let offset = bytes.littleEndian(at: header + 8, as: UInt64.self)
      virtualAddress = bytes.littleEndian(at: header + 16, as: UInt64.self)
      address = bytes.littleEndian(at: header + 24, as: UInt64.self)
      let byteCount = bytes.littleEndian(at: header + 32, as: UInt64.self)
      memoryByteCount = bytes.littleEndian(at: header + 40, as: UInt64.self)
      guard byteCount <= memoryByteCount else {
        throw .init(.fileSizeAboveMemorySize, at: header + 32)
      }
      guard memoryByteCount != 0 else { return nil }
      guard address < addressEnd else { throw .init(.addressTooHigh, at: header + 24) }
      guard memoryByteCount <= memoryByteCountMax else { throw .init(.tooLarge, at: header + 40) }
      // An address below 2^48 and at most 1 GiB: no sum of them wraps.
      guard address + memoryByteCount <= addressEnd else {
        throw .init(.addressTooHigh, at: header + 24)
      }
      guard virtualAddress <= .max - (memoryByteCount - 1) else {
        throw .init(.addressWraps, at: header + 16)
      }
      // Where nothing is in the file, its place in it means nothing.
      guard
        let file = byteCount == 0
          ? FileSection() : FileSection(offset: offset, byteCount: byteCount, in: bytes)
      else { throw .init(.segmentOutsideFile, at: header + 8) }
      self.file = file
    }
  }
}
