// Headers: lz4boot_inspect against what decoding comes to and against a plain walk.
import CLZ4Boot

@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testInspect(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  let source = input.source()
  let (outcome, info) = inspect(source)
  let decoded = ReferenceDecoder.decode(source, capacity: outputByteCountMax)
  // Of legacy frames only decoding tells the end, and with it how much there is.
  let hasLegacyFrame =
    info.format == Format.legacy || info.legacy_end != 0 || outcome.format == Format.legacy
  if decoded.status == .ok, outcome.status == .ok, !hasLegacyFrame {
    guard info.content_size_bound >= UInt64(decoded.output.count) else {
      fail("\(decoded.output.count) bytes, bound \(info.content_size_bound)")
    }
    expectSame(outcome.sourceOffset, source.count, "end")
  }
  guard !hasLegacyFrame else { return 0 }
  guard outcome.status == .ok else {
    // What lies in front may be refused as well.
    guard decoded.status != .ok, decoded.sourceOffset <= outcome.sourceOffset else {
      fail("inspected: \(outcome); decoded: \(decoded)")
    }
    if decoded.status == outcome.status, decoded.sourceOffset == outcome.sourceOffset {
      expectSame(outcome.format, decoded.format, "format of what is refused")
      // The last block's sequences may be cut off where the source is.
      let isInFront =
        decoded.status == .truncated_input && decoded.blockIndex == outcome.blockIndex - 1
      if !isInFront {
        expectSame(outcome.blockIndex, decoded.blockIndex, "block of what is refused")
      }
    }
    return 0
  }
  expectSame(Headers(info), Headers(of: source), "headers")
  if decoded.status == .ok {
    expectSame(outcome.blockIndex, decoded.blockIndex, "blocks of the last frame")
    let size = info.content_size
    guard size == .max || size == UInt64(decoded.output.count) else {
      fail("\(decoded.output.count) bytes, content size \(size)")
    }
  }
  return 0
}

/// An `lz4boot_info` but for the margin.
private struct Headers: Equatable {
  var format = 0
  var blockMaximum: UInt64 = 0
  var isIndependent, hasBlockChecksums, hasContentChecksum, hasContentSize: Bool
  var frameCount = 0
  var skippableCount = 0
  var blockCount = 0
  var contentSize: UInt64 = 0
  var bound: UInt64 = 0

  init(_ info: lz4boot_info) {
    format = Int(info.format)
    blockMaximum = UInt64(info.block_maximum)
    isIndependent = info.independent_blocks == 1
    hasBlockChecksums = info.block_checksums == 1
    hasContentChecksum = info.content_checksum == 1
    hasContentSize = info.has_content_size == 1
    frameCount = Int(info.frame_count)
    skippableCount = Int(info.skippable_count)
    blockCount = Int(info.block_count)
    contentSize = info.content_size
    bound = info.content_size_bound
  }

  /// Of LZ4 and skippable frames that are all there.
  init(of source: [UInt8]) {
    (isIndependent, hasBlockChecksums) = (false, false)
    (hasContentChecksum, hasContentSize) = (false, false)
    var position = 0
    func next(_ byteCount: Int) -> UInt64 {
      position += byteCount
      return number(source[position - byteCount..<position])
    }
    while position < source.count {
      guard next(4) == 0x184D_2204 else {
        skippableCount += 1
        let byteCount = Int(next(4))
        position += byteCount
        continue
      }
      let (flg, bd) = (next(1), next(1))
      let maximum: UInt64 = 1 << (8 + 2 * (bd >> 4))
      let size = flg & 8 == 0 ? nil : next(8)
      position += 1
      if frameCount == 0 {
        blockMaximum = maximum
        (isIndependent, hasBlockChecksums) = (flg & 0x20 != 0, flg & 0x10 != 0)
        (hasContentChecksum, hasContentSize) = (flg & 4 != 0, flg & 8 != 0)
      }
      frameCount += 1
      var most: UInt64 = 0
      while case let word = next(4), word != 0 {
        let byteCount = word & 0x7FFF_FFFF
        most += word == byteCount ? min(maximum, byteCount * 255) : byteCount
        position += Int(byteCount) + (flg & 0x10 != 0 ? 4 : 0)
        blockCount += 1
      }
      if flg & 4 != 0 { position += 4 }
      bound &+= min(size ?? .max, most)
      let (sum, overflow) = contentSize.addingReportingOverflow(size ?? .max)
      contentSize = overflow || contentSize == .max || size == nil ? .max : sum
    }
    format = frameCount > 0 ? Format.frame : skippableCount > 0 ? Format.skippable : Format.none
  }
}
