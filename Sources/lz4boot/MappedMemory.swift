import BootFormats
import Glibc

/// Anonymous memory that costs nothing until it is touched: the source and the target of a decode.
@safe
final class MappedMemory {
  let capacity: Int
  /// How many bytes, from the first, hold something.
  private(set) var byteCount = 0
  private let start: UnsafeMutableRawPointer

  /// Reserves memory; `name` is the file that it is for.
  init(capacity: Int, for name: String) throws(CommandFailure) {
    // mmap refuses a length of 0.
    let length = max(capacity, 1)
    let mapped = unsafe mmap(
      nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard unsafe mapped != MAP_FAILED, let mapped = unsafe mapped else {
      throw .lastCall(name, action: "cannot reserve \(capacity) bytes of memory")
    }
    self.capacity = capacity
    unsafe start = mapped
  }

  /// Holds a part of another memory.
  convenience init(copying section: FileSection, of other: MappedMemory, for name: String)
    throws(CommandFailure)
  {
    try self.init(capacity: section.byteCount, for: name)
    unsafe append { room in
      unsafe other.withUnsafeBytes { bytes in
        unsafe room.copyMemory(
          from: UnsafeRawBufferPointer(
            rebasing: bytes[section.offset..<section.offset + section.byteCount]))
      }
      return section.byteCount
    }
  }

  deinit {
    unsafe munmap(start, max(capacity, 1))
  }

  /// Lets `body` fill the room behind the present bytes; it returns how many bytes it added.
  func append<Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) {
    let room = unsafe UnsafeMutableRawBufferPointer(
      start: start + byteCount, count: capacity - byteCount)
    let added = try unsafe body(room)
    precondition(added >= 0 && added <= capacity - byteCount, "more bytes than there is room for")
    byteCount += added
  }

  /// Adds the bytes of another memory, for which there must be room.
  func append(_ other: MappedMemory) {
    unsafe append { room in
      unsafe room.copyMemory(
        from: UnsafeRawBufferPointer(start: other.start, count: other.byteCount))
      return other.byteCount
    }
  }

  /// Adds bytes, for which there must be room.
  func append(_ bytes: some Collection<UInt8>) {
    unsafe append { room in
      unsafe room.copyBytes(from: bytes)
      return bytes.count
    }
  }

  /// Overwrites bytes that are there.
  func replace(at offset: Int, with bytes: [UInt8]) {
    withMutableSpan { span in
      for index in bytes.indices { span[offset + index] = bytes[index] }
    }
  }

  /// Adds zeros up to so many bytes in all, for which there must be room.
  func pad(to byteCount: Int) {
    unsafe append { _ in byteCount - self.byteCount }
  }

  /// The present bytes.
  func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeRawBufferPointer(start: start, count: byteCount))
  }

  /// The present bytes, checked at every access.
  func withSpan<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the memory lives as long as self, and nothing writes to it meanwhile.
    try body(
      unsafe Span<UInt8>(
        _unsafeElements: .init(start: start.assumingMemoryBound(to: UInt8.self), count: byteCount)))
  }

  /// The present bytes, to be changed.
  func withMutableSpan(_ body: (inout MutableSpan<UInt8>) -> Void) {
    let bytes = unsafe UnsafeMutableBufferPointer(
      start: start.assumingMemoryBound(to: UInt8.self), count: byteCount)
    // SAFETY: the memory lives as long as self, and the closure has the only access to it.
    var span = unsafe MutableSpan(_unsafeElements: bytes)
    body(&span)
  }
}
