extension FlattenedDeviceTree {
  /// One element of the structure block (section 5.4). Names and values are positions in the blob.
  enum Token {
    /// [1:u32be][name, NUL, padding to 4]
    case beginNode(name: Range<Int>)
    /// [2:u32be]
    case endNode
    /// [3:u32be][value's byte count:u32be][name's offset in the strings:u32be][value, padding to 4]
    case property(name: Int, value: Range<Int>)
    /// [9:u32be]
    case end
  }

  /// Reads the token at `position`, skipping NOPs, and moves `position` behind it.
  @inline(never)
  func nextToken(
    at position: inout Int, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Token {
    while true {
      switch try cell(at: &position, in: blob) {
      case 1:
        let name = try string(at: position, before: structure.upperBound, in: blob)
        position = try aligned(name.upperBound + 1)
        return .beginNode(name: name)
      case 2:
        return .endNode
      case 3:
        let byteCount = Int(try cell(at: &position, in: blob))
        let nameOffset = Int(try cell(at: &position, in: blob))
        guard byteCount <= structure.upperBound - position, nameOffset <= strings.count else {
          throw .malformed
        }
        let value = position..<(position + byteCount)
        position = try aligned(value.upperBound)
        return .property(name: strings.lowerBound + nameOffset, value: value)
      case 4:
        continue
      case 9:
        return .end
      default:
        throw .malformed
      }
    }
  }

  /// The cell at `position`, which moves behind it.
  private func cell(
    at position: inout Int, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> UInt32 {
    guard position <= structure.upperBound, structure.upperBound - position >= 4 else {
      throw .malformed
    }
    defer { position += 4 }
    return blob.bigEndian32(at: position)
  }

  /// Tokens are aligned to 4 bytes. The structure block starts aligned, so this is absolute.
  private func aligned(_ position: Int) throws(DeviceTreeError) -> Int {
    let next = (position + 3) & ~3
    guard next <= structure.upperBound else { throw .malformed }
    return next
  }

  /// The NUL-terminated string at `start`, without its NUL, which must lie before `end`.
  func string(
    at start: Int, before end: Int, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Range<Int> {
    var index = start
    while index < end {
      if blob[index] == 0 { return start..<index }
      index += 1
    }
    throw .malformed
  }

  /// The string of a list at `position`, which moves behind it; nil where the list ends.
  func nextString(
    at position: inout Int, before end: Int, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Range<Int>? {
    guard position < end else { return nil }
    let text = try string(at: position, before: end, in: blob)
    position = text.upperBound + 1
    return text
  }

  /// Whether the bytes at `range` are those of `text`.
  func matches(
    _ range: Range<Int>, _ text: StaticString, in blob: borrowing Span<UInt8>
  ) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<range.count {
      // SAFETY: index is below the count of code units.
      guard unsafe blob[range.lowerBound + index] == text.utf8Start[index] else { return false }
    }
    return true
  }
}
