import CLZ4Boot
import Testing

/// The checksum, against known values and the plain one of these tests.
@Suite struct XXH32Tests {
  private func hash(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
    unsafe lz4boot_xxh32(bytes, bytes.count, seed)
  }

  @Test func knownValues() {
    #expect(hash([]) == 0x02CC_5D05)
    #expect(hash([], seed: 0x9E37_79B1) == 0x36B7_8AE7)
    #expect(hash([UInt8]("a".utf8)) == 0x550D_7456)
    #expect(hash([UInt8]("abc".utf8)) == 0x32D1_53FF)
    #expect(hash([UInt8]("Nobody inspects the spammish repetition".utf8)) == 0xE229_3B2F)
    #expect(naiveXXH32([UInt8]("abc".utf8)) == 0x32D1_53FF)
  }

  @Test func nullIsNoBytes() {
    for seed in [0, 7] as [UInt32] {
      let found = lz4boot_xxh32(nil, 0, seed)
      #expect(found == naiveXXH32([], seed: seed))
    }
  }

  @Test func everyLengthAtEveryAlignment() {
    let memory = GuardedMemory(byteCountMax: 4096)
    var generator = SplitMix64(seed: 5)
    for byteCount in 0...100 {
      let bytes = generator.bytes(byteCount)
      let seed = UInt32(truncatingIfNeeded: generator.next())
      let expected = naiveXXH32(bytes, seed: seed)
      for shift in 0..<16 {
        // Flush against the guard page for shift 0.
        let window = unsafe memory.window(byteCount: byteCount + shift, edge: .end)
        unsafe window.copyBytes(from: bytes)
        let found = unsafe lz4boot_xxh32(window.baseAddress, byteCount, seed)
        #expect(found == expected, "\(byteCount) bytes, \(shift) in front of the end")
      }
    }
  }

  @Test func longInputs() {
    for byteCount in [1000, 4095, 4096, 4097, 65_536, 100_003] {
      let bytes = randomBytes(byteCount, seed: UInt64(byteCount))
      #expect(hash(bytes, seed: 1) == naiveXXH32(bytes, seed: 1))
    }
  }
}
