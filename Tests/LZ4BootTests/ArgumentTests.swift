import CLZ4Boot
import Testing

/// Arguments that are the caller's fault, and those that only look like it.
@Suite struct ArgumentTests {
  private let good = frame(FrameHeader(), [.stored([1, 2])])

  @Test func refusesNullSourceWithASize() {
    var target = [UInt8](repeating: 0, count: 8)
    var report = lz4boot_report()
    #expect(unsafe lz4boot_decode(nil, 4, &target, 8, 0, &report) == .bad_argument)
    #expect(report.status == lz4boot_status.bad_argument.rawValue)
    #expect(report.target_byte_count == 0)
    #expect(unsafe lz4boot_decode_block(nil, 4, &target, 8, &report) == .bad_argument)
    #expect(report.status == lz4boot_status.bad_argument.rawValue)
    var info = lz4boot_info()
    #expect(unsafe lz4boot_inspect(nil, 4, &info, &report) == .bad_argument)
  }

  @Test func refusesNullTargetWithASize() {
    var report = lz4boot_report()
    #expect(unsafe lz4boot_decode(good, good.count, nil, 8, 0, &report) == .bad_argument)
    #expect(unsafe lz4boot_decode_block([0], 1, nil, 8, &report) == .bad_argument)
    var stream = lz4boot_stream()
    unsafe lz4boot_stream_start(&stream, nil, 8, 0)
    #expect(unsafe lz4boot_stream_push(&stream, good, good.count, &report) == .bad_argument)
    #expect(unsafe lz4boot_stream_finish(&stream, &report) == .bad_argument)
  }

  @Test func takesNullForNothing() {
    var report = lz4boot_report()
    #expect(unsafe lz4boot_decode(nil, 0, nil, 0, 0, &report) == .truncated_input)
    #expect(unsafe lz4boot_decode_block(nil, 0, nil, 0, &report) == .truncated_input)
    let empty = frame(FrameHeader(), [])
    #expect(unsafe lz4boot_decode(empty, empty.count, nil, 0, 0, &report) == .ok)
    var stream = lz4boot_stream()
    unsafe lz4boot_stream_start(&stream, nil, 0, 0)
    #expect(unsafe lz4boot_stream_push(&stream, nil, 0, &report) == .need_input)
    #expect(unsafe lz4boot_stream_push(&stream, empty, empty.count, &report) == .ok)
    #expect(unsafe lz4boot_stream_push(&stream, nil, 0, &report) == .ok)
    #expect(unsafe lz4boot_stream_finish(&stream, &report) == .ok)
  }

  @Test func reportsMayBeNull() {
    var target = [UInt8](repeating: 0, count: 8)
    #expect(unsafe lz4boot_decode(good, good.count, &target, 8, 0, nil) == .ok)
    #expect(unsafe lz4boot_decode(good, good.count - 1, &target, 8, 0, nil) == .truncated_input)
    #expect(unsafe lz4boot_decode_block([0x10, 7], 2, &target, 8, nil) == .ok)
    #expect(unsafe lz4boot_decode_block([0x20, 7], 2, &target, 8, nil) == .literals_overrun)
    var stream = lz4boot_stream()
    unsafe lz4boot_stream_start(&stream, &target, 8, 0)
    #expect(unsafe lz4boot_stream_push(&stream, good, good.count, nil) == .ok)
    #expect(unsafe lz4boot_stream_finish(&stream, nil) == .ok)
    var info = lz4boot_info()
    #expect(unsafe lz4boot_inspect(good, good.count, &info, nil) == .ok)
    #expect(unsafe lz4boot_decode(nil, 4, &target, 8, 0, nil) == .bad_argument)
  }

  @Test func refusesRangesThatWrapAround() {
    var target = [UInt8](repeating: 0, count: 8)
    var report = lz4boot_report()
    #expect(unsafe lz4boot_decode(good, -1, &target, 8, 0, &report) == .bad_argument)
    #expect(unsafe lz4boot_decode(good, good.count, &target, -1, 0, &report) == .bad_argument)
    #expect(unsafe lz4boot_decode_block(good, -1, &target, 8, &report) == .bad_argument)
    #expect(unsafe lz4boot_decode_block(good, 3, &target, -9, &report) == .bad_argument)
    var info = lz4boot_info()
    #expect(unsafe lz4boot_inspect(good, -1, &info, &report) == .bad_argument)
    var stream = lz4boot_stream()
    unsafe lz4boot_stream_start(&stream, &target, -1, 0)
    #expect(unsafe lz4boot_stream_push(&stream, good, good.count, &report) == .bad_argument)
    unsafe lz4boot_stream_start(&stream, &target, 8, 0)
    #expect(unsafe lz4boot_stream_push(&stream, good, -1, &report) == .bad_argument)
    // The last bytes of the address space: there is no address behind them.
    let last = unsafe UnsafeMutableRawPointer(bitPattern: UInt.max - 7)
    #expect(unsafe lz4boot_decode_block(last, 8, &target, 8, &report) == .bad_argument)
    #expect(unsafe lz4boot_decode(good, good.count, last, 8, 0, &report) == .bad_argument)
    #expect(target == [UInt8](repeating: 0, count: 8))
  }

  /// "An error, which every later call repeats": a chunk that was lost is one too.
  @Test func badChunksStick() {
    var stream = lz4boot_stream()
    var target = [UInt8](repeating: 0, count: 8)
    unsafe target.withUnsafeMutableBytes { target in
      unsafe lz4boot_stream_start(&stream, target.baseAddress, 8, 0)
      #expect(unsafe lz4boot_stream_push(&stream, good, 5, nil) == .need_input)
      #expect(unsafe lz4boot_stream_push(&stream, nil, 4, nil) == .bad_argument)
      #expect(unsafe lz4boot_stream_push(&stream, good, good.count, nil) == .bad_argument)
      #expect(unsafe lz4boot_stream_finish(&stream, nil) == .bad_argument)
    }
  }

  /// Whatever the report held before.
  @Test func reportsNothingButTheStatus() {
    func expectBad(_ call: (UnsafeMutablePointer<lz4boot_report>) -> lz4boot_status) {
      var report = lz4boot_report(
        status: 1, format: 2, source_offset: 3, target_byte_count: 4, block_index: 5, expected: 6,
        actual: 7)
      #expect(unsafe call(&report) == .bad_argument)
      #expect(Outcome(report, output: []) == Outcome(status: .bad_argument))
      #expect(report.target_byte_count == 0)
    }
    unsafe expectBad { unsafe lz4boot_decode(nil, 4, nil, 0, 0, $0) }
    unsafe expectBad { unsafe lz4boot_decode(nil, 0, nil, 4, 0, $0) }
    unsafe expectBad { unsafe lz4boot_decode_block(nil, 4, nil, 0, $0) }
    unsafe expectBad { unsafe lz4boot_inspect(nil, 0, nil, $0) }
    unsafe expectBad { unsafe lz4boot_peek(nil, 4, nil, 0, $0) }
    unsafe expectBad { unsafe lz4boot_stream_push(nil, nil, 0, $0) }
    unsafe expectBad { unsafe lz4boot_stream_finish(nil, $0) }
    unsafe expectBad { unsafe lz4boot_team_start(nil, nil, 0, nil, 0, 0, $0) }
    unsafe expectBad { unsafe lz4boot_team_finish(nil, $0) }
  }

  @Test func refusesNullStructs() {
    var report = lz4boot_report()
    var target = [UInt8](repeating: 0, count: 8)
    unsafe lz4boot_stream_start(nil, &target, 8, 0)
    #expect(unsafe lz4boot_stream_push(nil, good, good.count, &report) == .bad_argument)
    #expect(unsafe lz4boot_stream_finish(nil, &report) == .bad_argument)
    #expect(unsafe lz4boot_inspect(good, good.count, nil, &report) == .bad_argument)
  }

  @Test(arguments: [0, 0x55, 0xFF] as [UInt8])
  func refusesStreamsThatWereNeverStarted(fill: UInt8) {
    var stream = lz4boot_stream()
    unsafe withUnsafeMutableBytes(of: &stream) { bytes in
      for index in bytes.indices { unsafe bytes[index] = fill }
    }
    var report = lz4boot_report()
    #expect(unsafe lz4boot_stream_push(&stream, good, good.count, &report) == .bad_argument)
    #expect(report.status == lz4boot_status.bad_argument.rawValue)
    #expect(unsafe lz4boot_stream_finish(&stream, &report) == .bad_argument)
  }

  /// Every way that a source may overlap its target without the in-place flag.
  @Test func refusesOverlap() {
    let memory = GuardedMemory(byteCountMax: 4096)
    let bytes = unsafe memory.window(byteCount: 256, edge: .start)
    for (sourceStart, targetStart) in [(64, 64), (64, 40), (64, 72), (0, 13), (100, 69)] {
      memory.fill(with: 0)
      let source = unsafe UnsafeMutableRawBufferPointer(
        rebasing: bytes[sourceStart..<sourceStart + good.count])
      unsafe source.copyBytes(from: good)
      let target = unsafe bytes.baseAddress! + targetStart
      var report = lz4boot_report()
      let status = unsafe lz4boot_decode(source.baseAddress, good.count, target, 32, 0, &report)
      #expect(status == .bad_argument)
      #expect(unsafe source.elementsEqual(good))
      let raw = unsafe lz4boot_decode_block(source.baseAddress, good.count, target, 32, &report)
      #expect(raw == .bad_argument)
      var stream = lz4boot_stream()
      unsafe lz4boot_stream_start(&stream, target, 32, 0)
      let pushed = unsafe lz4boot_stream_push(
        &stream, source.baseAddress, good.count, &report)
      #expect(pushed == .bad_argument)
    }
  }

  @Test func takesNeighboursThatDoNotOverlap() {
    let memory = GuardedMemory(byteCountMax: 4096)
    let bytes = unsafe memory.window(byteCount: 256, edge: .start)
    for (sourceStart, targetStart) in [(64, 64 + good.count), (64, 32)] {
      let source = unsafe UnsafeMutableRawBufferPointer(
        rebasing: bytes[sourceStart..<sourceStart + good.count])
      unsafe source.copyBytes(from: good)
      let target = unsafe bytes.baseAddress! + targetStart
      let status = unsafe lz4boot_decode(source.baseAddress, good.count, target, 32, 0, nil)
      #expect(status == .ok)
    }
  }
}
