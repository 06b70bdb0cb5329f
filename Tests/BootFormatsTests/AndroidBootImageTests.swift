import Testing

@testable import BootFormats

@Suite struct AndroidBootImageTests {
  typealias Failure = LocatedError<AndroidBootImageError>

  /// Every part that the version has, with another size.
  static func full(version: UInt32, page: Int = 2048) -> KernelFileBuilder.BootImage {
    .init(
      version: version, page: page, kernel: .init(repeating: 1, count: 5000),
      ramdisk: .init(repeating: 2, count: 4097), second: .init(repeating: 3, count: 1),
      recovery: .init(repeating: 4, count: 2048), deviceTree: .init(repeating: 5, count: 300),
      signature: .init(repeating: 6, count: 100), commandLine: "console=ttyS0",
      extraCommandLine: version < 3 ? "quiet" : "")
  }

  static func error(_ bytes: [UInt8]) -> Failure? {
    do throws(Failure) {
      _ = try AndroidBootImage(parsing: bytes.span)
      return nil
    } catch {
      return error
    }
  }

  static func content(_ section: FileSection, of bytes: [UInt8]) -> [UInt8] {
    [UInt8](bytes[section.offset..<section.offset + section.byteCount])
  }

  @Test(arguments: [2048, 4096, 16384, 65536], 0...4 as ClosedRange<UInt32>)
  func findsEveryPart(page: Int, version: UInt32) throws {
    let built = Self.full(version: version, page: page)
    let bytes = built.bytes
    let image = try AndroidBootImage(parsing: bytes.span)
    #expect(image.version == version)
    #expect(Self.content(image.kernel, of: bytes) == built.kernel)
    #expect(Self.content(image.ramdisk, of: bytes) == built.ramdisk)
    #expect(
      Self.content(image.deviceTree, of: bytes) == (version == 2 ? built.deviceTree : []))
    #expect(Self.content(image.commandLine, of: bytes) == Array("console=ttyS0".utf8))
    #expect(
      Self.content(image.extraCommandLine, of: bytes) == Array((version < 3 ? "quiet" : "").utf8))
  }

  @Test func whatIsNotThereHasNoBytes() throws {
    for version: UInt32 in 0...4 {
      let bytes = KernelFileBuilder.BootImage(version: version, kernel: [1]).bytes
      let image = try AndroidBootImage(parsing: bytes.span)
      for section in [image.ramdisk, image.deviceTree, image.commandLine, image.extraCommandLine] {
        #expect(section.byteCount == 0)
      }
    }
  }

  @Test func aCommandLineMayFillItsField() throws {
    let sizes: [(version: UInt32, byteCount: Int)] = [(0, 512), (2, 512), (3, 1536), (4, 1536)]
    for (version, byteCount) in sizes {
      var built = KernelFileBuilder.BootImage(version: version, kernel: [1])
      built.commandLine = String(repeating: "x", count: byteCount)
      let image = try AndroidBootImage(parsing: built.bytes.span)
      #expect(image.commandLine.byteCount == byteCount)
    }
  }

  @Test func theLastPageNeedNotBePadded() {
    for version: UInt32 in 0...4 {
      let built = KernelFileBuilder.BootImage(version: version, kernel: [1, 2, 3])
      let start = version < 3 ? 2048 : 4096
      #expect(Self.error([UInt8](built.bytes.prefix(start + 3))) == nil)
      #expect(
        Self.error([UInt8](built.bytes.prefix(start + 2))) == .init(.sectionOutsideFile, at: 8))
    }
  }

  @Test func refusesEveryTruncation() {
    let headers = [1632, 1648, 1660, 1580, 1584]
    for version in 0...4 {
      let built = Self.full(version: UInt32(version))
      let bytes = built.bytes
      let last = [built.second, built.recovery, built.deviceTree, built.ramdisk, built.signature]
      let page = version < 3 ? 2048 : 4096
      let padding = (page - last[version].count % page) % page
      for count in 0..<bytes.count - padding {
        let failure = Self.error([UInt8](bytes.prefix(count)))
        switch count {
        case ..<8: #expect(failure == .init(.wrongMagic, at: 0))
        case ..<headers[version]: #expect(failure == .init(.truncated, at: count))
        default: #expect(failure?.cause == .sectionOutsideFile)
        }
      }
      #expect(Self.error([UInt8](bytes.dropLast(padding))) == nil)
    }
  }

  @Test func everySizeIsTheOneThatIsTooLarge() {
    let fields: [[Int]] = [
      [8, 16, 24], [8, 16, 24, 1632], [8, 16, 24, 1632, 1648], [8, 12], [8, 12, 1580],
    ]
    for version in 0...4 {
      for field in fields[version] {
        for value: UInt32 in [1 << 20, .max] {
          var bytes = Self.full(version: UInt32(version)).bytes
          KernelFileBuilder.set(value, at: field, in: &bytes)
          #expect(Self.error(bytes) == .init(.sectionOutsideFile, at: field))
        }
      }
    }
  }

  @Test(arguments: [5, 6, 0x8_0000, .max] as [UInt32])
  func refusesVersionsThatAreNotKnown(version: UInt32) {
    var bytes = Self.full(version: 2).bytes
    KernelFileBuilder.set(version, at: 40, in: &bytes)
    #expect(Self.error(bytes) == .init(.unknownVersion, at: 40))
  }

  @Test(arguments: [0, 1, 1024, 2047, 2049, 3072, .max] as [UInt32])
  func refusesPagesThatAreNone(page: UInt32) {
    for version: UInt32 in 0...2 {
      var bytes = Self.full(version: version).bytes
      KernelFileBuilder.set(page, at: 36, in: &bytes)
      #expect(Self.error(bytes) == .init(.pageSizeInvalid, at: 36))
    }
  }

  @Test func aPageOfHalfTheAddressesIsJustNotInTheFile() {
    var bytes = Self.full(version: 0).bytes
    KernelFileBuilder.set(0x8000_0000 as UInt32, at: 36, in: &bytes)
    #expect(Self.error(bytes) == .init(.sectionOutsideFile, at: 8))
  }

  @Test func refusesImagesWithoutAKernel() {
    for version: UInt32 in 0...4 {
      let built = KernelFileBuilder.BootImage(version: version, kernel: [], ramdisk: [1])
      #expect(Self.error(built.bytes) == .init(.kernelMissing, at: 8))
    }
  }

  @Test func everyByteOfTheMagicCounts() {
    for offset in 0..<8 {
      var bytes = Self.full(version: 3).bytes
      bytes[offset] ^= 0x20
      #expect(Self.error(bytes) == .init(.wrongMagic, at: 0))
    }
  }

  /// Whatever a byte of the header is, what is accepted lies in the file.
  @Test func survivesEveryDamagedByteOfTheHeader() {
    for version: UInt32 in 0...4 {
      let good = Self.full(version: version).bytes
      for offset in 0..<1660 {
        for value: UInt8 in [0, 1, 2, 3, 4, 0x7f, 0x80, 0xff, good[offset] ^ 1] {
          var bytes = good
          bytes[offset] = value
          guard let image = try? AndroidBootImage(parsing: bytes.span) else { continue }
          let sections = [
            image.kernel, image.ramdisk, image.deviceTree, image.commandLine,
            image.extraCommandLine,
          ]
          #expect(sections.allSatisfy { $0.offset + $0.byteCount <= bytes.count })
        }
      }
    }
  }
}
