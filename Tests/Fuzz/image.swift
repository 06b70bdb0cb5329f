// The arm64 Image header, the layout of packed Images and what kernels come in, against the formats
// read plainly.
@testable import BootFormats
@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testImage(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  testHeader(input.payload)
  testZboot(input.payload)
  testBootImage(input.payload)
  testELF(input.payload)
  testLayout(choosingFrom: &input)
  return 0
}

private func number(_ bytes: [UInt8], at offset: Int, byteCount: Int = 8) -> UInt64 {
  number(bytes[offset..<offset + byteCount])
}

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

// MARK: Layout

private func roundUp(_ value: UInt64, _ alignment: UInt64) -> UInt64 {
  (value + alignment - 1) / alignment * alignment
}

/// Sizes of every magnitude, from the input.
private struct Sizes {
  private let bytes: [UInt8]
  private var next = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func take() -> UInt64 {
    guard next + 8 <= bytes.count else { return 1 }
    defer { next += 9 }
    // Most are small, some are huge.
    let shift = next + 8 < bytes.count ? UInt64(bytes[next + 8] & 63) : 40
    return number(bytes, at: next) >> shift
  }
}

private func testLayout(choosingFrom input: inout FuzzInput) {
  var sizes = Sizes(input.payload)
  var template = [UInt8](repeating: 0x5a, count: 4096 * (1 + input.choice(below: 3)))
  func set(_ value: UInt64, _ field: PackedImage.Field) {
    let offset = PackedImage.offset(of: field)
    template.replaceSubrange(offset..<offset + 8, with: littleEndian(value))
  }
  let fault = input.choice(below: 16)
  if fault == 12 { template.append(0) }
  set(fault == 13 ? 0x3154_4f4f_4234_5a4c : 0x3354_4f4f_4234_5a4c, .magic)
  set(fault == 14 ? sizes.take() : 0x1_0000, .workByteCount)
  set(fault == 15 ? sizes.take() : UInt64(template.count), .stubByteCount)
  let kernel = PackedImage.Frame(byteCount: sizes.take(), contentByteCount: sizes.take())
  let memory = input.choice(below: 4) == 3 ? sizes.take() : kernel.contentByteCount | 0x1000
  let placement: PackedImage.Placement =
    input.choice(below: 2) == 0
    ? .image(
      Arm64Image(code: 1, textOffset: sizes.take() & 0x1f_ffff, imageSize: memory, flags: 0xa))
    : .fixed(address: sizes.take(), memoryByteCount: memory, entryOffset: sizes.take())
  var parts = PackedImage.Parts(kernel: kernel, placement: placement, blockShift: 18)
  let choice = input.choice(below: 32)
  parts.flags = UInt64(choice)
  let signed = (choice & 16 != 0) != (fault == 10) ? PackedImage.flagSigned : 0
  set(fault == 9 ? signed | PackedImage.flagTiming : signed, .flags)
  if fault == 11 { template.removeLast(template.count - 100) }
  if choice & 1 != 0 {
    parts.initrd = .init(byteCount: sizes.take(), contentByteCount: sizes.take())
  }
  if choice & 2 != 0 { parts.treeByteCount = sizes.take() }
  if choice & 4 != 0 { parts.appendByteCount = sizes.take() }
  guard let image = try? PackedImage(template: template.span, parts: parts) else { return }
  if 9...13 ~= fault { fail("laid out with a damaged or another stub") }
  expectSame(parts.placement.memoryByteCount, image[.kernelImageSize], "memory")
  check(image, parts)
  checkWriting(image, over: template)
}

/// Whoever starts the Image relies on this: parts that lie one behind the other, aligned, in what
/// image_size covers.
private func check(_ image: PackedImage, _ parts: PackedImage.Parts) {
  var edges = [0, image[.stubByteCount]]
  func part(_ start: PackedImage.Field, _ byteCount: UInt64, alignment: UInt64 = 1) {
    guard byteCount > 0 else { return expectSame(image[start], 0, "\(start)") }
    guard image[start] % alignment == 0 else { fail("\(start) at \(image[start])") }
    edges += [image[start], image[start] + byteCount]
  }
  part(.payloadOffset, parts.kernel.byteCount)
  let extras = parts.treeByteCount + parts.appendByteCount
  if parts.initrd != nil, extras == 0 {
    expectSame(image[.treeOffset], image[.initrdOffset], "where the first of them starts")
  } else {
    part(.treeOffset, extras, alignment: parts.treeByteCount > 0 ? 8 : 1)
  }
  part(.initrdOffset, parts.initrd?.byteCount ?? 0)
  part(.signatureOffset, parts.flags & PackedImage.flagSigned != 0 ? 64 : 0, alignment: 8)
  expectSame(image.fileByteCount, edges.last, "bytes of the file")
  part(.workOffset, image[.workByteCount], alignment: 4096)
  // Twice, for the loader's tree and for one with changes.
  let room = image[.treeCopyByteCount]
  guard room >= min(2 << 20, 2 * parts.treeByteCount + (64 << 10)), room >= 512 << 10 else {
    fail("\(room)")
  }
  part(.treeCopyOffset, 2 * room, alignment: 4096)
  switch parts.placement {
  case .image(let kernel):
    guard image[.targetOffset] % (2 << 20) == 0 else { fail("target \(image[.targetOffset])") }
    edges += [image[.targetOffset]]
    edges += [
      image[.targetOffset] + kernel.textOffset,
      image[.targetOffset] + kernel.textOffset + kernel.imageSize,
    ]
    guard parts.kernel.contentByteCount <= kernel.imageSize else { fail("longer than its memory") }
  case .fixed(let address, let memoryByteCount, let entryOffset):
    expectSame(image[.fixedAddress], address, "address")
    guard address > 0, address + memoryByteCount < 1 << 48, entryOffset < memoryByteCount,
      parts.kernel.contentByteCount <= memoryByteCount
    else { fail("program at \(address)") }
  }
  part(.initrdTargetOffset, parts.initrd?.contentByteCount ?? 0, alignment: 4096)
  guard zip(edges, edges.dropFirst()).allSatisfy({ $0 <= $1 }) else { fail("overlap: \(edges)") }
  guard image.byteCount < 1 << 30, image.byteCount % 4096 == 0,
    image.byteCount - edges.last! < 4096
  else { fail("\(image.byteCount) bytes for \(edges)") }
}

private func checkWriting(_ image: PackedImage, over template: [UInt8]) {
  var written = template
  var span = written.mutableSpan
  image.write(to: &span)
  let head = PackedImage.headByteCount
  expectSame(written.count, template.count, "size when written")
  expectSame([UInt8](written[head...]), [UInt8](template[head...]), "behind the descriptor")
  for index in 0..<PackedImage.fieldCount {
    guard let field = PackedImage.Field(rawValue: index) else { continue }
    expectSame(number(written, at: 0x40 + 8 * index), image[field], "\(field)")
  }
  guard let header = try? Arm64Image(parsing: written.span) else { fail("no header") }
  expectSame(
    [header.code, header.imageSize, header.flags, header.textOffset],
    [number(template, at: 0), image.byteCount, image[.kernelFlags], 0], "Image header")
}
