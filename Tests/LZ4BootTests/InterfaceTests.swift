import CLZ4Boot
import Testing

/// What a C caller compiles against: numbers, names and sizes.
@Suite struct InterfaceTests {
  private let names: [(lz4boot_status, UInt32, String)] = [
    (.ok, 0, "ok"),
    (.need_input, 1, "need_input"),
    (.truncated_input, 16, "truncated_input"),
    (.unknown_format, 17, "unknown_format"),
    (.reserved_bit_set, 18, "reserved_bit_set"),
    (.unsupported_version, 19, "unsupported_version"),
    (.block_size_invalid, 20, "block_size_invalid"),
    (.header_checksum_mismatch, 21, "header_checksum_mismatch"),
    (.dictionary_required, 22, "dictionary_required"),
    (.block_too_large, 23, "block_too_large"),
    (.block_checksum_mismatch, 24, "block_checksum_mismatch"),
    (.content_checksum_mismatch, 25, "content_checksum_mismatch"),
    (.content_size_mismatch, 26, "content_size_mismatch"),
    (.offset_zero, 27, "offset_zero"),
    (.offset_out_of_range, 28, "offset_out_of_range"),
    (.literals_overrun, 29, "literals_overrun"),
    (.target_full, 30, "target_full"),
    (.trailing_data, 31, "trailing_data"),
    (.in_place_overrun, 32, "in_place_overrun"),
    (.bad_argument, 33, "bad_argument"),
    (.cancelled, 34, "cancelled"),
  ]

  @Test func everyStatusHasItsNumberAndName() {
    for (status, number, text) in names {
      #expect(status.rawValue == number)
      #expect(status.name == text)
    }
  }

  /// C callers may pass any number.
  @Test func otherNumbersHaveANameToo() {
    let known = Set(names.map(\.1))
    let numbers = [UInt32](0...300) + [1 << 16, 0x7FFF_FFFF, 0x8000_0000, UInt32.max]
    for number in numbers where !known.contains(number) {
      let status = unsafe unsafeBitCast(number, to: lz4boot_status.self)
      #expect(status.name == "unknown_status", "\(number)")
    }
  }

  @Test func structsHaveTheirSizes() {
    #expect(MemoryLayout<lz4boot_stream>.size == 512)
    #expect(MemoryLayout<lz4boot_stream>.alignment == 8)
    #expect(MemoryLayout<lz4boot_team>.size == 512)
    #expect(MemoryLayout<lz4boot_team>.alignment == 8)
    #expect(MemoryLayout<lz4boot_report>.size == 48)
    #expect(MemoryLayout<lz4boot_report>.offset(of: \.source_offset) == 8)
    #expect(MemoryLayout<lz4boot_report>.offset(of: \.actual) == 40)
    #expect(MemoryLayout<lz4boot_info>.size == 80)
    #expect(MemoryLayout<lz4boot_info>.offset(of: \.in_place_margin) == 72)
    #expect(MemoryLayout<lz4boot_status>.size == 4)
  }

  @Test func flagsHaveTheirValues() {
    #expect(Flag.stopAfterFrame == 1)
    #expect(Flag.inPlace == 2)
    #expect(Flag.requireChecksums == 4)
  }
}
