// Calls in any order, with arguments good and bad: what is the caller's fault is refused, errors
// stick, and nothing is touched that was not given.
import CLZ4Boot

@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testCalls(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: byteCount))
  let caller = Caller(source: [UInt8](bytes.dropFirst(24)))
  for call in bytes.prefix(24) { caller.call(call) }
  return 0
}

/// One caller with a source, a target, a stream and a team, none of which need be started.
@safe
private final class Caller {
  private let source: HeapBytes
  private let target = HeapBytes(300, filledWith: 0xEE)
  private let streamMemory = HeapBytes(MemoryLayout<lz4boot_stream>.size, filledWith: 0xCC)
  private let teamMemory = HeapBytes(MemoryLayout<lz4boot_team>.size, filledWith: 0xCC)
  private let stream: UnsafeMutablePointer<lz4boot_stream>
  private let team: UnsafeMutablePointer<lz4boot_team>
  private var position = 0
  private var hasStream = false
  private var hasTeam = false
  /// What every further call must say.
  private var streamError: lz4boot_status?

  init(source: [UInt8]) {
    self.source = HeapBytes(source)
    unsafe stream = streamMemory.start.bindMemory(to: lz4boot_stream.self, capacity: 1)
    unsafe team = teamMemory.start.bindMemory(to: lz4boot_team.self, capacity: 1)
  }

  func call(_ call: UInt8) {
    let variant = Int(call >> 4)
    switch call & 15 {
    case 0: startStream(variant)
    case 1, 2, 3: push(variant)
    case 4: finishStream(variant)
    case 5: startTeam(variant)
    case 6: unsafe lz4boot_team_work(variant == 0 ? nil : team)
    case 7: finishTeam(variant)
    case 8: decodeBadly(variant)
    case 9: decodeAll(variant)
    case 10: hash(variant)
    case 11: nameStatuses()
    default: break
    }
  }

  /// A range that no memory can have, or that belongs to nothing. None of it may be touched.
  private func badRange(_ variant: Int) -> (start: UnsafeMutableRawPointer?, count: Int) {
    switch variant % 4 {
    case 0: (nil, 1)
    case 1: unsafe (target.start, -1)
    case 2: unsafe (UnsafeMutableRawPointer(bitPattern: UInt.max - 6), .max)
    default: unsafe (UnsafeMutableRawPointer(bitPattern: UInt.max - 6), 7)
    }
  }

  private func expect(
    _ status: lz4boot_status, _ report: lz4boot_report, _ expected: lz4boot_status?, _ way: String
  ) {
    expectSame(status.rawValue, report.status, "\(way): reported")
    if let expected { expectSame(status, expected, way) }
    guard report.target_byte_count <= 300 else { fail("\(way): \(report)") }
  }

  private func startStream(_ variant: Int) {
    streamError = nil
    position = 0
    hasStream = true
    switch variant {
    case 0...3:
      let bad = unsafe badRange(variant)
      unsafe lz4boot_stream_start(stream, bad.start, bad.count, 0)
      streamError = .bad_argument
    case 4:
      unsafe lz4boot_stream_start(stream, target.start, 300, 8)
      streamError = .bad_argument
    case 5: unsafe lz4boot_stream_start_with_progress(stream, target.start, 300, 0, nil)
    case 6:
      var progress = unsafe lz4boot_progress(
        callback: { _, _ in 0 }, context: nil, byte_interval: .max)
      unsafe lz4boot_stream_start_with_progress(stream, target.start, 300, 0, &progress)
    case 7: unsafe lz4boot_stream_start(stream, nil, 0, 0)
    case 8:
      unsafe lz4boot_stream_start(nil, target.start, 300, 0)
      unsafe lz4boot_stream_start_with_progress(nil, target.start, 300, 0, nil)
      hasStream = false
      // What was started before is not what is asked for next.
      unsafe streamMemory.start.initializeMemory(as: UInt8.self, repeating: 0xCC, count: 512)
    default:
      unsafe lz4boot_stream_start(stream, target.start, 300, UInt32(variant & 7))
    }
  }

  private func push(_ variant: Int) {
    var report = lz4boot_report()
    let expected = hasStream ? streamError : .bad_argument
    var status: lz4boot_status
    switch variant {
    case 0: status = unsafe lz4boot_stream_push(nil, source.start, source.count, &report)
    case 1...3:
      let bad = unsafe badRange(variant)
      status = unsafe lz4boot_stream_push(stream, bad.start, bad.count, &report)
      expect(status, report, expected ?? .bad_argument, "a bad chunk")
      if hasStream { streamError = status }
      return
    case 4, 5:
      // Inside the target, behind the output or where it is: in place or not, one is refused.
      let place = variant == 4 ? 200 : 0
      status = unsafe lz4boot_stream_push(stream, target.start + place, 100, &report)
      expect(status, report, expected, "a chunk inside the target")
    default:
      let count = min(variant, source.count - position)
      status = unsafe lz4boot_stream_push(stream, source.start + position, count, &report)
      position += count
      expect(status, report, expected, "push")
    }
    if variant == 0 { return expect(status, report, .bad_argument, "no stream") }
    if hasStream, status != .ok, status != .need_input { streamError = status }
  }

  private func finishStream(_ variant: Int) {
    var report = lz4boot_report()
    if variant == 0 {
      let status = unsafe lz4boot_stream_finish(nil, &report)
      return expect(status, report, .bad_argument, "no stream")
    }
    if variant == 1 { _ = unsafe lz4boot_stream_finish(stream, nil) }
    let status = unsafe lz4boot_stream_finish(stream, &report)
    expect(status, report, hasStream ? streamError : .bad_argument, "finish")
    if hasStream, status != .ok { streamError = status }
  }

  private func startTeam(_ variant: Int) {
    var report = lz4boot_report()
    let status: lz4boot_status
    switch variant {
    case 0:
      status = unsafe lz4boot_team_start(
        nil, source.start, source.count, target.start, 300, 0, &report)
      return expect(status, report, .bad_argument, "no team")
    case 1...3:
      let bad = unsafe badRange(variant)
      status = unsafe lz4boot_team_start(
        team, source.start, source.count, bad.start, bad.count, 0, &report)
      expect(status, report, .bad_argument, "a bad target")
    case 4:
      status = unsafe lz4boot_team_start(
        team, target.start + 299, 1, target.start, 300, 0, &report)
      expect(status, report, .bad_argument, "a source inside the target")
    default:
      status = unsafe lz4boot_team_start(
        team, source.start, source.count, target.start, 300, UInt32(variant & 5), &report)
      expect(status, report, nil, "team")
    }
    hasTeam = true
  }

  private func finishTeam(_ variant: Int) {
    var report = lz4boot_report()
    let status = unsafe lz4boot_team_finish(variant == 0 ? nil : team, &report)
    expect(status, report, hasTeam && variant > 0 ? nil : .bad_argument, "finish of a team")
  }

  private func decodeBadly(_ variant: Int) {
    let bad = unsafe badRange(variant)
    var report = lz4boot_report()
    var info = lz4boot_info()
    let status: lz4boot_status
    switch variant >> 2 {
    case 0:
      status = unsafe lz4boot_decode(bad.start, bad.count, target.start, 300, 0, &report)
    case 1:
      status = unsafe lz4boot_decode_block(
        source.start, source.count, bad.start, bad.count, &report)
    case 2:
      status = unsafe lz4boot_peek(source.start, source.count, bad.start, bad.count, &report)
    default:
      let isBad = variant & 1 == 0
      status =
        isBad
        ? unsafe lz4boot_inspect(bad.start, bad.count, &info, &report)
        : unsafe lz4boot_inspect(source.start, source.count, nil, &report)
    }
    expect(status, report, .bad_argument, "bad arguments, variant \(variant)")
  }

  /// In place and overlapping at every edge.
  private func decodeAll(_ variant: Int) {
    var report = lz4boot_report()
    // Ranges inside the 300 bytes: the target is the 100 from 40 on.
    let place = [0, 19, 20, 21, 39, 40, 41, 60, 100, 119, 120, 121, 138, 139, 140, 141][variant]
    var status = unsafe lz4boot_decode_block(
      target.start + place, 20, target.start + 40, 100, &report)
    let isApart = place <= 20 || place >= 140
    expect(status, report, isApart ? nil : .bad_argument, "a block beside or inside the target")
    if isApart, status == .bad_argument { fail("refused beside the target") }
    status = unsafe lz4boot_decode(
      source.start, source.count, target.start, 300, UInt32(variant), nil)
    if variant > 7, status != .bad_argument { fail("flags \(variant): \(status.name)") }
  }

  private func hash(_ variant: Int) {
    let count = min(source.count, variant)
    let expected = naiveXXH32(source.prefix(count))
    expectSame(unsafe lz4boot_xxh32(source.start, count, 0), expected, "XXH32")
    expectSame(lz4boot_xxh32(nil, count, 0), naiveXXH32([]), "XXH32 of nothing")
  }

  private func nameStatuses() {
    let errors = [
      "truncated_input", "unknown_format", "reserved_bit_set", "unsupported_version",
      "block_size_invalid", "header_checksum_mismatch", "dictionary_required", "block_too_large",
      "block_checksum_mismatch", "content_checksum_mismatch", "content_size_mismatch",
      "offset_zero", "offset_out_of_range", "literals_overrun", "target_full", "trailing_data",
      "in_place_overrun", "bad_argument", "cancelled",
    ]
    expectSame(lz4boot_status.ok.name, "ok", "name")
    expectSame(lz4boot_status.need_input.name, "need_input", "name")
    for (index, name) in errors.enumerated() {
      expectSame(lz4boot_status(rawValue: UInt32(16 + index))?.name, name, "name")
    }
    for value in [2, 15, 35, .max] as [UInt32] {
      // SAFETY: C hands over any value.
      let status = unsafe unsafeBitCast(value, to: lz4boot_status.self)
      expectSame(status.name, "unknown_status", "name of \(value)")
    }
  }
}
