/// Bytes on the heap and not one more: AddressSanitizer knows where they start and end.
@safe
struct HeapBytes: ~Copyable {
  let start: UnsafeMutableRawPointer
  let count: Int

  init(_ count: Int, filledWith byte: UInt8, alignment: Int = 1) {
    unsafe start = .allocate(byteCount: count, alignment: alignment)
    unsafe start.initializeMemory(as: UInt8.self, repeating: byte, count: count)
    self.count = count
  }

  init(_ bytes: [UInt8]) {
    self.init(bytes[...])
  }

  init(_ bytes: ArraySlice<UInt8>) {
    count = bytes.count
    unsafe start = .allocate(byteCount: count, alignment: 1)
    put(bytes, at: 0)
  }

  deinit { unsafe start.deallocate() }

  func put(_ bytes: ArraySlice<UInt8>, at offset: Int) {
    precondition(offset >= 0 && bytes.count <= count - offset, "no room for these bytes")
    unsafe UnsafeMutableRawBufferPointer(start: start + offset, count: bytes.count)
      .copyBytes(from: bytes)
  }

  func prefix(_ byteCount: Int) -> [UInt8] {
    precondition(byteCount >= 0 && byteCount <= count, "not so many bytes")
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: byteCount))
  }
}

/// A number whose lowest byte is the first.
func number(_ bytes: some BidirectionalCollection<UInt8>) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

func copied(_ span: Span<UInt8>) -> [UInt8] { unsafe span.withUnsafeBytes { unsafe [UInt8]($0) } }

/// So many bytes of some bytes again and again.
func repeated(_ bytes: [UInt8], byteCount: Int) -> [UInt8] {
  var result: [UInt8] = []
  while result.count < byteCount { result += bytes.prefix(byteCount - result.count) }
  return result
}
