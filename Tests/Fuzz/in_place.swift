// Sources inside their targets: the right bytes or in_place_overrun, and no overrun with the margin
// that lz4boot_inspect tells.
import CLZ4Boot

@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testInPlace(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  let source = input.source()
  let inspection = inspect(source)
  let most = lookAhead(source)
  let enough = Int(clamping: inspection.info.in_place_margin)
  // No margin is longer than the source.
  guard enough <= source.count else { fail("a margin of \(enough)") }
  let placement = Placement(
    of: source, outputByteCount: most.output.count, enough: enough, choosingFrom: &input)
  let apart = decode(source, capacity: placement.capacity)

  let whole = decodeWhole(source, placement)
  compare(whole, with: apart, "in place")
  let pushByteCount = 1 + input.choice(below: 64)
  let watch = input.choice(below: 2) == 1 ? Watch(interval: 0) : nil
  let pushed = withExtendedLifetime(watch) {
    push(source, placement, pushByteCount: pushByteCount, watch)
  }
  watch?.check()
  compare(pushed, with: apart, "in place, \(pushByteCount) bytes a push")

  // A size that ends a legacy frame may turn out to be a block's: the header makes no promise then.
  let hasLegacyFrame = inspection.info.legacy_end != lz4boot_legacy_end_none.rawValue
  guard apart.status == .ok, inspection.outcome.status == .ok, placement.margin >= enough,
    !hasLegacyFrame
  else { return 0 }
  // The source then starts inside the target, whatever the margin that was tried.
  guard most.output.count + enough >= source.count else { fail("a margin of only \(enough)") }
  expectSame(whole.status, .ok, "with a margin of \(placement.margin)")
  expectSame(pushed.status, .ok, "pushed with a margin of \(placement.margin)")
  return 0
}

/// As apart, or stopped early with the right bytes.
private func compare(_ outcome: Outcome, with apart: Outcome, _ way: String) {
  guard outcome.status == .in_place_overrun else {
    return expectSame(outcome, apart, way)
  }
  let isPrefix = apart.output.starts(with: outcome.output)
  if !isPrefix { fail("\(way): wrong bytes in front of an overrun: \(outcome); apart: \(apart)") }
}

private func decodeWhole(_ source: [UInt8], _ placement: Placement) -> Outcome {
  let target = placement.memory(source)
  var report = lz4boot_report()
  let status = unsafe lz4boot_decode(
    target.start + placement.sourceStart, source.count, target.start, target.count, Flag.inPlace,
    &report)
  return outcome(status, report, in: target)
}

private func push(
  _ source: [UInt8], _ placement: Placement, pushByteCount: Int, _ watch: Watch?
) -> Outcome {
  let target = placement.memory(source)
  var stream = lz4boot_stream()
  var progress = unsafe watch?.progress ?? lz4boot_progress()
  unsafe lz4boot_stream_start_with_progress(
    &stream, target.start, target.count, Flag.inPlace, &progress)
  var report = lz4boot_report()
  for position in stride(from: 0, to: source.count, by: pushByteCount) {
    let count = min(pushByteCount, source.count - position)
    let chunk = unsafe target.start + placement.sourceStart + position
    let status = unsafe lz4boot_stream_push(&stream, chunk, count, &report)
    guard status == .ok || status == .need_input else { break }
  }
  let status = unsafe lz4boot_stream_finish(&stream, &report)
  return outcome(status, report, in: target)
}
