import Foundation

/// Memory between two pages that nobody may touch: an access outside it kills the test run.
@safe
final class GuardedMemory {
  /// Which of the two guard pages a window touches.
  enum Edge { case start, end }

  private let mapping: UnsafeMutableRawPointer
  private let accessible: UnsafeMutableRawBufferPointer
  private static let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))

  init(byteCountMax: Int) {
    let page = Self.pageByteCount
    let byteCount = max(1, (byteCountMax + page - 1) / page) * page
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    unsafe mapping = mmap(nil, byteCount + 2 * page, PROT_NONE, flags, -1, 0)!
    unsafe precondition(mapping != MAP_FAILED, "no memory for a guarded mapping")
    unsafe accessible = UnsafeMutableRawBufferPointer(start: mapping + page, count: byteCount)
    let status = unsafe mprotect(accessible.baseAddress, byteCount, PROT_READ | PROT_WRITE)
    precondition(status == 0, "the middle of a guarded mapping stays closed")
  }

  deinit {
    unsafe munmap(mapping, accessible.count + 2 * Self.pageByteCount)
  }

  var byteCountMax: Int { unsafe accessible.count }

  /// Bytes that touch one of the guard pages.
  func window(byteCount: Int, edge: Edge) -> UnsafeMutableRawBufferPointer {
    let start = unsafe edge == .start ? 0 : accessible.count - byteCount
    return unsafe UnsafeMutableRawBufferPointer(rebasing: accessible[start..<start + byteCount])
  }

  /// The source in front of the later, or behind the earlier, guard page.
  func place(_ bytes: ArraySlice<UInt8>, edge: Edge) -> UnsafeRawBufferPointer {
    let window = unsafe window(byteCount: bytes.count, edge: edge)
    unsafe window.copyBytes(from: bytes)
    return UnsafeRawBufferPointer(window)
  }

  func fill(with byte: UInt8) {
    unsafe memset(accessible.baseAddress!, Int32(byte), accessible.count)
  }

  /// Whether everything beside a window still holds what `fill` put there.
  func isFilled(with byte: UInt8, besideWindowOf byteCount: Int, edge: Edge) -> Bool {
    let rest = unsafe accessible.count - byteCount
    let skipped = edge == .start ? byteCount : 0
    let start = unsafe accessible.baseAddress! + skipped
    guard rest > 0 else { return true }
    // Bytes are all the same if the first is right and they equal themselves, shifted by one.
    let first = unsafe start.load(as: UInt8.self)
    return unsafe first == byte && memcmp(start, start + 1, rest - 1) == 0
  }
}
