/// The block sizes that a frame can have ("Frame format, BD byte").
enum BlockSize: String, CaseIterable {
  case kibi64 = "64K"
  case kibi256 = "256K"
  case mebi1 = "1M"
  case mebi4 = "4M"

  var byteCount: Int {
    switch self {
    case .kibi64: 64 << 10
    case .kibi256: 256 << 10
    case .mebi1: 1 << 20
    case .mebi4: 4 << 20
    }
  }

  /// log2 of it.
  var shift: UInt64 { UInt64(byteCount.trailingZeroBitCount) }

  /// What decodes best in parallel: of the sizes that keep four cores busy, the one that costs the
  /// least ratio.
  ///
  /// Cores take whole blocks, so in the last round three may find none. With 64 blocks or more that
  /// is at most a 17th of the time: four cores are busy for 95 % of it. Small blocks also let the
  /// checksum of the content, which has to go from front to back, begin early and end early.
  ///
  /// 64 KiB costs a kernel 5.8 % of ratio, 256 KiB 1.4 %, so 16 blocks of 256 KiB have to do before
  /// that is paid. docs/performance.md, "Blocks for four cores", has the figures.
  static func inParallel(contentByteCount: Int) -> BlockSize {
    switch contentByteCount {
    case ..<(16 * kibi256.byteCount): .kibi64
    case ..<(64 * mebi1.byteCount): .kibi256
    case ..<(64 * mebi4.byteCount): .mebi1
    default: .mebi4
    }
  }
}

/// How content is cut into the independent blocks that cores decode side by side.
struct BlockLayout {
  let contentByteCount: Int
  let size: BlockSize

  /// Only the last block may be shorter than the others.
  var blockCount: Int { (contentByteCount + size.byteCount - 1) / size.byteCount }

  /// How much of their time `coreCount` cores decode, if every byte takes the same time and a core
  /// that has finished a block takes the next one. There must be content.
  func busyPercent(coreCount: Int) -> Int {
    let lastRoundBlockCount = (blockCount - 1) % coreCount + 1
    let roundsBefore = (blockCount - lastRoundBlockCount) / coreCount
    // The last block is all that a round takes in which it is alone.
    let lastRoundByteCount =
      lastRoundBlockCount == 1
      ? contentByteCount - (blockCount - 1) * size.byteCount : size.byteCount
    let longest = roundsBefore * size.byteCount + lastRoundByteCount
    return contentByteCount * 100 / (coreCount * longest)
  }

  /// For a summary: what was chosen, and what it is good for.
  var summary: String {
    guard contentByteCount > 0 else { return "none" }
    let kibi = size.byteCount >> 10
    let most = kibi < 1024 ? "\(kibi) KiB" : "\(kibi >> 10) MiB"
    let coreCount = 4
    return "\(blockCount) independent, of \(most) at most: "
      + "can keep \(coreCount) cores about \(busyPercent(coreCount: coreCount)) % busy"
  }
}
