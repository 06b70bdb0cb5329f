import Testing

@testable import BootFormats

@Suite struct EFIZbootTests {
  static let good = KernelFileBuilder.zboot([1, 2, 3, 4, 5, 6, 7])

  static func error(_ bytes: [UInt8]) -> LocatedError<EFIZbootError>? {
    do throws(LocatedError<EFIZbootError>) {
      _ = try EFIZboot(parsing: bytes.span)
      return nil
    } catch {
      return error
    }
  }

  @Test func findsThePayloadWithoutTheSizeBehindIt() throws {
    let zboot = try EFIZboot(parsing: Self.good.span)
    #expect(zboot.payload.offset == 0x60)
    #expect(zboot.payload.byteCount == 7)
    #expect(zboot.compression.offset == 24)
    #expect(zboot.compression.byteCount == 3)
    #expect(zboot.isLZ4)
  }

  @Test(arguments: ["gzip", "zstd22", "lz4x", "lz", "", String(repeating: "z", count: 32)])
  func tellsOtherCompressions(name: String) throws {
    let zboot = try EFIZboot(parsing: KernelFileBuilder.zboot([1], compression: name).span)
    #expect(!zboot.isLZ4)
    #expect(zboot.compression.byteCount == name.utf8.count)
  }

  @Test func takesAPayloadUpToTheLastByte() {
    #expect(Self.error(Self.good.dropLast(5)) == nil)
    #expect(Self.error(Self.good.dropLast(6)) == .init(.payloadOutsideFile, at: 8))
  }

  @Test func refusesEveryTruncation() {
    for count in 0..<Self.good.count - 5 {
      let expected: LocatedError<EFIZbootError> =
        switch count {
        case ..<8: .init(.wrongMagic, at: 0)
        case ..<0x40: .init(.truncated, at: count)
        default: .init(.payloadOutsideFile, at: 8)
        }
      #expect(Self.error([UInt8](Self.good.prefix(count))) == expected)
    }
  }

  @Test func refusesPayloadsThatAreNotBehindTheHeaderAndInTheFile() {
    let cases: [(offset: UInt32, byteCount: UInt32, LocatedError<EFIZbootError>?)] = [
      (0x40, 1, nil), (0x3f, 1, .init(.payloadInsideHeader, at: 8)),
      (0, 1, .init(.payloadInsideHeader, at: 8)), (0x60, 0, .init(.payloadEmpty, at: 12)),
      (.max, 1, .init(.payloadOutsideFile, at: 8)), (0x60, .max, .init(.payloadOutsideFile, at: 8)),
      (.max, .max, .init(.payloadOutsideFile, at: 8)),
    ]
    for (offset, byteCount, expected) in cases {
      var bytes = Self.good
      KernelFileBuilder.set(offset, at: 8, in: &bytes)
      KernelFileBuilder.set(byteCount, at: 12, in: &bytes)
      #expect(Self.error(bytes) == expected)
    }
  }

  @Test func everyByteOfTheMagicCounts() {
    for offset in 0..<8 {
      var bytes = Self.good
      bytes[offset] ^= 0x20
      #expect(Self.error(bytes) == .init(.wrongMagic, at: 0))
    }
  }

  /// Whatever a byte is, what is accepted lies in the file.
  @Test func survivesEveryDamagedByte() {
    for offset in Self.good.indices {
      for value: UInt8 in 0...255 {
        var bytes = Self.good
        bytes[offset] = value
        guard let zboot = try? EFIZboot(parsing: bytes.span) else { continue }
        #expect(zboot.payload.offset + zboot.payload.byteCount <= bytes.count)
        #expect(zboot.compression.offset + zboot.compression.byteCount <= 0x38)
      }
    }
  }
}
