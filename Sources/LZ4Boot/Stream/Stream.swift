import CLZ4Boot

/// The resumable decoder of a source: a sequence of LZ4 frames, legacy frames and skippable frames,
/// split anywhere.
///
/// One-shot decoding is one push of everything. Each phase waits for one field; a step takes what
/// is at hand of it. Steps return whether to go on: not if more of the source is needed, if it is
/// refused, or if the only frame that was asked for has ended.
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

  /// `lz4boot_flag`s, and one more.
  struct Options {
    private static let watched: UInt8 = 1 << 7
    private var flags: UInt8

    init(flags: UInt32) { self.flags = UInt8(truncatingIfNeeded: flags) }

    private func has(_ flag: lz4boot_flag) -> Bool { UInt32(flags) & flag.rawValue != 0 }

    var stopsAfterFrame: Bool { has(lz4boot_flag_stop_after_frame) }
    var requiresChecksums: Bool { has(lz4boot_flag_require_checksums) }
    /// The target ends where somebody is to be asked first, and more of it is to come.
    var isWatched: Bool {
      get { flags & Self.watched != 0 }
      set { flags = newValue ? flags | Self.watched : flags & ~Self.watched }
    }
  }

  // One-shot decoding puts all of this on the stack, of which boot code has little: what can be
  // told from other fields is not here, and small fields follow those whose last word they share.

  /// What is at hand and not yet taken. Its offset counts all that was taken; once something is
  /// wrong it is that of the first byte of the field at fault.
  var source = SourceCursor.none
  /// Bytes behind those that were put aside while a piece of a block is taken.
  var asideByteCount = 0

  var target = Target.none
  var options = Options(flags: 0)
  /// Stopped inside a block at the end of a watched target.
  var isPaused = false
  /// Blocks are only counted, not decoded.
  var isSurvey = false
  /// What is wrong, or ok.
  private(set) var status = lz4boot_status.ok

  /// The field that the phase waits for, or the start of a stripe of a block that is hashed.
  var field = FieldBuffer()
  var phase = Phase.magic
  /// Whether a frame has ended.
  var hasFrame = false
  /// How many bytes were looked at that turned out to start a block: they are in `heldWord`, to be
  /// taken again.
  var lookaheadCount: UInt8 = 0
  /// A legacy size word of which it is not known yet what it is; in frames, the digest of a block.
  var heldWord: UInt32 = 0

  var header = FrameHeader()
  var format = SourceFormat.none
  /// All of the source is at hand from the start.
  var isWhole = false
  /// The size of the block's, or the skippable frame's, data.
  var dataByteCount: UInt32 = 0

  /// Source offset of the end of that data.
  var dataEnd: UInt64 = 0
  /// Index of the target at which the frame's output starts.
  var frameStart = 0
  var contentHash = XXH32.unstarted

  var blockIndex: UInt64 = 0
  var block = BlockDecoder(windowStart: 0, outputEnd: 0)
  var blockHash = XXH32.unstarted

  /// Where `field` starts, from the start of the source.
  var fieldOffset: UInt64 { source.offset &- UInt64(count: field.count) }

  /// How many bytes the frame at hand has produced; in a survey, the most that it can have.
  var producedCount: UInt64 { UInt64(count: target.count &- frameStart) }

  /// In a survey: there is no output, so the frame's start moves away from it.
  mutating func addProduced(_ byteCount: UInt64) {
    frameStart &-= Int(truncatingIfNeeded: byteCount)
  }

  var dataStart: UInt64 { dataEnd &- UInt64(dataByteCount) }

  var isInBlock: Bool { phase == .compressedBlock || phase == .storedBlock }

  /// Of the frame at hand.
  var blockMaximum: UInt32 {
    format == .legacy ? LegacyFormat.blockMaximum : header.blockMaximum
  }

  var hasIndependentBlocks: Bool { format == .legacy || header.hasIndependentBlocks }

  /// Whether the source may end here.
  var mayEnd: Bool {
    @inline(never) get {
      switch phase {
      case .magic: hasFrame && field.count == 0
      case .legacyBlockSize, .legacySizeOrBlock: field.word == 0
      case .legacyZeros, .stopped: true
      default: false
      }
    }
  }

  /// Takes all that is at hand of a whole source.
  ///
  /// Flat and inlined, for the stack's sake: what is called here calls the block decoder.
  @inline(__always)
  mutating func runWhole() {
    isWhole = true
    while isInBlock ? takeBlock() : step() {}
  }

  /// Takes all that is at hand. Everything that these bytes determine is decoded on return.
  @inline(__always)
  mutating func run() {
    while isInBlock ? lookaheadCount == 0 ? takeBlock() : takeLookahead() : step() {}
  }

  /// Makes `chunk` what is at hand.
  mutating func accept(_ chunk: SourceCursor) -> Bool {
    source = chunk
    let placeStatus = target.status(ofPlaceOf: chunk)
    return placeStatus == .ok || refuse(placeStatus, at: chunk.offset)
  }

  /// Refuses the source for good. For mismatches, with what it says and what was computed.
  @inline(never)
  mutating func refuse(
    _ status: lz4boot_status, at offset: UInt64, expected: UInt64, actual: UInt64
  ) -> Bool {
    self.status = status
    source.stop(at: offset)
    // The header is not read any more: its place is used for these.
    (header.contentSize, header.contentSizeOffset) = (expected, actual)
    return false
  }

  @inline(never)
  mutating func refuse(_ status: lz4boot_status, at offset: UInt64) -> Bool {
    refuse(status, at: offset, expected: 0, actual: 0)
  }

  /// Refuses the byte at `index` of `field`.
  @inline(never)
  mutating func refuseField(_ status: lz4boot_status, at index: Int = 0) -> Bool {
    refuse(status, at: fieldOffset &+ UInt64(count: index))
  }

  var expected: UInt64 { status == .ok ? 0 : header.contentSize }
  var actual: UInt64 { status == .ok ? 0 : header.contentSizeOffset }

  /// Behind the last byte of the source.
  @inline(never)
  mutating func end() {
    if status == .ok && !mayEnd { _ = refuse(.truncated_input, at: source.offset) }
  }

  /// Where the target is full, nothing that follows is looked at, and nothing of it is wrong.
  @inline(never)
  mutating func endAtFullTarget() {
    guard target.count == target.capacity && status != .bad_argument else { return }
    status = .ok
    phase = .stopped
  }

  /// Refuses what comes behind a pause.
  mutating func cancel() { _ = refuse(.cancelled, at: source.offset) }

  /// One field, or what there is of it. Blocks are not a step, for the stack's sake.
  @inline(never)
  mutating func step() -> Bool {
    switch phase {
    case .magic: return readMagic()
    case .descriptor: return readDescriptor()
    case .legacySizeOrBlock: return readBehindLegacySize()
    case .legacyZeros: return readLegacyZeros()
    case .stopped: return false
    case .skippableData:
      return skipData() && endFrame()
    default: break
    }
    guard collect(4) else { return false }
    switch phase {
    case .blockSize: return readBlockSize()
    case .blockChecksum: return readBlockChecksum()
    case .contentChecksum: return readContentChecksum()
    case .legacyBlockSize: return readLegacyBlockSize()
    case .skippableSize: return readSkippableSize()
    default: return false
    }
  }

  /// Whether `field` holds `wanted` bytes now.
  mutating func collect(_ wanted: Int) -> Bool { field.collect(wanted, from: &source) }

  /// Starts to wait for the next field.
  @inline(never) @discardableResult
  mutating func expect(_ phase: Phase) -> Bool {
    self.phase = phase
    field.clear()
    return true
  }

  /// The magic is read byte by byte, so that what can be none is told at once. One that has ended a
  /// legacy frame is at hand already.
  private mutating func readMagic() -> Bool {
    guard field.count == 4 || collect(field.count &+ 1) else { return false }
    if format == .legacy && hasFrame && field.word == 0 && field.count == 1 {
      // Behind a size too large for a block, which has ended the frame.
      return expect(.legacyZeros)
    }
    guard Magic.canStart(with: field.word, byteCount: field.count) else {
      return refuseField(hasFrame ? .trailing_data : .unknown_format)
    }
    guard field.count == 4, let magic = Magic(field.word) else { return true }
    return startFrame(magic)
  }

  /// The magic is in `field`.
  private mutating func startFrame(_ magic: Magic) -> Bool {
    blockIndex = 0
    frameStart = target.count
    contentHash = XXH32(seed: 0)
    switch magic {
    case .frame:
      format = .frame
      return expect(.descriptor)
    case .legacy:
      format = .legacy
      header = FrameHeader()
      return options.requiresChecksums ? refuseWithoutChecksum() : expect(.legacyBlockSize)
    case .skippable:
      format = .skippable
      return expect(.skippableSize)
    }
  }

  /// `field` holds what tells that there is no checksum.
  mutating func refuseWithoutChecksum() -> Bool { refuseField(.content_checksum_mismatch) }

  /// Behind the last byte of a frame.
  @inline(never)
  mutating func endFrame() -> Bool {
    hasFrame = true
    return expect(options.stopsAfterFrame ? .stopped : .magic)
  }

  /// [size:u32le][data]
  private mutating func readSkippableSize() -> Bool {
    startData(byteCount: field.word, at: source.offset)
    return expect(.skippableData)
  }

  mutating func startData(byteCount: UInt32, at offset: UInt64) {
    dataByteCount = byteCount
    dataEnd = offset &+ UInt64(byteCount)
  }

  /// True at the end of the data.
  mutating func skipData() -> Bool {
    narrow(to: dataEnd &- source.offset)
    source.skip(source.byteCount)
    widen()
    return source.offset == dataEnd
  }

  /// Leaves the next bytes only, `limit` at most, until `widen`.
  mutating func narrow(to limit: UInt64) { asideByteCount = source.narrow(to: limit) }

  mutating func widen() { source.widen(by: asideByteCount) }
}
