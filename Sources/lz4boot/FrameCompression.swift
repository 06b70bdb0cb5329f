import CLibLZ4

/// What frame to make of some content. It has block checksums and content size, and a content
/// checksum if it is not for the stub.
struct FrameForm {
  private(set) var blocks: BlockLayout
  let level: Int
  /// Whether matches may reach back into the blocks before.
  private var isLinked: Bool

  private var isForStub = false

  /// A frame of independent blocks.
  init(blocks: BlockLayout, level: Int) {
    self.blocks = blocks
    self.level = level
    isLinked = false
  }

  /// The same without a checksum of the content: the stub has one of every block and decodes them in
  /// any order, which a checksum of the whole would have to wait for.
  var forStub: FrameForm {
    var form = self
    form.isForStub = true
    return form
  }

  /// The same of other content.
  func of(contentByteCount: Int) -> FrameForm {
    var form = self
    form.blocks = BlockLayout(contentByteCount: contentByteCount, size: blocks.size)
    return form
  }

  /// The same in linked blocks of 4 MiB.
  var linked: FrameForm {
    var form = self
    form.blocks = BlockLayout(contentByteCount: blocks.contentByteCount, size: .mebi4)
    form.isLinked = true
    return form
  }

  /// Room for any such frame.
  var byteCountMax: Int {
    var preferences = preferences
    return unsafe LZ4F_compressFrameBound(blocks.contentByteCount, &preferences)
      + LZ4F_compressBound(blocks.size.byteCount, &preferences)
  }

  fileprivate var preferences: LZ4F_preferences_t {
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.blockSizeID =
      switch blocks.size {
      case .kibi64: LZ4F_max64KB
      case .kibi256: LZ4F_max256KB
      case .mebi1: LZ4F_max1MB
      case .mebi4: LZ4F_max4MB
      }
    preferences.frameInfo.blockMode = isLinked ? LZ4F_blockLinked : LZ4F_blockIndependent
    preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled
    preferences.frameInfo.contentChecksumFlag =
      isForStub ? LZ4F_noContentChecksum : LZ4F_contentChecksumEnabled
    // liblz4 takes 0 for not known and leaves the field out, so the frame of nothing has none.
    preferences.frameInfo.contentSize = UInt64(blocks.contentByteCount)
    preferences.compressionLevel = Int32(level)
    preferences.autoFlush = 1
    return preferences
  }
}

/// Appends a frame of all of the source to `target`. Returns how many bytes that are. `progress` is
/// told how many bytes of the source are done.
func appendFrame(
  _ form: FrameForm, of source: MappedMemory, to target: MappedMemory, name: String,
  progress: (Int) -> Void
) -> Result<Int, CommandFailure> {
  let before = target.byteCount
  do throws(CommandFailure) {
    var frame = try FrameCompressor(form, target: target, name: name)
    try unsafe source.withUnsafeBytes { (bytes) throws(CommandFailure) in
      try unsafe frame.compress(bytes, progress: progress)
    }
    return .success(target.byteCount - before)
  } catch {
    return .failure(error)
  }
}

/// One frame through liblz4.
@safe
private struct FrameCompressor: ~Copyable {
  private let form: FrameForm
  private let target: MappedMemory
  private let name: String
  private var context: OpaquePointer?

  init(_ form: FrameForm, target: MappedMemory, name: String) throws(CommandFailure) {
    self.form = form
    self.target = target
    self.name = name
    let code = unsafe LZ4F_createCompressionContext(&context, UInt32(LZ4F_VERSION))
    _ = try Self.checked(code, name: name)
  }

  deinit {
    unsafe LZ4F_freeCompressionContext(context)
  }

  /// Compresses all of the content.
  mutating func compress(_ content: UnsafeRawBufferPointer, progress: (Int) -> Void)
    throws(CommandFailure)
  {
    var preferences = form.preferences
    // The content stays where it is, so that linked blocks need no copy of their window.
    var options = LZ4F_compressOptions_t()
    options.stableSrc = 1
    try unsafe append { (context, room) in
      unsafe LZ4F_compressBegin(context, room.baseAddress, room.count, &preferences)
    }
    let blockByteCount = form.blocks.size.byteCount
    for offset in stride(from: 0, to: content.count, by: blockByteCount) {
      let block = unsafe UnsafeRawBufferPointer(
        rebasing: content[offset..<min(offset + blockByteCount, content.count)])
      progress(offset)
      try unsafe append { (context, room) in
        unsafe LZ4F_compressUpdate(
          context, room.baseAddress, room.count, block.baseAddress, block.count, &options)
      }
    }
    try unsafe append { (context, room) in
      unsafe LZ4F_compressEnd(context, room.baseAddress, room.count, nil)
    }
  }

  private mutating func append(
    _ body: (OpaquePointer?, UnsafeMutableRawBufferPointer) -> Int
  ) throws(CommandFailure) {
    let (context, name) = unsafe (context, name)
    try unsafe target.append { (room) throws(CommandFailure) in
      try Self.checked(unsafe body(context, room), name: name)
    }
  }

  private static func checked(_ code: Int, name: String) throws(CommandFailure) -> Int {
    guard LZ4F_isError(code) != 0 else { return code }
    // SAFETY: a static C string.
    let cause = unsafe String(cString: LZ4F_getErrorName(code))
    throw .refused(name: name, reason: "liblz4 failed: \(cause)")
  }
}
