import CLZ4Boot

/// What a caller passed as memory, checked as far as that can be.
enum Arguments {
  static func source(
    _ start: UnsafeRawPointer?, _ byteCount: Int, offset: UInt64 = 0
  ) -> SourceCursor? {
    guard let base = unsafe base(start, byteCount) else { return nil }
    return unsafe SourceCursor(
      unsafeStart: base.assumingMemoryBound(to: UInt8.self), byteCount: byteCount, offset: offset)
  }

  static func target(
    _ start: UnsafeMutableRawPointer?, _ capacity: Int, isInPlace: Bool
  ) -> Target? {
    guard let base = unsafe base(start, capacity) else { return nil }
    return unsafe Target(
      unsafeBase: UnsafeMutableRawPointer(mutating: base).assumingMemoryBound(to: UInt8.self),
      capacity: capacity, isInPlace: isInPlace)
  }

  /// Nil if that cannot be memory: it is half of the address space at most, as differences are
  /// signed, and there is an address behind it, as loops run up to that.
  @inline(never)
  private static func base(_ start: UnsafeRawPointer?, _ byteCount: Int) -> UnsafeRawPointer? {
    guard let start = unsafe start else { return unsafe byteCount == 0 ? nowhere : nil }
    let isRange =
      byteCount >= 0 && UInt(bitPattern: byteCount) < 0 &- UInt(bitPattern: start)
    return unsafe isRange ? start : nil
  }

  /// Any address will do for no bytes.
  static var nowhere: UnsafeRawPointer {
    // SAFETY: not 0, and never read: it goes with a count of 0.
    unsafe UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
  }
}

extension Stream {
  /// Takes what the caller of a new stream asks for. It is refused already if that is bad.
  @inline(never)
  mutating func start(
    unsafeTarget target: UnsafeMutableRawPointer?, capacity: Int, flags: UInt32
  ) {
    let inPlace = lz4boot_flag_in_place.rawValue
    let known =
      lz4boot_flag_stop_after_frame.rawValue | inPlace | lz4boot_flag_require_checksums.rawValue
    guard
      flags & ~known == 0,
      let target = unsafe Arguments.target(target, capacity, isInPlace: flags & inPlace != 0)
    else {
      _ = refuse(.bad_argument, at: 0)
      return
    }
    self.target = target
    options = Options(flags: flags)
  }

  /// Makes a chunk what is at hand, if something is still to be taken. Where none can be, its bytes
  /// are missing from here on.
  @inline(never)
  mutating func accept(unsafeChunk start: UnsafeRawPointer?, byteCount: Int) -> Bool {
    guard status == .ok else { return false }
    guard let chunk = unsafe Arguments.source(start, byteCount, offset: source.offset) else {
      return refuse(.bad_argument, at: source.offset)
    }
    return phase != .stopped && accept(chunk)
  }
}
