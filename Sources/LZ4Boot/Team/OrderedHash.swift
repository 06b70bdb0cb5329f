import Synchronization

/// The content checksum, which has to take the blocks in their order while cores finish them in any.
///
/// One core at a time has the hash. Who has finished a block takes it, if it is free, as far as
/// finished blocks go, and nobody waits for it: what is left over is for the core that closes the
/// team.
struct OrderedHash: ~Copyable {
  /// So many blocks can be known to be finished. One further ahead is forgotten, and at its turn
  /// hashing stops until the end: all behind it is left to the core that closes. A kernel has fewer
  /// blocks in all, whatever their size.
  private static let windowBlockCount: UInt64 = 1024

  private let isTaken = Atomic<UInt32>(0)
  /// Output in front of this index of the target is hashed, but for a stripe that is not whole.
  private let hashedEnd = Atomic<UInt64>(0)
  /// Of the blocks behind that, one bit for each that is finished: that of block `n` is `n % 64` of
  /// word `n / 64 % 16`.
  private let finishedBlocks = InlineArray<16, Atomic<UInt64>> { _ in Atomic(0) }
  private let lanes12: Atomic<UInt64>
  private let lanes34: Atomic<UInt64>

  init() {
    let lanes = XXH32(seed: 0).packed
    lanes12 = Atomic(lanes.0)
    lanes34 = Atomic(lanes.1)
  }

  /// Takes the hash if it is free and has come to `index` of the target.
  @inline(never)
  func take(at index: UInt64) -> Bool {
    // Acquiring: what the core before has left is read behind this.
    guard end == index && isTaken.exchange(1, ordering: .acquiring) == 0 else { return false }
    if end == index { return true }
    giveBack()
    return false
  }

  func giveBack() {
    // Releasing: the next one to take it finds what was written.
    isTaken.store(0, ordering: .releasing)
  }

  /// Output up to `end` is hashed now.
  @inline(never)
  func giveBack(_ hash: XXH32, end: UInt64) {
    // Relaxed: only who has the hash reads or writes the lanes. They are atomic as they are shared.
    let lanes = hash.packed
    lanes12.store(lanes.0, ordering: .relaxed)
    lanes34.store(lanes.1, ordering: .relaxed)
    // Releasing: who sees this end sees too that the bits of the blocks in front are clear.
    hashedEnd.store(end, ordering: .releasing)
    giveBack()
  }

  /// Of the output up to `end`; to be read by who has the hash, or when all have left.
  var value: XXH32 {
    @inline(never) get {
      XXH32(packed: (lanes12.load(ordering: .relaxed), lanes34.load(ordering: .relaxed)))
    }
  }

  /// Relaxed: for others than the one who has the hash it is a guess.
  var end: UInt64 { hashedEnd.load(ordering: .relaxed) }

  /// Says that a full block is there, and all in front of it are or will be full.
  func mark(_ block: UInt64, blockShift: UInt64) {
    // Acquiring: the bit of the block 1024 in front, which is the same one, was cleared before this
    // end was stored.
    let hashedCount = hashedEnd.load(ordering: .acquiring) &>> blockShift
    guard block &- hashedCount < Self.windowBlockCount else { return }
    // Releasing: the block's bytes, for the core that hashes them.
    unsafe finishedBlocks[unchecked: Self.word(of: block)].bitwiseOr(
      1 &<< block, ordering: .releasing)
  }

  /// SAFETY: one of the 16.
  private static func word(of block: UInt64) -> Int { Int(truncatingIfNeeded: block &>> 6 & 15) }

  /// Hashes the finished blocks behind the hashed ones, if nobody else is at it. Ends: every round
  /// moves the end on, or returns.
  @inline(never)
  func followUp(in target: Target, blockShift: UInt64) {
    while true {
      // Acquiring, as in `mark`: the bit is not an old one of the block 1024 in front.
      let start = hashedEnd.load(ordering: .acquiring)
      let block = start &>> blockShift
      let bit: UInt64 = 1 &<< block
      // Acquiring: the block's bytes. The bit stays as it is until the end moves on, and `take` sees
      // to it that it has not.
      guard
        unsafe finishedBlocks[unchecked: Self.word(of: block)].load(ordering: .acquiring) & bit
          != 0,
        take(at: start)
      else { return }
      var hash = value
      let next = start &+ 1 &<< blockShift
      target.hash(
        from: 0, earlierEnd: Int(truncatingIfNeeded: start), end: Int(truncatingIfNeeded: next),
        into: &hash)
      // Relaxed: ordered by the store of the end.
      unsafe finishedBlocks[unchecked: Self.word(of: block)].bitwiseAnd(~bit, ordering: .relaxed)
      giveBack(hash, end: next)
    }
  }
}
