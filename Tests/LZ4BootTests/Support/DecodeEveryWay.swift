import CLZ4Boot
import Testing

/// Decodes at once and in pieces, into different prefills, in front of and behind a guard page.
/// All ways must agree; the outcome of the first is returned.
@discardableResult
func decodeEveryWay(
  _ source: [UInt8], capacity: Int, flags: UInt32 = 0, on givenBench: DecodeBench? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Outcome {
  let bench =
    givenBench ?? DecodeBench(sourceByteCountMax: source.count, capacityMax: capacity)
  let first = bench.decode(
    source, capacity: capacity, by: .source(flags: flags), sourceLocation: sourceLocation)
  func expectSame(_ other: Outcome, _ way: String) {
    guard other != first else { return }
    Issue.record("\(way): \(other); at once: \(first)", sourceLocation: sourceLocation)
  }
  expectSame(
    bench.decode(
      source, capacity: capacity, by: .source(flags: flags), edge: .start, prefill: 0xFF,
      sourceLocation: sourceLocation), "other prefill and edge")
  // Single bytes of a large source take long and find nothing that small sources do not.
  let sizes = source.count <= 200_000 ? [[1], [7, 1, 3]] : [[4093], [65_536, 1, 3]]
  let splits: [Split] = sizes.map { .cycle($0) } + [.random(seed: UInt64(source.count))]
  for (index, split) in splits.enumerated() {
    let outcome = bench.decode(
      source, capacity: capacity, flags: flags, split: split, edge: index == 1 ? .start : .end,
      prefill: UInt8(0x55 + index), sourceLocation: sourceLocation)
    expectSame(outcome, "\(split)")
  }
  return first
}

/// A raw block, at once into two prefills at both edges.
@discardableResult
func decodeBlockBothWays(
  _ source: [UInt8], capacity: Int, on givenBench: DecodeBench? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Outcome {
  let bench =
    givenBench ?? DecodeBench(sourceByteCountMax: source.count, capacityMax: capacity)
  let first = bench.decode(
    source, capacity: capacity, by: .block, sourceLocation: sourceLocation)
  let second = bench.decode(
    source, capacity: capacity, by: .block, edge: .start, prefill: 0xFF,
    sourceLocation: sourceLocation)
  if second != first {
    Issue.record("other prefill: \(second); first: \(first)", sourceLocation: sourceLocation)
  }
  return first
}

/// Decodes every way and compares with what must come out.
func expectDecode(
  _ source: [UInt8], capacity: Int, flags: UInt32 = 0, is expected: Outcome,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let outcome = decodeEveryWay(
    source, capacity: capacity, flags: flags, sourceLocation: sourceLocation)
  if outcome != expected {
    Issue.record("got \(outcome), expected \(expected)", sourceLocation: sourceLocation)
  }
}

/// The same for a raw block.
func expectBlock(
  _ source: [UInt8], capacity: Int, is expected: Outcome,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let outcome = decodeBlockBothWays(source, capacity: capacity, sourceLocation: sourceLocation)
  if outcome != expected {
    Issue.record("got \(outcome), expected \(expected)", sourceLocation: sourceLocation)
  }
}
