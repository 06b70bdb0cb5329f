// Whole sources: lz4boot_decode against the plain decoder of the tests, and the first frame against
// liblz4.
import CLZ4Boot

@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testFrame(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  let source = input.source()
  let capacity = input.capacity(for: source)
  let flags = input.flags()
  let expected = ReferenceDecoder.decode(source, capacity: capacity, flags: flags)
  for prefill in [0, 0xFF] as [UInt8] {
    expectSame(
      decode(source, capacity: capacity, flags: flags, prefill: prefill), expected,
      "prefill \(prefill)")
  }
  compareWithLibLZ4(source, capacity: capacity)
  return 0
}

/// liblz4 takes one frame and stops. It takes offset 0, a dictionary id, and content size 0 for not
/// known.
private func compareWithLibLZ4(_ source: [UInt8], capacity: Int) {
  guard
    case .accepted(let output, let consumed) = LibLZ4.decompressFrame(source, capacity: capacity)
  else { return }
  let ours = decode(source, capacity: capacity, flags: Flag.stopAfterFrame)
  switch ours.status {
  case .ok:
    expectSame(ours.output, output, "liblz4")
    expectSame(ours.sourceOffset, consumed, "end of the frame, liblz4")
  case .offset_zero, .dictionary_required: break
  case .content_size_mismatch where ours.expected == 0: break
  default: fail("liblz4 takes it: \(ours)")
  }
}
