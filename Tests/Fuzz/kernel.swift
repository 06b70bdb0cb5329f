// The command on a file: what it takes for a kernel, and what it says of the file, against the
// formats read plainly.
import BootFormats
import CLZ4Boot
import Glibc

@testable import FuzzSupport
@testable import LZ4BootCommand

/// One file, with other bytes for every run. In memory, as disks are slow.
private let descriptor = {
  let name = "/lz4boot-fuzz-\(getpid())"
  let descriptor = unsafe shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0o600)
  guard descriptor >= 0, unsafe shm_unlink(name) == 0 else { fail("shm_open") }
  return descriptor
}()

@c(LLVMFuzzerTestOneInput)
public func testKernel(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  let isRaw = input.choice(below: 2) == 1
  let bytes = isRaw ? input.payload : input.source()
  let file = write(bytes)
  expectSame(file.memory.withSpan(copied), bytes, "what the file holds")
  describe(file, bytes)

  let expected = expectedImage(bytes)
  do throws(CommandFailure) {
    let kernel = try KernelSource(file)
    guard let expected else { fail("taken: \(kernel.header)") }
    expectSame(kernel.image.withSpan(copied), expected, "the kernel")
    expectSame(kernel.header, try? Arm64Image(parsing: expected.span), "its header")
    expectSame(kernel.origin == "raw Image", expected == bytes, "origin: \(kernel.origin)")
  } catch {
    guard case .refused = error else { fail(error.message) }
    guard expected == nil else { fail(error.message) }
    expectSame(error.message.contains("\n"), false, "a message on one line")
  }
  return 0
}

private func write(_ bytes: [UInt8]) -> InputFile {
  ftruncate(descriptor, 0)
  guard unsafe pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else { fail("pwrite") }
  do throws(CommandFailure) {
    return try InputFile("/proc/self/fd/\(descriptor)")
  } catch {
    fail(error.message)
  }
}

/// What decode and inspect say must be what the decoder says.
private func describe(_ file: InputFile, _ bytes: [UInt8]) {
  let info = SourceInfo(file.memory)
  let expected = inspect(bytes)
  expectSame(Outcome(info.report, output: []), expected.outcome, "inspected")
  let listing = InfoListing(source: file, info: info)
  expectSame(listing.table.split(separator: "\n").count, 15, "rows")
  expectSame(listing.json.split(separator: "\n").count, 17, "lines of JSON")
  _ = ContentKind(of: bytes.span)

  let decoded = lookAhead(bytes, capacity: 2 * outputByteCountMax)
  // Of what is longer nothing is known here.
  guard decoded.status != .target_full else { return }
  do throws(CommandFailure) {
    let decoding = try Decoding(file)
    expectSame(decoded.status, .ok, "decoded by the command")
    expectSame(decoding.output.withSpan(copied), decoded.output, "output")
  } catch {
    guard decoded.status != .ok, case .refused(_, let reason) = error else { fail(error.message) }
    let place = "block \(decoded.blockIndex), byte \(decoded.sourceOffset): \(decoded.status.name)"
    guard reason.hasPrefix(place) else { fail("\(reason); expected \(place)") }
  }
}

/// The kernel in a file, or nil if there is none.
private func expectedImage(_ bytes: [UInt8]) -> [UInt8]? {
  var image = bytes
  if bytes.count >= 4, inspect(bytes).outcome.status != .unknown_format {
    let decoded = decode(bytes, capacity: 255 * bytes.count)
    guard decoded.status == .ok else { return nil }
    image = decoded.output
  }
  guard (try? Arm64Image(parsing: image.span)) != nil else { return nil }
  if image.count >= PackedImage.headByteCount, image[0x40..<0x48].elementsEqual("LZ4BOOT1".utf8) {
    return nil
  }
  return isCutOff(image) ? nil : image
}

/// [“MZ”]…[e_lfanew at 0x3C]…["PE\0\0"][…:2][sections:2][…:12][optional header's size:2][…:2]
/// [optional header][section: …:16, size:4, offset:4, …:16]*
private func isCutOff(_ image: [UInt8]) -> Bool {
  func field(at offset: Int, _ byteCount: Int) -> Int? {
    guard offset + byteCount <= image.count else { return nil }
    return Int(number(image[offset..<offset + byteCount]))
  }
  guard field(at: 0, 2) == 0x5A4D, let header = field(at: 0x3C, 4),
    field(at: header, 4) == 0x4550, let sectionCount = field(at: header + 6, 2),
    let optionalByteCount = field(at: header + 20, 2)
  else { return false }
  for index in 0..<sectionCount {
    let section = header + 24 + optionalByteCount + 40 * index
    guard let size = field(at: section + 16, 4), let offset = field(at: section + 20, 4),
      offset + size <= image.count
    else { return true }
  }
  return false
}
