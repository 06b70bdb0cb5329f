import CLZ4Boot
import Synchronization

/// Decodes the blocks of the first frame that has some, if they are independent, on all cores that
/// come to work.
///
/// Where the output of a block goes depends on the blocks in front: cores suppose that all of them
/// decode to the block maximum. So what they decode counts up to the first block that does not, be
/// it short or faulty. From there on the closing core goes on as the one-shot decoder does, which
/// makes status, bytes and report the same.
struct Team: ~Copyable {
  /// At the first block; behind all that was decoded once the team is finished.
  var stream = Stream()
  /// Block maxima are powers of two: this is the logarithm.
  private var blockShift: UInt64 = 0
  private let gate = TeamGate()
  /// Index of the target up to which the blocks from the first on are decoded, as far as it is known:
  /// a block that is short ends it, and so does the start of one that is faulty.
  private let decodedEnd = Atomic<UInt64>(0)
  private let hash = OrderedHash()

  /// A multiple of every block maximum, beyond every target. Below 2^63, as Swift 6.3 compiles
  /// `Atomic<UInt64>.min` to a signed comparison.
  private static let noEnd: UInt64 = 1 << 62

  /// Goes to the first block of what `stream` has been started with, and lets cores in.
  mutating func start() {
    stream.goToFirstBlock()
    guard stream.isInBlock && stream.hasIndependentBlocks else { return }
    blockShift = UInt64(truncatingIfNeeded: stream.blockMaximum.trailingZeroBitCount)
    // Relaxed: how the other cores get to know of the team orders this.
    decodedEnd.store(Self.noEnd, ordering: .relaxed)
  }

  /// Claims and decodes blocks until there are none left.
  ///
  /// Flat, for the stack's sake: what is called here calls the block decoder.
  @inline(never)
  func work() {
    if gate.enter() {
      var worker = stream.worker
      while claimBlock(for: &worker) {
        let index = worker.blockIndex
        // Ends: every round takes some of the source, or there is none left.
        while worker.isInBlock ? worker.takeBlock() : worker.step(), worker.blockIndex == index {}
        guard takeBlock(index, from: &worker) else { break }
      }
    }
    gate.leave()
  }

  /// Brings the worker to the data of a block that no other gets. False if none is left.
  @inline(never)
  private func claimBlock(for worker: inout Stream) -> Bool {
    let index = gate.claim()
    // Relaxed: an end that is not seen yet costs a block decoded in vain.
    guard index < decodedEnd.load(ordering: .relaxed) &>> blockShift, worker.seek(block: index)
    else { return false }
    // At its turn, a block is hashed as it is decoded, while it is in the caches.
    let isInTurn =
      stream.header.hasContentChecksum && hash.take(at: UInt64(count: worker.target.count))
    worker.header.hasContentChecksum = isInTurn
    if isInTurn { worker.contentHash = hash.value }
    return true
  }

  /// Takes the result of the block at `index`. False if those behind are of no use.
  @inline(never)
  private func takeBlock(_ index: UInt64, from worker: inout Stream) -> Bool {
    let start = index &<< blockShift
    let isDecoded = worker.blockIndex != index
    let end = isDecoded ? UInt64(count: worker.target.count) : start
    let isInTurn = worker.header.hasContentChecksum
    if isInTurn { hash.giveBack(isDecoded ? worker.contentHash : hash.value, end: end) }
    guard end &- start == 1 &<< blockShift else {
      // Relaxed: what counts is read when all have left.
      decodedEnd.min(end, ordering: .relaxed)
      return false
    }
    if stream.header.hasContentChecksum {
      if !isInTurn { hash.mark(index, blockShift: blockShift) }
      hash.followUp(in: stream.target, blockShift: blockShift)
    }
    return true
  }

  /// Lets nobody in any more and waits for those who are inside. False if that was done before.
  func close() -> Bool { gate.close() }

  /// What has been decoded, once the team is closed.
  var result: Result {
    // Relaxed: closing has ordered it.
    let end = decodedEnd.load(ordering: .relaxed)
    return Result(
      blockCount: min(end &>> blockShift, gate.claimedCount),
      tailByteCount: Int(truncatingIfNeeded: end & ~(UInt64.max &<< blockShift)),
      hash: hash.value, hashedEnd: Int(truncatingIfNeeded: hash.end))
  }

  struct Result {
    /// Full blocks, if the frame has as many.
    var blockCount: UInt64
    /// Of the short block behind them; 0 if there is none.
    var tailByteCount: Int
    /// Of the output up to `hashedEnd`.
    var hash: XXH32
    var hashedEnd: Int
  }
}
