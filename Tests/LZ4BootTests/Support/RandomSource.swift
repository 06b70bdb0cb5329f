/// Valid sources made of random sequences, blocks and frames, together with what they decode to.
struct RandomSource {
  private var generator: SplitMix64
  private(set) var bytes: [UInt8] = []
  private(set) var output: [UInt8] = []

  init(seed: UInt64, frameCountMax: Int = 3) {
    generator = SplitMix64(seed: seed)
    for _ in 0...generator.below(frameCountMax) {
      switch generator.below(8) {
      case 0: bytes += skippableFrame(generator.bytes(generator.below(40)))
      case 1, 2: addLegacyFrame()
      default: addFrame()
      }
    }
  }

  /// Short lengths mostly, and all around the limits of token and fast loops.
  private mutating func length() -> Int {
    switch generator.below(8) {
    case 0: 0
    case 1...4: generator.below(20)
    case 5: 12 + generator.below(30)
    case 6: 250 + generator.below(40)
    default: generator.below(600)
    }
  }

  /// A block, whose decoded bytes are appended to `content`; matches reach back to `windowStart`.
  private mutating func addBlock(to content: inout [UInt8], windowStart: Int) -> [UInt8] {
    var block: [UInt8] = []
    for _ in 0..<generator.below(12) {
      let literals = generator.bytes(length())
      content += literals
      let produced = min(content.count - windowStart, 65_535)
      guard produced > 0 else { continue }
      let near = generator.below(2) == 0
      let offset = 1 + generator.below(near ? min(produced, 40) : produced)
      let sequence = Sequence(literals, offset: offset, matchByteCount: 4 + length())
      for _ in 0..<sequence.matchByteCount { content.append(content[content.count - offset]) }
      block += sequence.bytes
    }
    let last = generator.bytes(length())
    content += last
    return block + lastSequence(last)
  }

  private mutating func addFrame() {
    var header = FrameHeader()
    header.isIndependent = generator.below(2) == 0
    header.hasBlockChecksums = generator.below(2) == 0
    header.hasContentChecksum = generator.below(2) == 0
    var content: [UInt8] = []
    var blocks: [FrameBlock] = []
    for _ in 0..<generator.below(6) {
      if generator.below(4) == 0 {
        let stored = generator.bytes(length())
        content += stored
        blocks.append(.stored(stored))
      } else {
        let start = header.isIndependent ? content.count : 0
        blocks.append(.compressed(addBlock(to: &content, windowStart: start)))
      }
    }
    if generator.below(2) == 0 { header.contentSize = UInt64(content.count) }
    bytes += frame(header, blocks, content: content)
    output += content
  }

  private mutating func addLegacyFrame() {
    var content: [UInt8] = []
    var blocks: [[UInt8]] = []
    for _ in 0..<generator.below(4) {
      blocks.append(addBlock(to: &content, windowStart: content.count))
    }
    bytes += legacyFrame(blocks)
    // The size of an empty frame would be zeros, and end the source.
    if generator.below(2) == 0, !content.isEmpty {
      bytes += littleEndian(UInt32(content.count))
    }
    output += content
  }
}
