import CLZ4Boot

/// The resumable decoder of a source: a sequence of LZ4 frames, legacy frames and skippable frames,
/// split anywhere.
///
/// One-shot decoding is one push of everything. Each phase waits for one field; a step takes what
/// is at hand of it.
struct Stream {
  enum Phase {
    case magic
    case descriptor, blockSize, blockChecksum, contentChecksum
    case compressedBlock, storedBlock
    case legacyBlockSize, legacySizeOrBlock, legacyZeros
    case skippableSize, skippableData
    /// Behind the only frame that was asked for.
    case stopped
  }

  /// Of `lz4boot_report.format`.
  enum Format: UInt32 {
    case none, frame, legacy, skippable, rawBlock
  }

  struct Options {
    var stopsAfterFrame = false
    var isInPlace = false
    var requiresChecksums = false
  }

  // Small fields first: they share a word.
  let options: Options
  var phase = Phase.magic
  var format = Format.none
  /// Whether a frame has ended.
  var hasFrame = false
  /// How many bytes were looked at that turned out to start a block: they are in `legacyWord`, to
  /// be taken again.
  var lookaheadCount: UInt8 = 0
  /// A legacy size word of which it is not known yet what it is.
  var legacyWord: UInt32 = 0

  var error: DecodeError?
  var target: Target
  /// Bytes of the source taken so far.
  var consumedCount: UInt64 = 0
  var field = FieldBuffer()

  var header = FrameHeader()
  /// Index of the target at which the frame's output starts.
  var frameStart = 0
  var contentHash = XXH32()

  var blockIndex: UInt64 = 0
  /// Source offsets of the block's, or the skippable frame's, data.
  var dataStart: UInt64 = 0
  var dataEnd: UInt64 = 0
  var block = BlockDecoder(windowStart: 0, outputEnd: 0)
  var blockHash = XXH32()

  /// Set when blocks are only counted, not decoded.
  var survey: Survey?

  @inline(__always)
  init(target: Target, options: Options) {
    self.target = target
    self.options = options
  }

  /// Whether the source may end here.
  var mayEnd: Bool {
    switch phase {
    case .magic: hasFrame && field.count == 0
    case .legacyBlockSize, .legacySizeOrBlock: field.word == 0
    case .legacyZeros, .stopped: true
    default: false
    }
  }

  /// How much of the source is consumed, as seen by the caller: bytes that have been looked at
  /// behind the only frame that was asked for are not.
  var reportedCount: UInt64 {
    let looksBeyond = phase == .stopped || (options.stopsAfterFrame && mayEnd && field.count > 0)
    return looksBeyond ? field.offset : consumedCount
  }

  /// Takes all of `source`. Everything that these bytes determine is decoded on return.
  mutating func push(_ source: inout SourceCursor) {
    guard error == nil && phase != .stopped else { return }
    do throws(DecodeError) {
      try checkOverlap(source)
      try run(&source)
      while lookaheadCount > 0 {
        try runLookahead(before: source)
        try run(&source)
      }
      consumedCount = source.offset
    } catch {
      self.error = error
    }
  }

  /// Takes bytes until there are no more, or some are to be taken again. Blocks are not a step, for
  /// the stack's sake.
  @inline(never)
  private mutating func run(_ source: inout SourceCursor) throws(DecodeError) {
    var goesOn = true
    while goesOn && lookaheadCount == 0 {
      let isInBlock = phase == .compressedBlock || phase == .storedBlock
      goesOn = isInBlock ? try takeBlock(&source) : try step(&source)
    }
  }

  /// Takes bytes again that were looked at. They are too few for anything but a block and the start
  /// of the next size.
  private mutating func runLookahead(before source: SourceCursor) throws(DecodeError) {
    let byteCount = Int(lookaheadCount)
    lookaheadCount = 0
    target.setFence(before: source)
    try withCursor(over: legacyWord, byteCount: byteCount, offset: dataStart) {
      cursor throws(DecodeError) in
      try run(&cursor)
    }
    target.clearFence()
  }

  /// Bytes that cannot be had are missing from here on.
  mutating func refuseChunk() {
    if error == nil { error = DecodeError(status: .bad_argument, offset: consumedCount) }
  }

  mutating func finish() {
    if error == nil && !mayEnd {
      error = DecodeError(status: .truncated_input, offset: consumedCount)
    }
    guard error == nil else { return }
    switch phase {
    case .legacyBlockSize:
      survey?.endLegacyFrame(
        field.count == 0 ? lz4boot_legacy_end_input : lz4boot_legacy_end_zeros)
    case .legacySizeOrBlock where mayBeBlockOfZeros:
      survey?.endLegacyFrame(lz4boot_legacy_end_zeros)
    case .legacySizeOrBlock:
      survey?.endLegacyFrame(lz4boot_legacy_end_size, size: legacyWord)
    default: break
    }
  }

  private func checkOverlap(_ source: SourceCursor) throws(DecodeError) {
    switch target.overlap(with: source) {
    case .none: return
    case .ahead where target.isInPlace: return
    case .overwritten where target.isInPlace:
      throw DecodeError(status: .in_place_overrun, offset: source.offset)
    default: throw DecodeError(status: .bad_argument, offset: source.offset)
    }
  }

  /// One field, or what there is of it. False when more of the source is needed, or nothing.
  @inline(never)
  private mutating func step(_ source: inout SourceCursor) throws(DecodeError) -> Bool {
    switch phase {
    case .magic: try readMagic(&source)
    case .descriptor: try readDescriptor(&source)
    case .blockSize: try readBlockSize(&source)
    case .blockChecksum: try readBlockChecksum(&source)
    case .contentChecksum: try readContentChecksum(&source)
    case .legacyBlockSize: try readLegacyBlockSize(&source)
    case .legacySizeOrBlock: try readBehindLegacySize(&source)
    case .legacyZeros: try readLegacyZeros(&source)
    case .skippableSize: readSkippableSize(&source)
    case .skippableData: skipData(&source)
    case .compressedBlock, .storedBlock, .stopped: false
    }
  }

  /// Starts to wait for the next field.
  mutating func expect(_ phase: Phase) {
    self.phase = phase
    field.clear()
  }

  /// The magic is read byte by byte, so that what can be none is told at once.
  private mutating func readMagic(_ source: inout SourceCursor) throws(DecodeError) -> Bool {
    while field.collect(field.count &+ 1, from: &source) {
      if format == .legacy && hasFrame && field.word == 0 && field.count == 1 {
        // Behind a size too large for a block, which has ended the frame.
        expect(.legacyZeros)
        return true
      }
      guard Magic.canStart(with: field.word, byteCount: field.count) else {
        throw DecodeError(
          status: hasFrame ? .trailing_data : .unknown_format, offset: field.offset)
      }
      if field.count == 4, let magic = Magic(field.word) {
        try startFrame(magic)
        return true
      }
    }
    return false
  }

  /// The magic is in `field`.
  mutating func startFrame(_ magic: Magic) throws(DecodeError) {
    blockIndex = 0
    frameStart = target.count
    contentHash = XXH32()
    switch magic {
    case .frame:
      format = .frame
      expect(.descriptor)
    case .legacy:
      format = .legacy
      try requireChecksum(false)
      header = FrameHeader()
      expect(.legacyBlockSize)
    case .skippable:
      format = .skippable
      expect(.skippableSize)
    }
    survey?.startFrame(format)
  }

  /// `field` holds what tells whether there is a checksum.
  func requireChecksum(_ isThere: Bool) throws(DecodeError) {
    if options.requiresChecksums && !isThere {
      throw DecodeError(status: .content_checksum_mismatch, offset: field.offset)
    }
  }

  /// Behind the last byte of a frame.
  mutating func endFrame(at source: SourceCursor) {
    hasFrame = true
    expect(options.stopsAfterFrame ? .stopped : .magic)
    // The offset of the field that does not come is where the frame ends.
    field.place(at: source.offset)
  }

  /// [size:u32le][data]
  private mutating func readSkippableSize(_ source: inout SourceCursor) -> Bool {
    guard field.collect(4, from: &source) else { return false }
    startData(byteCount: field.word, at: source.offset)
    expect(.skippableData)
    return true
  }

  mutating func startData(byteCount: UInt32, at offset: UInt64) {
    dataStart = offset
    dataEnd = offset &+ UInt64(byteCount)
  }

  private mutating func skipData(_ source: inout SourceCursor) -> Bool {
    source.skip(source.prefix(dataEnd &- source.offset).byteCount)
    guard source.offset == dataEnd else { return false }
    endFrame(at: source)
    return true
  }
}
