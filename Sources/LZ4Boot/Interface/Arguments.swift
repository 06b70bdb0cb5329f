import CLZ4Boot

/// What a caller passed as memory, checked as far as that can be.
enum Arguments {
  static func source(
    _ start: UnsafeRawPointer?, _ byteCount: Int, offset: UInt64 = 0
  ) -> SourceCursor? {
    guard let start = unsafe start else {
      // Any address will do for no bytes.
      return byteCount == 0
        ? unsafe SourceCursor(unsafeStart: nowhere, byteCount: 0, offset: offset) : nil
    }
    guard isRange(UInt(bitPattern: start), byteCount) else { return nil }
    return unsafe SourceCursor(
      unsafeStart: start.assumingMemoryBound(to: UInt8.self), byteCount: byteCount, offset: offset)
  }

  static func target(
    _ start: UnsafeMutableRawPointer?, _ capacity: Int, isInPlace: Bool
  ) -> Target? {
    guard let start = unsafe start else {
      return capacity == 0
        ? unsafe Target(
          unsafeBase: UnsafeMutablePointer(mutating: nowhere), capacity: 0, isInPlace: isInPlace)
        : nil
    }
    guard isRange(UInt(bitPattern: start), capacity) else { return nil }
    return unsafe Target(
      unsafeBase: start.assumingMemoryBound(to: UInt8.self), capacity: capacity,
      isInPlace: isInPlace)
  }

  /// The `lz4boot_flag`s, nil if any of them is not known.
  static func options(_ flags: UInt32) -> Stream.Options? {
    let known =
      lz4boot_flag_stop_after_frame.rawValue | lz4boot_flag_in_place.rawValue
      | lz4boot_flag_require_checksums.rawValue
    guard flags & ~known == 0 else { return nil }
    return Stream.Options(
      stopsAfterFrame: flags & lz4boot_flag_stop_after_frame.rawValue != 0,
      isInPlace: flags & lz4boot_flag_in_place.rawValue != 0,
      requiresChecksums: flags & lz4boot_flag_require_checksums.rawValue != 0)
  }

  /// Half of the address space at most, as differences are signed, and not around its end.
  private static func isRange(_ start: UInt, _ byteCount: Int) -> Bool {
    byteCount >= 0 && UInt(bitPattern: byteCount) <= 0 &- start
  }

  private static var nowhere: UnsafePointer<UInt8> {
    // SAFETY: not 0, and never read: it goes with a count of 0.
    unsafe UnsafePointer(bitPattern: 1).unsafelyUnwrapped
  }
}
