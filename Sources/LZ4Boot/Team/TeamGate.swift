import Synchronization

/// Who is inside the team, and which block comes next: one word, [closed:1][cores inside:15][next
/// block:48]. All changes of one word are in one order, so a core is inside before the gate closes, and
/// waited for, or sees that it is closed.
struct TeamGate: ~Copyable {
  private static let oneCore: UInt64 = 1 << 48
  private static let closed: UInt64 = 1 << 63
  private static let blockMask = oneCore - 1
  private static let coresMask = closed - oneCore

  private let word = Atomic<UInt64>(0)

  /// Always to be followed by `leave`. False if the gate is closed: then there is nothing to do here.
  func enter() -> Bool {
    // Relaxed: that the start comes first is ordered by how the core got to know of the team.
    word.wrappingAdd(Self.oneCore, ordering: .relaxed).oldValue & Self.closed == 0
  }

  /// The index of a block that no other core gets.
  func claim() -> UInt64 {
    // Relaxed: the read-modify-write alone makes it the only one. What a core reads for it, the
    // source, nobody writes, and where it writes, nobody reads before it has left or marked the block.
    word.wrappingAdd(1, ordering: .relaxed).oldValue & Self.blockMask
  }

  /// How many blocks were claimed, if there were as many.
  var claimedCount: UInt64 { word.load(ordering: .relaxed) & Self.blockMask }

  func leave() {
    // Releasing: all that this core has written happens before the core that closes goes on.
    word.wrappingSubtract(Self.oneCore, ordering: .releasing)
  }

  /// Lets nobody in any more and waits until all have left. False if it was closed before.
  func close() -> Bool {
    // Relaxed: what matters is its place among the changes of this word.
    let before = word.bitwiseOr(Self.closed, ordering: .relaxed).oldValue
    // Acquiring: reads what the last core left behind. A core that left earlier is covered too, as
    // its release goes on through the later read-modify-writes of the word (a release sequence).
    while word.load(ordering: .acquiring) & Self.coresMask != 0 {}
    return before & Self.closed == 0
  }
}
