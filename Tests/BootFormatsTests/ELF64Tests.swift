import Testing

@testable import BootFormats

@Suite struct ELF64Tests {
  typealias Failure = LocatedError<ELF64Error>
  typealias Segment = KernelFileBuilder.Segment

  /// Code, something that is not loaded, a gap, data with zeros behind it, and zeros in front.
  static let segments = [
    Segment(virtualAddress: 0x9_0000, address: 0x4008_0000, content: [1, 2, 3, 4, 5, 6, 7, 8]),
    Segment(type: 4, address: .max, content: [9, 9]),
    Segment(flags: 6, address: 0x4008_0020, content: [10, 11, 12], zeroByteCount: 0x100),
    Segment(flags: 6, address: 0x4007_fff0, content: [], zeroByteCount: 4),
  ]
  static let good = KernelFileBuilder.elf(segments, entry: 0x9_0004)

  static func error(_ bytes: [UInt8]) -> Failure? {
    do throws(Failure) {
      _ = try ELF64(parsing: bytes.span)
      return nil
    } catch {
      return error
    }
  }

  static func error(_ segments: [Segment], entry: UInt64? = nil) -> Failure? {
    error(KernelFileBuilder.elf(segments, entry: entry ?? segments[0].address))
  }

  static func error(_ value: some FixedWidthInteger, at offset: Int) -> Failure? {
    var bytes = good
    KernelFileBuilder.set(value, at: offset, in: &bytes)
    return error(bytes)
  }

  static func image(_ program: ELF64, of bytes: [UInt8]) -> [UInt8] {
    var image = [UInt8](repeating: 0, count: Int(program.imageByteCount))
    var span = image.mutableSpan
    program.copySegments(of: bytes.span, to: &span)
    return image
  }

  @Test func placesWhatIsToBeLoadedByItsPhysicalAddress() throws {
    let program = try ELF64(parsing: Self.good.span)
    #expect(program.address == 0x4007_fff0)
    #expect(program.imageByteCount == 0x33)
    #expect(program.memoryByteCount == 0x30 + 3 + 0x100)
    #expect(program.entry == 0x4008_0004)
    #expect(program.entryOffset == 0x14)
  }

  @Test func makesOneImageWithZerosInTheGaps() throws {
    let program = try ELF64(parsing: Self.good.span)
    let gap = [UInt8](repeating: 0, count: 24)
    let front = [UInt8](repeating: 0, count: 16)
    let expected = front + [1, 2, 3, 4, 5, 6, 7, 8] + gap + [10, 11, 12]
    #expect(Self.image(program, of: Self.good) == expected)
  }

  @Test func zerosAtTheEndAreMemoryOnly() throws {
    let bytes = KernelFileBuilder.elf(
      [
        Segment(address: 0x1000, content: [1, 2, 3, 4]),
        Segment(flags: 6, address: 0x2000, content: [], zeroByteCount: 0x100),
      ], entry: 0x1000)
    let program = try ELF64(parsing: bytes.span)
    #expect(program.imageByteCount == 4)
    #expect(program.memoryByteCount == 0x1100)
  }

  @Test func refusesEveryTruncation() {
    for count in 0..<Self.good.count {
      let failure = Self.error([UInt8](Self.good.prefix(count)))
      switch count {
      case ..<4: #expect(failure == .init(.wrongMagic, at: 0))
      case ..<64: #expect(failure == .init(.truncated, at: count))
      case ..<(64 + 4 * 56): #expect(failure == .init(.programHeadersOutsideFile, at: 32))
      default: #expect(failure?.cause == .segmentOutsideFile)
      }
    }
  }

  @Test func refusesOtherKindsOfFiles() {
    #expect(Self.error(1 as UInt8, at: 4) == .init(.not64Bit, at: 4))
    #expect(Self.error(2 as UInt8, at: 5) == .init(.bigEndian, at: 5))
    #expect(Self.error(40 as UInt16, at: 18) == .init(.otherMachine, at: 18))
    #expect(Self.error(183 << 8 as UInt16, at: 18) == .init(.otherMachine, at: 18))
    #expect(Self.error(3 as UInt16, at: 16) == .init(.positionIndependent, at: 16))
    for type: UInt16 in [0, 1, 4, 0x0200, 0x0302] {
      #expect(Self.error(type, at: 16) == .init(.notExecutable, at: 16))
    }
    for offset in 0..<4 {
      #expect(Self.error(0 as UInt8, at: offset) == .init(.wrongMagic, at: 0))
    }
  }

  @Test func refusesTablesThatAreNone() {
    #expect(Self.error(0 as UInt16, at: 56) == .init(.segmentsMissing, at: 56))
    #expect(Self.error(65 as UInt16, at: 56) == .init(.tooManyProgramHeaders, at: 56))
    #expect(Self.error(.max as UInt16, at: 56) == .init(.tooManyProgramHeaders, at: 56))
    #expect(Self.error(64 as UInt16, at: 56) == .init(.programHeadersOutsideFile, at: 32))
    #expect(Self.error(32 as UInt16, at: 54) == .init(.programHeaderSizeInvalid, at: 54))
    for start in [UInt64(Self.good.count), 1 << 63, .max, .max - 4 * 56 + 1] {
      #expect(Self.error(start, at: 32) == .init(.programHeadersOutsideFile, at: 32))
    }
  }

  @Test func takesTheMostProgramHeadersThatItLooksAt() throws {
    let segments = (0..<64).map {
      Segment(address: 0x1000 + 16 * UInt64($0), content: [0, 0, 0, 0])
    }
    #expect(Self.error(segments) == nil)
    #expect(Self.error(segments + segments) == .init(.tooManyProgramHeaders, at: 56))
  }

  @Test func refusesSegmentsThatAreNotInTheFile() {
    let header = 64 + 2 * 56
    let start = UInt64(Self.good.count - 3)
    for offset in [start + 1, UInt64(Self.good.count), 1 << 63, .max, .max - 2] {
      #expect(Self.error(offset, at: header + 8) == .init(.segmentOutsideFile, at: header + 8))
    }
    #expect(Self.error(4 as UInt64, at: header + 32) == .init(.segmentOutsideFile, at: header + 8))
    // Where nothing is in the file, its place in it means nothing.
    #expect(Self.error(.max as UInt64, at: 64 + 3 * 56 + 8) == nil)
  }

  @Test func refusesMoreBytesInTheFileThanInMemory() {
    for size in [0x104, 1 << 40, .max] as [UInt64] {
      #expect(
        Self.error(size, at: 64 + 2 * 56 + 32)
          == .init(.fileSizeAboveMemorySize, at: 64 + 2 * 56 + 32))
    }
  }

  @Test func refusesAddressesThatNoCoreHas() {
    let limit: UInt64 = 1 << 48
    let code = [UInt8](repeating: 0, count: 16)
    #expect(Self.error([Segment(address: limit - 16, content: code)]) == nil)
    // As a vmlinux has them.
    for address in [limit - 15, limit, 0xffff_8000_8000_0000, .max - 15, .max] {
      #expect(
        Self.error([Segment(virtualAddress: 0, address: address, content: code)], entry: 0)
          == .init(.addressTooHigh, at: 64 + 24))
    }
    for address in [UInt64.max - 14, .max] {
      #expect(
        Self.error([Segment(virtualAddress: address, address: 0, content: code)], entry: 0)
          == .init(.addressWraps, at: 64 + 16))
    }
    let top = UInt64.max - 15
    #expect(
      Self.error([Segment(virtualAddress: top, address: 0, content: code)], entry: top) == nil)
  }

  @Test func refusesSegmentsThatOverlap() {
    let code = [UInt8](repeating: 0, count: 16)
    func pair(_ second: UInt64, zeros: UInt64 = 0) -> [Segment] {
      [
        Segment(address: 0x1000, content: code, zeroByteCount: zeros),
        Segment(address: second, content: code),
      ]
    }
    for second in [0x0ff0, 0x1010] as [UInt64] { #expect(Self.error(pair(second)) == nil) }
    for second in [0x0ff1, 0x1000, 0x100f] as [UInt64] {
      #expect(Self.error(pair(second)) == .init(.segmentsOverlap, at: 64 + 56))
    }
    #expect(Self.error(pair(0x1010, zeros: 1)) == .init(.segmentsOverlap, at: 64 + 56))
    // One inside another.
    #expect(Self.error(pair(0x2000, zeros: 0x10_0000)) == .init(.segmentsOverlap, at: 64 + 56))
  }

  @Test func refusesMoreThanOneGiB() {
    let gibi: UInt64 = 1 << 30
    let code = [UInt8](repeating: 0, count: 16)
    #expect(Self.error([Segment(address: 0, content: code, zeroByteCount: gibi - 16)]) == nil)
    for zeros in [gibi - 15, 1 << 62, .max - 16] as [UInt64] {
      #expect(
        Self.error([Segment(address: 0, content: code, zeroByteCount: zeros)])
          == .init(.tooLarge, at: 64 + 40))
    }
    let first = Segment(address: 0, content: code)
    #expect(Self.error([first, Segment(address: gibi - 16, content: code)]) == nil)
    #expect(
      Self.error([first, Segment(address: gibi - 15, content: code)])
        == .init(.tooLarge, at: 64 + 56))
  }

  @Test func refusesFilesThatLoadNothing() {
    #expect(
      Self.error([Segment(type: 4, address: 0, content: [1, 2, 3, 4])])
        == .init(.segmentsMissing, at: 56))
    #expect(Self.error([Segment(address: 0, content: [])]) == .init(.segmentsMissing, at: 56))
  }

  @Test func aSegmentWithoutMemoryMeansNothing() {
    #expect(
      Self.error([Segment(address: 8, content: [1, 2, 3, 4]), Segment(address: .max, content: [])])
        == nil)
  }

  @Test func theEntryIsAnInstructionInAnExecutableSegment() {
    func entry(_ entry: UInt64) -> Failure? { Self.error(entry, at: 24) }
    #expect(entry(0x9_0000) == nil)
    let outside: [UInt64] = [
      0x8_ffff, 0x8_fffc, 0x9_0005, 0x9_0006, 0x9_0008, 0x9_0002, 0x4008_0020, 0x4008_0000, 0, .max,
    ]
    for value in outside { #expect(entry(value) == .init(.entryOutsideSegments, at: 24)) }
    // Zeros are no instruction.
    #expect(
      Self.error([Segment(address: 0, content: [], zeroByteCount: 64)])
        == .init(.entryOutsideSegments, at: 24))
    // Nor is what is cut off, or what may not be executed.
    let code = [UInt8](repeating: 0, count: 7)
    func segment(_ flags: UInt32) -> Segment { Segment(flags: flags, address: 0, content: code) }
    for flags: UInt32 in [1, 5, 7] { #expect(Self.error([segment(flags)]) == nil) }
    for flags: UInt32 in [0, 2, 4, 6] {
      #expect(Self.error([segment(flags)]) == .init(.entryOutsideSegments, at: 24))
    }
    #expect(Self.error([segment(5)], entry: 4) == .init(.entryOutsideSegments, at: 24))
    // It is the physical address that must be a multiple of four.
    let skewed = [Segment(virtualAddress: 0x1000, address: 0x2002, content: code)]
    #expect(Self.error(skewed, entry: 0x1002) == nil)
    #expect(Self.error(skewed, entry: 0x1000) == .init(.entryOutsideSegments, at: 24))
  }

  /// Whatever a byte is, what is accepted can be copied and entered.
  @Test func survivesEveryDamagedByte() {
    for offset in Self.good.indices {
      for value: UInt8 in 0...255 {
        var bytes = Self.good
        bytes[offset] = value
        guard let program = try? ELF64(parsing: bytes.span) else { continue }
        #expect(program.imageByteCount <= program.memoryByteCount)
        #expect(program.memoryByteCount <= 1 << 30)
        #expect(program.entryOffset <= program.imageByteCount - 4)
        if program.imageByteCount < 1 << 16 { _ = Self.image(program, of: bytes) }
      }
    }
  }
}
