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

  let expected = expectedKernel(bytes)
  do throws(CommandFailure) {
    let kernel = try KernelSource(file)
    guard let expected else { fail("taken: \(kernel.placement)") }
    expectSame(kernel.image.byteCount, expected.byteCount, "bytes of the kernel")
    if let image = expected.image { expectSame(kernel.image.withSpan(copied), image, "the kernel") }
    expectSame(kernel.placement, expected.placement, "its place")
    expectSame(kernel.origin, expected.origin, "its origin")
    expectSame(kernel.bootImage != nil, isBootImage(bytes), "a boot image")
    expectSame(kernel.unused.isEmpty, expected.unusedCount == 0, "what is not used")
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

private struct ExpectedKernel {
  let byteCount: Int
  /// nil where they are too many to look at.
  let image: [UInt8]?
  let placement: PackedImage.Placement
  let origin: String
  let unusedCount: Int
}

/// The kernel in a file, or nil if there is none.
private func expectedKernel(_ bytes: [UInt8]) -> ExpectedKernel? {
  var (content, origin, format, unusedCount) = (bytes, "", nil as String?, 0)
  if isZboot(bytes) {
    guard let zboot = plainZboot(bytes), bytes[zboot.compression].elementsEqual("lz4".utf8) else {
      return nil
    }
    (content, origin) = ([UInt8](bytes[zboot.payload]), "EFI zboot image, ")
  } else if isBootImage(bytes) {
    guard let boot = PlainBootImage(bytes) else { return nil }
    (content, origin) = ([UInt8](bytes[boot.sections[0]!]), "Android boot image v\(boot.version), ")
    unusedCount = boot.sections.dropFirst().count { $0 != nil }
  }
  if content.count >= 4, inspect(content).outcome.status != .unknown_format {
    let decoded = decode(content, capacity: 255 * content.count)
    guard decoded.status == .ok else { return nil }
    format = inspect(content).info.format == 2 ? "legacy LZ4" : "LZ4 frame"
    content = decoded.output
  }
  if isZboot(bytes), format == nil { return nil }
  if isELF(content) {
    guard let program = PlainELF(content) else { return nil }
    return ExpectedKernel(
      byteCount: program.imageByteCount, image: program.image.isEmpty ? nil : program.image,
      placement: .fixed(
        address: program.address, memoryByteCount: UInt64(program.memoryByteCount),
        entryOffset: program.entry - program.address),
      origin: origin + (format.map { "\($0) of an ELF file" } ?? "ELF file"),
      unusedCount: unusedCount)
  }
  guard let image = expectedImage(content), let header = try? Arm64Image(parsing: image.span) else {
    return nil
  }
  return ExpectedKernel(
    byteCount: image.count, image: image, placement: .image(header),
    origin: origin + (format ?? "raw Image"), unusedCount: unusedCount)
}

/// The bytes, if they are an Image.
private func expectedImage(_ image: [UInt8]) -> [UInt8]? {
  guard (try? Arm64Image(parsing: image.span)) != nil else { return nil }
  // Packed, by any version.
  if image.count >= 0x48, image[0x40..<0x47].elementsEqual("LZ4BOOT".utf8) { return nil }
  return isCutOff(image) ? nil : image
}

/// [“MZ”]…[e_lfanew at 0x3C]…["PE\0\0"][…:2][sections:2][…:12][optional header's size:2][…:2]
/// [optional header][section: …:16, size:4, offset:4, …:16]*
private func isCutOff(_ image: [UInt8]) -> Bool {
  func field(at offset: Int, _ byteCount: Int) -> Int? {
    guard offset + byteCount <= image.count else { return nil }
    return Int(number(image[offset..<offset + byteCount]))
  }
  guard field(at: 0, 2) == 0x5A4D, let header = field(at: 0x3C, 4) else { return false }
  guard let magic = field(at: header, 4) else { return true }
  guard magic == 0x4550 else { return false }
  guard let sectionCount = field(at: header + 6, 2),
    let optionalByteCount = field(at: header + 20, 2)
  else { return true }
  for index in 0..<sectionCount {
    let section = header + 24 + optionalByteCount + 40 * index
    guard let size = field(at: section + 16, 4), let offset = field(at: section + 20, 4),
      offset + size <= image.count
    else { return true }
  }
  return false
}
