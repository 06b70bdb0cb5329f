// Raw blocks: lz4boot against the plain decoder of the tests and against liblz4.
import CLZ4Boot

@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testBlock(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  let block = input.payload
  let most = ReferenceDecoder.decodeBlock(block, capacity: outputByteCountMax)
  let capacity = input.capacity(around: most.output.count)
  let expected = ReferenceDecoder.decodeBlock(block, capacity: capacity)
  for prefill in [0, 0xFF] as [UInt8] {
    expectSame(
      decodeBlock(block, capacity: capacity, prefill: prefill), expected, "prefill \(prefill)")
  }
  // strict format ⊂ liblz4 ⊂ lenient, which is ours but for offset 0.
  if let theirs = LibLZ4.decompressBlock(block, capacity: capacity) {
    guard expected.status != .offset_zero else { return 0 }
    expectSame(expected.status, .ok, "liblz4 takes it")
    expectSame(expected.output, theirs, "liblz4")
  } else if expected.status == .ok, keepsEndOfBlockRules(block), capacity > 0 {
    // Into no room at all liblz4 takes the block 00 only, whatever else is empty as well.
    fail("liblz4 refuses a strict block")
  }
  return 0
}
