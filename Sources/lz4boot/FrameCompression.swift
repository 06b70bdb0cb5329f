import CLibLZ4

/// Appends to `target` one LZ4 frame of independent 4 MiB blocks with block checksums, content
/// checksum and content size. Returns how many bytes that are.
func appendFrame(of source: MappedMemory, level: Int, to target: MappedMemory, name: String)
  throws(CommandFailure) -> Int
{
  let before = target.byteCount
  var frame = try FrameCompressor(
    contentByteCount: source.byteCount, level: level, target: target, name: name)
  try unsafe source.withUnsafeBytes { (bytes) throws(CommandFailure) in
    try unsafe frame.compress(bytes)
  }
  return target.byteCount - before
}

/// One frame through liblz4.
@safe
struct FrameCompressor: ~Copyable {
  private static let blockByteCount = 4 << 20

  private let target: MappedMemory
  private let name: String
  private var context: OpaquePointer?
  private var preferences = LZ4F_preferences_t()

  /// Room for any frame of that many bytes.
  static func byteCountMax(contentByteCount: Int) -> Int {
    var preferences = preferences(contentByteCount: contentByteCount, level: 1)
    return unsafe LZ4F_compressFrameBound(contentByteCount, &preferences)
      + LZ4F_compressBound(blockByteCount, &preferences)
  }

  init(contentByteCount: Int, level: Int, target: MappedMemory, name: String)
    throws(CommandFailure)
  {
    self.target = target
    self.name = name
    preferences = Self.preferences(contentByteCount: contentByteCount, level: level)
    let code = unsafe LZ4F_createCompressionContext(&context, UInt32(LZ4F_VERSION))
    _ = try Self.checked(code, name: name)
  }

  deinit {
    unsafe LZ4F_freeCompressionContext(context)
  }

  private static func preferences(contentByteCount: Int, level: Int) -> LZ4F_preferences_t {
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.blockSizeID = LZ4F_max4MB
    preferences.frameInfo.blockMode = LZ4F_blockIndependent
    preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
    preferences.frameInfo.contentSize = UInt64(contentByteCount)
    preferences.compressionLevel = Int32(level)
    preferences.autoFlush = 1
    return preferences
  }

  /// Compresses all of the content.
  mutating func compress(_ content: UnsafeRawBufferPointer) throws(CommandFailure) {
    var bar = ProgressBar("compressing")
    try unsafe append { (context, preferences, room) in
      unsafe LZ4F_compressBegin(context, room.baseAddress, room.count, &preferences)
    }
    for offset in stride(from: 0, to: content.count, by: Self.blockByteCount) {
      let block = unsafe UnsafeRawBufferPointer(
        rebasing: content[offset..<min(offset + Self.blockByteCount, content.count)])
      bar.update(done: offset, total: content.count)
      try unsafe append { (context, _, room) in
        unsafe LZ4F_compressUpdate(
          context, room.baseAddress, room.count, block.baseAddress, block.count, nil)
      }
    }
    try unsafe append { (context, _, room) in
      unsafe LZ4F_compressEnd(context, room.baseAddress, room.count, nil)
    }
  }

  private mutating func append(
    _ body: (OpaquePointer?, inout LZ4F_preferences_t, UnsafeMutableRawBufferPointer) -> Int
  ) throws(CommandFailure) {
    let (context, name) = unsafe (context, name)
    var preferences = preferences
    try unsafe target.append { (room) throws(CommandFailure) in
      try Self.checked(unsafe body(context, &preferences, room), name: name)
    }
  }

  private static func checked(_ code: Int, name: String) throws(CommandFailure) -> Int {
    guard LZ4F_isError(code) != 0 else { return code }
    // SAFETY: a static C string.
    let cause = unsafe String(cString: LZ4F_getErrorName(code))
    throw .refused(name: name, reason: "liblz4 failed: \(cause)")
  }
}
