// The first bytes of the output: lz4boot_peek against the plain decoder of the tests.
import CLZ4Boot

@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testPeek(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  let source = input.source()
  let whole = ReferenceDecoder.decode(source, capacity: outputByteCountMax)
  let size = whole.output.count
  for count in [0, 1, 64, size - 1, size, size + 1, input.capacity(around: size)]
  where count >= 0 && count <= outputByteCountMax {
    let first = peek(source, count, prefill: UInt8(truncatingIfNeeded: count))
    // Damage, and the end of the source, count in front of the last byte that is asked for only.
    expectSame(first.status, count <= size ? .ok : whole.status, "status, first \(count)")
    expectSame(first.output, [UInt8](whole.output.prefix(count)), "first \(count)")
    guard first.status == .ok else {
      expectSame(first, whole, "error, first \(count)")
      continue
    }
    guard first.sourceOffset <= source.count else { fail("stopped at \(first.sourceOffset)") }
  }
  return 0
}
