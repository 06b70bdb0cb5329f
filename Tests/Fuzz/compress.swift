// The command's compress: a frame of any content in blocks of any size, against the plain decoder of
// the tests, liblz4 and what is asked for.
import CLZ4Boot

@testable import FuzzSupport
@testable import LZ4BootCommand

@c(LLVMFuzzerTestOneInput)
public func testCompress(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  let content = content(choosingFrom: &input)
  let sizes = BlockSize.allCases + [.inParallel(contentByteCount: content.count)]
  let size = sizes[input.choice(below: sizes.count)]
  let blocks = BlockLayout(contentByteCount: content.count, size: size)
  var form = FrameForm(blocks: blocks, level: 1 + input.choice(below: 12))
  checkLayout(contentByteCount: (1 + input.choice(below: 256)) << input.choice(below: 33))
  do throws(CommandFailure) {
    let source = try MappedMemory(capacity: content.count, for: "content")
    append(content, to: source)
    // Behind something else, as in an Image.
    let head = [UInt8](repeating: 0x55, count: input.choice(below: 256))
    let target = try MappedMemory(capacity: head.count + form.byteCountMax, for: "frame")
    append(head, to: target)
    let isForStub = input.choice(below: 2) == 1
    if isForStub { form = form.of(contentByteCount: content.count).forStub }
    let frame = try CompressedFrame(form, of: source, appendedTo: target, name: "content")
    let bytes = target.withSpan(copied)
    expectSame([UInt8](bytes.prefix(head.count)), head, "in front of the frame")
    expectSame(bytes.count, head.count + frame.byteCount, "bytes")
    check([UInt8](bytes.dropFirst(head.count)), content, blocks, isForStub: isForStub)
    expectSame((frame.summary(of: "content") + blocks.summary).contains("\n"), false, "one line")
  } catch {
    fail(error.message)
  }
  return 0
}

private func append(_ bytes: [UInt8], to memory: MappedMemory) {
  unsafe memory.append { room in
    unsafe room.copyBytes(from: bytes)
    return bytes.count
  }
}

/// The payload, or repeated to some bytes more or fewer than a number of the smallest blocks.
private func content(choosingFrom input: inout FuzzInput) -> [UInt8] {
  let blockCount = input.choice(below: 5)
  let byteCount = blockCount << 16 + input.choice(below: 256) - 128
  guard blockCount > 0, !input.payload.isEmpty else { return input.payload }
  return repeated(input.payload, byteCount: byteCount)
}

private func check(
  _ frame: [UInt8], _ content: [UInt8], _ blocks: BlockLayout, isForStub: Bool
) {
  let decoded = ReferenceDecoder.decode(
    frame, capacity: content.count, flags: Flag.requireChecksums)
  expectSame(decoded.status, .ok, "decoded")
  expectSame(decoded.output, content, "content")
  let verdict = LibLZ4.decompressFrame(frame, capacity: content.count)
  expectSame(verdict, .accepted(output: content, sourceByteCount: frame.count), "liblz4")

  let (outcome, info) = inspect(frame)
  expectSame(outcome.status, .ok, "inspected")
  // liblz4 takes a content size of 0 for none.
  expectSame(
    [info.independent_blocks, info.block_checksums, info.content_checksum, info.has_content_size],
    [1, 1, isForStub ? 0 : 1, content.isEmpty ? 0 : 1], "form")
  let size = blocks.size.byteCount
  expectSame(1 << Int(blocks.size.shift), size, "shift")
  expectSame(info.block_maximum, UInt32(size), "block maximum")
  expectSame(info.block_count, UInt64((content.count + size - 1) / size), "blocks")
}

/// Of the block size that is chosen, and of the smallest, for more content than is compressed here.
private func checkLayout(contentByteCount: Int) {
  for size in [.kibi64, .inParallel(contentByteCount: contentByteCount)] as [BlockSize] {
    let blocks = BlockLayout(contentByteCount: contentByteCount, size: size)
    // What a core does at most, if each takes a block in turn.
    let rounds = [Int](repeating: 0, count: 4).indices.map { core in
      let count = (blocks.blockCount + 3 - core) / 4
      let isLast = (blocks.blockCount - 1) % 4 == core
      return count * size.byteCount
        - (isLast ? blocks.blockCount * size.byteCount - contentByteCount : 0)
    }
    let expected = contentByteCount * 100 / (4 * rounds.max()!)
    expectSame(blocks.busyPercent(coreCount: 4), expected, "\(contentByteCount) bytes, % busy")
  }
}
