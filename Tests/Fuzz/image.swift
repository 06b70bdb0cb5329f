// The arm64 Image header, the layout of packed Images and what kernels come in, against the formats
// read plainly.
@testable import BootFormats
@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testImage(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  var bytes = input.payload
  testHeader(bytes)
  testZboot(bytes)
  testBootImage(bytes)
  testELF(bytes)
  // Sizes that follow from others are right in most runs.
  if input.choice(below: 8) != 7, bytes.count >= PackedImage.headByteCount { repair(&bytes) }
  testPacked(bytes)
  testTemplate(bytes, choosingFrom: &input)
  return 0
}

private func number(_ bytes: [UInt8], at offset: Int, byteCount: Int = 8) -> UInt64 {
  number(bytes[offset..<offset + byteCount])
}

private func set(_ value: UInt64, at offset: Int, in bytes: inout [UInt8]) {
  bytes.replaceSubrange(offset..<offset + 8, with: littleEndian(value))
}

private func field(_ index: Int) -> Int { PackedImage.descriptorOffset + 8 * index }

private func testHeader(_ bytes: [UInt8]) {
  let expected: Arm64ImageError? =
    bytes.count < 64
    ? .truncated
    : number(bytes, at: 0x38, byteCount: 4) != 0x644d_5241
      ? .wrongMagic
      : number(bytes, at: 16) == 0
        ? .imageSizeMissing
        : bytes[24] & 1 != 0
          ? .bigEndian : number(bytes, at: 8) >= 2 << 20 ? .textOffsetTooLarge : nil
  do throws(Arm64ImageError) {
    let header = try Arm64Image(parsing: bytes.span)
    expectSame(nil, expected, "accepted")
    expectSame(
      [header.code, header.textOffset, header.imageSize, header.flags],
      [0, 8, 16, 24].map { number(bytes, at: $0) }, "fields")
    var written = [UInt8](repeating: 0xEE, count: 70)
    var span = written.mutableSpan
    header.write(to: &span)
    expectSame([UInt8](written[64...]), [UInt8](repeating: 0xEE, count: 6), "behind the header")
    expectSame(try Arm64Image(parsing: written.span), header, "written and read")
  } catch {
    expectSame(error, expected, "refused")
  }
}

private func range(_ section: FileSection) -> Range<Int> {
  section.offset..<section.offset + section.byteCount
}

private func testZboot(_ bytes: [UInt8]) {
  let expected = plainZboot(bytes)
  do throws(LocatedError<EFIZbootError>) {
    let zboot = try EFIZboot(parsing: bytes.span)
    expectSame(range(zboot.payload), expected?.payload, "payload")
    expectSame(range(zboot.compression), expected?.compression, "name of the compression")
    let isLZ4 = bytes[range(zboot.compression)].elementsEqual("lz4".utf8)
    expectSame(zboot.isLZ4, isLZ4, "LZ4")
  } catch {
    guard expected == nil else { fail("\(error)") }
    expectSame(error.cause != .wrongMagic, isZboot(bytes), "magic, \(error)")
    guard error.offset <= bytes.count else { fail("\(error)") }
  }
}

private func testBootImage(_ bytes: [UInt8]) {
  let expected = PlainBootImage(bytes)
  do throws(LocatedError<AndroidBootImageError>) {
    let image = try AndroidBootImage(parsing: bytes.span)
    expectSame(image.version, expected?.version, "version")
    let sections = [
      image.kernel, image.ramdisk, image.deviceTree, image.commandLine, image.extraCommandLine,
    ]
    expectSame(
      sections.map { $0.byteCount == 0 ? nil : range($0) }, expected?.sections, "sections")
  } catch {
    guard expected == nil else { fail("\(error)") }
    expectSame(error.cause != .wrongMagic, isBootImage(bytes), "magic, \(error)")
    guard error.offset <= bytes.count else { fail("\(error)") }
  }
}

private func testELF(_ bytes: [UInt8]) {
  let expected = PlainELF(bytes)
  do throws(LocatedError<ELF64Error>) {
    let program = try ELF64(parsing: bytes.span)
    guard let expected else { fail("\(program)") }
    expectSame(
      [program.address, program.entry, program.imageByteCount, program.memoryByteCount],
      [
        expected.address, expected.entry, UInt64(expected.imageByteCount),
        UInt64(expected.memoryByteCount),
      ], "place")
    expectSame(program.entryOffset, expected.entry - expected.address, "entry")
    guard !expected.image.isEmpty else { return }
    var image = [UInt8](repeating: 0, count: expected.imageByteCount)
    var span = image.mutableSpan
    program.copySegments(of: bytes.span, to: &span)
    expectSame(image, expected.image, "image")
  } catch {
    guard expected == nil else { fail("\(error)") }
    expectSame(error.cause != .wrongMagic, isELF(bytes), "magic, \(error)")
    guard error.offset <= bytes.count else { fail("\(error)") }
  }
}

private func roundUp(_ value: UInt64, _ alignment: UInt64) -> UInt64 {
  (value &+ alignment &- 1) / alignment &* alignment
}

/// Magic, offsets and the first fields' places, from the sizes.
private func repair(_ bytes: inout [UInt8]) {
  set(0x3154_4f4f_4234_5a4c, at: field(0), in: &bytes)
  let (stub, payload) = (number(bytes, at: field(10)), number(bytes, at: field(2)))
  set(stub, at: field(1), in: &bytes)
  set(roundUp(stub &+ payload, 4096), at: field(3), in: &bytes)
  let workEnd = number(bytes, at: field(3)) &+ number(bytes, at: field(9))
  set(roundUp(workEnd, 2 << 20), at: field(4), in: &bytes)
}

/// Whoever starts the Image relies on this.
private func check(_ image: PackedImage) {
  let parts = [
    0, image.stubByteCount, image.payloadOffset, image.payloadOffset + image.payloadByteCount,
    image.workOffset, image.workOffset + image.workByteCount, image.targetOffset,
    image.kernelOffset, image.kernelOffset + image.targetByteCount,
    image.kernelOffset + image.kernelImageSize,
  ]
  guard zip(parts, parts.dropFirst()).allSatisfy({ $0 <= $1 }) else { fail("overlap: \(image)") }
  guard image.workOffset % 4096 == 0, image.targetOffset % (2 << 20) == 0,
    image.byteCount < 1 << 30, image.byteCount == parts.last, image.kernelTextOffset < 2 << 20,
    image.targetByteCount >= 64, image.payloadByteCount > 0
  else { fail("\(image)") }
}

private func testPacked(_ bytes: [UInt8]) {
  do throws(PackedImageError) {
    let image = try PackedImage(parsing: bytes.span)
    check(image)
    let fields: [UInt64] = [
      image.payloadOffset, image.payloadByteCount, image.workOffset, image.targetOffset,
      image.targetByteCount, image.kernelImageSize, image.kernelTextOffset, image.flags,
      image.workByteCount, image.stubByteCount, image.kernelFlags,
    ]
    expectSame(fields, (1...11).map { number(bytes, at: field($0)) }, "fields")
    testWriting(image, over: bytes)
  } catch {
    guard bytes.count >= PackedImage.headByteCount else {
      return expectSame(error, .truncated, "too short")
    }
    let hasMagic = bytes[0x40..<0x48].elementsEqual("LZ4BOOT1".utf8)
    expectSame(error != .wrongMagic, hasMagic, "magic, \(error)")
    if error == .truncated { fail("truncated with \(bytes.count) bytes") }
  }
}

private func testWriting(_ image: PackedImage, over bytes: [UInt8]) {
  var written = bytes
  var span = written.mutableSpan
  image.write(to: &span)
  expectSame(written.count, bytes.count, "size when written")
  let head = PackedImage.headByteCount
  expectSame([UInt8](written[head...]), [UInt8](bytes[head...]), "behind the descriptor")
  expectSame(try? PackedImage(parsing: written.span), image, "written and read")
  // That a kernel is not big-endian its own header has told.
  guard image.kernelFlags & 1 == 0 else { return }
  guard let header = try? Arm64Image(parsing: written.span) else { fail("no header") }
  let reserved = [header.code, header.imageSize, header.flags, header.textOffset]
  expectSame(
    reserved, [number(bytes, at: 0), image.byteCount, image.kernelFlags, 0], "Image header")
}

/// A stub that is all there, as `pack` takes it.
private func testTemplate(_ bytes: [UInt8], choosingFrom input: inout FuzzInput) {
  guard bytes.count >= PackedImage.headByteCount else { return }
  var template = bytes
  let pageCount = 1 + input.choice(below: 3)
  if input.choice(below: 4) != 0 {
    template += [UInt8](repeating: 0, count: max(0, pageCount * 4096 - template.count))
    set(UInt64(template.count), at: field(10), in: &template)
  }
  let kernel = Arm64Image(
    code: 0, textOffset: number(bytes, at: field(7)), imageSize: number(bytes, at: field(6)),
    flags: number(bytes, at: field(11)))
  guard
    let image = try? PackedImage(
      template: template.span, payloadByteCount: number(bytes, at: field(2)), kernel: kernel,
      kernelByteCount: number(bytes, at: field(5)), flags: 0)
  else { return }
  check(image)
  expectSame(image.stubByteCount, UInt64(template.count), "bytes of the stub")
  testWriting(image, over: template)
}
