// Teams of one to four threads: lz4boot_team against lz4boot_decode, apart and in place.
import CLZ4Boot

@testable import FuzzSupport

private let threads = Threads(count: 3)
/// Of the smallest blocks more than one for every thread, again and again.
private let capacityMax = 24 << 16

@c(LLVMFuzzerTestOneInput)
public func testTeam(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  let source = input.source(capacity: capacityMax)
  let most = lookAhead(source, capacity: capacityMax)
  let choice = input.choice(below: 8)
  let workers = Workers(count: choice % 4, comeFirst: choice > 3)
  let flags = [0, Flag.requireChecksums, Flag.stopAfterFrame, Flag.inPlace][input.choice(below: 4)]
  guard flags == Flag.inPlace else {
    let capacity = input.capacity(around: most.output.count)
    let target = HeapBytes(capacity, filledWith: 0xEE)
    let bytes = HeapBytes(source)
    let team = unsafe decode(
      unsafeSource: bytes.start, source.count, into: target, flags, workers)
    let alone = decode(source, capacity: capacity, flags: flags)
    expectSame(team, alone, "team of \(workers.count + 1)")
    return 0
  }
  let placement = Placement(
    of: source, outputByteCount: most.output.count,
    enough: min(source.count, Int(clamping: inspect(source).info.in_place_margin)),
    choosingFrom: &input)
  let target = placement.memory(source)
  let team = unsafe decode(
    unsafeSource: target.start + placement.sourceStart, source.count, into: target, flags,
    workers)
  let again = placement.memory(source)
  var report = lz4boot_report()
  let status = unsafe lz4boot_decode(
    again.start + placement.sourceStart, source.count, again.start, again.count, flags, &report)
  expectSame(
    team, outcome(status, report, in: again), "team of \(workers.count + 1) in place")
  return 0
}

/// Threads besides the one that closes the team.
private struct Workers {
  let count: Int
  /// Whether all have begun when that one does.
  let comeFirst: Bool
}

/// Decodes with so many threads. One more comes when all is over.
private func decode(
  unsafeSource source: UnsafeRawPointer, _ byteCount: Int, into target: borrowing HeapBytes,
  _ flags: UInt32, _ workers: Workers
) -> Outcome {
  let memory = HeapBytes(MemoryLayout<lz4boot_team>.size, filledWith: 0xCC)
  let team = unsafe memory.start.bindMemory(to: lz4boot_team.self, capacity: 1)
  var report = lz4boot_report()
  let started = unsafe lz4boot_team_start(
    team, source, byteCount, target.start, target.count, flags, &report)
  var status = started
  let place = UInt(bitPattern: team)
  let work: (Int) -> Void = { index in
    if index < workers.count {
      unsafe lz4boot_team_work(UnsafeMutablePointer(bitPattern: place))
    }
  }
  threads.run(work, behind: workers.comeFirst ? 3 : 0) {
    status = unsafe lz4boot_team_finish(team, &report)
    unsafe lz4boot_team_work(team)
  }
  let finished = outcome(status, report, in: target)
  if started != .ok { expectSame(status, started, "an error that the start told") }
  status = unsafe lz4boot_team_finish(team, &report)
  expectSame(outcome(status, report, in: target), finished, "finish again")
  return finished
}
