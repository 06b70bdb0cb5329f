// The stub's own steps, on an Image and a device tree that anybody may have written: what it maps,
// decodes, switches on and prints, against the formats read plainly.
import BootFormats
import BootStubEntry
import CLZ4Boot
import Glibc

@testable import FuzzSupport

/// `[head of the Image][payload][device tree, from its magic on]`
@c(LLVMFuzzerTestOneInput)
public func testStub(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  let headByteCount = PackedImage.headByteCount
  guard input.payload.count >= headByteCount else { return 0 }
  let magic: [UInt8] = [0xd0, 0x0d, 0xfe, 0xed]
  let split =
    (headByteCount..<input.payload.count).last { input.payload[$0...].starts(with: magic) }
    ?? input.payload.count
  var head = [UInt8](input.payload[..<headByteCount])
  let payload = repaired([UInt8](input.payload[headByteCount..<split]), capacity: kernelMax)
  lay(payload, under: &head, choosingFrom: &input)
  unsafe machine = Machine(
    tree: DeviceTree([UInt8](input.payload[split...])), choosingFrom: &input)
  boot(head, payload, choosingFrom: &input)
  return 0
}

/// Of more output nothing is known here.
private let kernelMax = 1 << 20

private func field(_ index: Int) -> Range<Int> {
  let start = PackedImage.descriptorOffset + 8 * index
  return start..<start + 8
}

/// Makes the head that of a stub with this payload, in most runs, but for one field in some of them.
private func lay(
  _ payload: [UInt8], under head: inout [UInt8], choosingFrom input: inout FuzzInput
) {
  let choice = input.choice(below: 32)
  // With more memory than is looked at, for the translation tables.
  let more = input.choice(below: 16) == 15 ? 3 << 20 : 0
  guard choice != 31 else { return }
  var template = [UInt8](repeating: 0, count: 4096 * (1 + Int(head[0] & 3)))
  template.replaceSubrange(field(0), with: "LZ4BOOT1".utf8)
  template.replaceSubrange(field(9), with: littleEndian(UInt64(STUB_WORK_BYTES)))
  template.replaceSubrange(field(10), with: littleEndian(UInt64(template.count)))
  let kernel = lookAhead(payload, capacity: kernelMax).output
  let header =
    (try? Arm64Image(parsing: kernel.span))
    ?? Arm64Image(
      code: 0, textOffset: number(head[field(7)]), imageSize: number(head[field(6)]), flags: 0)
  guard
    let image = try? PackedImage(
      template: template.span, payloadByteCount: UInt64(payload.count + more), kernel: header,
      kernelByteCount: UInt64(kernel.count), flags: number(head[field(8)]) & 1)
  else { return }
  var span = template.mutableSpan
  image.write(to: &span)
  let own = head
  head = [UInt8](template[..<head.count])
  if choice >= 16, choice < 29 {
    head.replaceSubrange(field(choice - 16), with: own[field(choice - 16)])
  } else if choice >= 29 {
    head.replaceSubrange(0..<64, with: own[0..<64])
  }
}

// MARK: The machine

/// A device tree in memory that ends where it says; there is none without a magic.
@safe
private final class DeviceTree {
  let memory: HeapBytes
  let bytes: [UInt8]
  let parsed: FlattenedDeviceTree?

  init(_ bytes: [UInt8]) {
    // Where the header says that there is more, there is: memory goes on.
    func resized(_ byteCount: Int) -> [UInt8] {
      bytes.prefix(byteCount) + [UInt8](repeating: 0, count: max(0, byteCount - bytes.count))
    }
    let byteCount = FlattenedDeviceTree.byteCount(ofHeader: resized(40).span) ?? 40
    let whole = resized(byteCount)
    parsed = try? FlattenedDeviceTree(parsing: whole.span)
    memory = HeapBytes(whole)
    self.bytes = whole
  }

  var address: UInt64 { unsafe UInt64(UInt(bitPattern: memory.start)) }
}

/// What PSCI makes of its calls.
private enum Firmware: Int {
  case works, worksToo, denies, doesNotStart, doesNotStop, doesNotTell
}

private struct Machine {
  let tree: DeviceTree
  /// What the stub is told, which need not be where the tree is.
  let treeAddress: UInt64
  let firmware: Firmware
  let isEL2: Bool
  /// The console never takes a byte. Rare, as a million tries take long.
  let isStuck: Bool
  let console: SerialConsole?
  let cores: [UInt64]
  let conduit: PSCIConduit?
  var printed: [UInt8] = []
  /// Bytes of the tree that memory holds for sure.
  var cleanedByteCount: UInt64 = 0
  var switchedOn: [UInt64] = []
  var ticks: UInt64 = 0

  static let bootCore: UInt64 = 0x8000_0001

  init(tree: DeviceTree, choosingFrom input: inout FuzzInput) {
    self.tree = tree
    let place = input.choice(below: 16)
    treeAddress =
      switch place {
      case 15: tree.address + 4
      case 14: 0
      case 13: treeInsideImage
      default: tree.address
      }
    firmware = Firmware(rawValue: input.choice(below: 6))!
    isEL2 = input.choice(below: 2) == 1
    isStuck = input.choice(below: 256) == 255
    guard place < 14, let parsed = tree.parsed else {
      (console, cores, conduit) = (nil, [], nil)
      return
    }
    let blob = tree.bytes
    console = (try? parsed.console(in: blob.span)) ?? nil
    let found =
      (try? parsed.secondaryCores(
        besides: Self.bootCore & SecondaryCores.affinityMask, in: blob.span)) ?? nil
    // At EL2 an HVC would come back to the stub itself.
    guard let found, found.conduit == .smc || !isEL2 else {
      (cores, conduit) = ([], nil)
      return
    }
    cores = (0..<found.count).map { found.affinities[$0] }
    conduit = found.conduit
  }

  /// An access to a register of the console.
  mutating func access(_ address: UInt64, byteCount: UInt8, write value: UInt32?) -> UInt32 {
    guard let console else { fail("no console, but an access to \(address)") }
    let isPL011 = console.kind == .pl011
    expectSame(byteCount, isPL011 ? 4 : console.accessByteCount, "width")
    let register = address &- console.address
    guard let value else {
      // Free to send: UARTFR.TXFF clear, or LSR.THRE set.
      expectSame(register, isPL011 ? 0x18 : 5 << UInt64(console.registerShift), "status")
      return isPL011 == isStuck ? 1 << 5 : 0
    }
    expectSame(register, 0, "data")
    printed.append(UInt8(value))
    return 0
  }
}

/// Of the run at hand.
private nonisolated(unsafe) var machine: Machine! = nil
private nonisolated(unsafe) let state = UnsafeMutablePointer<stub_state>.allocate(capacity: 1)
/// On their own, so that AddressSanitizer knows where they end.
private nonisolated(unsafe) let tables = HeapBytes(
  Int(STUB_TABLE_COUNT) << 12, filledWith: 0xCC, alignment: 4096)

/// Where Images lie: 1 GiB that costs nothing until it is touched, at a multiple of 2 MiB.
private let region: UInt64 = {
  let mapped = unsafe mmap(
    nil, regionByteCount + (2 << 20), PROT_READ | PROT_WRITE,
    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
  guard unsafe mapped != MAP_FAILED, let mapped = unsafe mapped else { fail("mmap") }
  return (UInt64(UInt(bitPattern: mapped)) + (2 << 20) - 1) & ~((2 << 20) - 1)
}()
private let regionByteCount = 1 << 30
/// In every Image, as the kernel lies at 2 MiB or behind.
private let treeInsideImage = region + (1 << 20)

private func place(_ bytes: [UInt8], at address: UInt64) {
  unsafe UnsafeMutableRawBufferPointer(
    start: UnsafeMutableRawPointer(bitPattern: UInt(address)), count: bytes.count
  ).copyBytes(from: bytes)
}

private func bytes(at address: UInt64, count: Int) -> [UInt8] {
  unsafe [UInt8](
    UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(address)), count: count))
}

// MARK: The steps

private func boot(_ head: [UInt8], _ payload: [UInt8], choosingFrom input: inout FuzzInput) {
  unsafe madvise(
    UnsafeMutableRawPointer(bitPattern: UInt(region)), regionByteCount, MADV_DONTNEED)
  let image = input.choice(below: 32) == 31 ? region + 4096 : region
  place(head, at: image)
  place(unsafe machine.tree.bytes, at: treeInsideImage)
  let layout = try? PackedImage(parsing: head.span)
  if let layout { place(payload, at: image + layout.payloadOffset) }

  unsafe state.initialize(to: stub_state())
  unsafe state.pointee.image = image
  unsafe state.pointee.device_tree = machine.treeAddress
  unsafe state.pointee.tables = UInt64(UInt(bitPattern: tables.start))
  let isEL2 = unsafe machine.isEL2
  unsafe state.pointee.current_el = isEL2 ? 2 << 2 : 1 << 2
  unsafe state.pointee.uses_el2_format = isEL2 ? 1 : 0
  let verdict = unsafe stub_map(state)
  let refusal = expectedRefusal(head, layout, image)
  expectSame(verdict, refusal ?? .accepted, "what is mapped")
  if let layout, verdict == .accepted {
    checkTables(layout, image, isEL2: isEL2)
    let count = unsafe state.pointee.secondary_count
    let cores = (0..<count).map { unsafe stub_core_at(state, $0 + 1).pointee.affinity }
    expectSame(cores, unsafe machine.cores, "cores")
    unpack(payload, layout, image)
  }
  report()
}

/// Why the stub must not go on.
private func expectedRefusal(_ head: [UInt8], _ layout: PackedImage?, _ image: UInt64)
  -> stub_verdict?
{
  guard image % (2 << 20) == 0 else { return .misplaced }
  guard let layout, let header = try? Arm64Image(parsing: head.span),
    layout.workByteCount == 0x16000, header.imageSize == layout.byteCount, layout.flags < 2
  else { return .descriptor }
  let tree = unsafe machine.treeAddress
  return tree >= image && tree < image + layout.byteCount ? .device_tree : nil
}

private func unpack(_ payload: [UInt8], _ layout: PackedImage, _ image: UInt64) {
  // What is longer takes time and finds nothing new.
  guard layout.targetByteCount <= UInt64(2 * kernelMax) else { return }
  // The memory behind the payload is there, and 0.
  let source = Array(
    (payload + [UInt8](repeating: 0, count: 64 << 10)).prefix(
      Int(layout.payloadByteCount)))
  guard source.count == layout.payloadByteCount else { return }
  let decoded = decode(
    source, capacity: Int(layout.targetByteCount), flags: Flag.requireChecksums)
  let verdict = unsafe stub_unpack(state)
  let header = try? Arm64Image(parsing: decoded.output.span)
  let firmware = unsafe machine.firmware
  if decoded.status != .ok {
    expectSame(verdict, .decoder, "unpacked")
    expectSame(unsafe state.pointee.actual, UInt64(decoded.status.rawValue), "status")
    expectSame(unsafe state.pointee.block, UInt64(decoded.blockIndex), "block")
    expectSame(unsafe state.pointee.offset, UInt64(decoded.sourceOffset), "byte")
  } else if decoded.output.count != layout.targetByteCount {
    expectSame(verdict, .byte_count, "unpacked")
  } else if header?.imageSize != layout.kernelImageSize
    || header?.textOffset != layout.kernelTextOffset || header?.flags != layout.kernelFlags
  {
    expectSame(verdict, .header, "unpacked")
  } else if unsafe !machine.switchedOn.isEmpty,
    firmware == .doesNotStart || firmware == .doesNotStop
  {
    expectSame(verdict, .core, "unpacked")
  } else {
    expectSame(verdict, .accepted, "unpacked")
    let kernel = bytes(at: image + layout.kernelOffset, count: decoded.output.count)
    expectSame(kernel, decoded.output, "the kernel")
  }
}

/// One line each, or nothing where there is no console.
private func report() {
  let calls: [() -> Void] = [
    { unsafe stub_report_refusal(state) }, { unsafe stub_report_timing(state) },
    { unsafe stub_report_exception(state, .max, 0, 1 << 63) },
  ]
  for call in calls {
    unsafe machine.printed = []
    call()
    let line = unsafe machine.printed
    if unsafe machine.isStuck { return expectSame(line, [], "printed") }
    guard unsafe machine.console != nil else { continue }
    expectSame(unsafe machine.cleanedByteCount, UInt64(unsafe machine.tree.bytes.count), "cleaned")
    guard line.starts(with: "lz4boot: ".utf8), line.suffix(2).elementsEqual([13, 10]),
      line.dropLast(2).allSatisfy({ (0x20..<0x7F).contains($0) })
    else { fail("printed \(line)") }
  }
}

// MARK: Translation

private func checkTables(_ layout: PackedImage, _ image: UInt64, isEL2: Bool) {
  let work = layout.workOffset
  var ranges: [(range: Range<UInt64>, isWritten: Bool, isExecuted: Bool)] = [
    (0..<layout.payloadOffset, false, true),
    (layout.payloadOffset..<layout.payloadOffset + layout.payloadByteCount, false, false),
    (work..<work + 0x10000, true, false),
    (layout.kernelOffset..<layout.byteCount, true, false),
  ]
  ranges += (0..<3 as Range<UInt64>).map { core in
    let stack = work + 0x11000 + 0x2000 * core
    return (stack..<stack + 0x1000, true, false)
  }
  let page: (UInt64) -> UInt64 = { $0 & ~0xFFF }
  for edge in ranges.flatMap({ [$0.range.lowerBound, page($0.range.upperBound - 1)] }) {
    for address in [page(edge) &- 4096, page(edge), page(edge) + 4096] {
      let holder = ranges.first {
        page($0.range.lowerBound) <= address && address < $0.range.upperBound
      }
      let entry = translate(image &+ address)
      expectSame(entry != nil, holder != nil, "mapped at \(address)")
      guard let entry, let holder else { continue }
      // [54 XN or UXN][53 PXN][10 access flag][9:8 inner shareable][7 read only][4:2 MAIR index 0]
      let bits = entry.bits
      expectSame(bits & 1 << 7 == 0, holder.isWritten, "written at \(address)")
      expectSame(bits & 1 << (isEL2 ? 54 : 53) == 0, holder.isExecuted, "executed at \(address)")
      expectSame(bits & 0x71C, 0x700, "memory at \(address)")
      expectSame(entry.address, image &+ address, "translated")
    }
  }
}

/// Where the hardware would go, and by which entry.
private func translate(_ address: UInt64) -> (address: UInt64, bits: UInt64)? {
  let first = unsafe UInt64(UInt(bitPattern: tables.start))
  var table = first
  for level in 0..<4 as Range<UInt64> {
    let shift = 39 - 9 * level
    guard table >= first, table < first + (12 << 12) else { fail("table at \(table)") }
    let index = address >> shift & 511
    let bits = number(bytes(at: table + 8 * index, count: 8))
    guard bits & 1 != 0 else { return nil }
    let next = bits & 0xFFFF_FFFF_F000
    if level == 3 || bits & 2 == 0 {
      guard level >= 2, bits & 2 == 0 || level == 3 else { fail("entry \(bits)") }
      return (next | address & ((1 << shift) - 1), bits)
    }
    table = next
  }
  return nil
}

// MARK: What the assembly does

@c @implementation
public func stub_clean_to_memory(_ start: UInt64, _ byte_count: UInt64) {
  let tree = unsafe machine.tree
  guard unsafe start == machine.treeAddress, start % 8 == 0,
    start != tree.address || byte_count <= tree.bytes.count
  else { fail("cleaned \(byte_count) bytes at \(start)") }
  unsafe machine.cleanedByteCount = byte_count
}

@c @implementation
public func stub_psci(
  _ function: UInt64, _ argument0: UInt64, _ argument1: UInt64, _ argument2: UInt64,
  _ conduit: UInt64
) -> Int32 {
  expectSame(conduit, unsafe (machine.conduit?.rawValue).map(UInt64.init), "conduit")
  guard let index = unsafe machine.cores.firstIndex(of: argument0) else {
    fail("core \(argument0)")
  }
  let firmware = unsafe machine.firmware
  let isOn = unsafe machine.switchedOn.contains(argument0)
  // PSCI, "AFFINITY_INFO": 0 is on, 1 is off.
  if function == 0xC400_0004 {
    return firmware == .doesNotTell ? -1 : isOn && firmware == .doesNotStop ? 0 : 1
  }
  expectSame(function, 0xC400_0003, "function")
  if firmware == .doesNotTell { fail("switched on, and it cannot be told when it is off") }
  expectSame(argument1, stub_secondary_entry(), "entry")
  expectSame(argument2, UInt64(index + 1), "context")
  if firmware == .denies { return -3 }
  guard !isOn else { fail("switched on twice: \(argument0)") }
  unsafe machine.switchedOn.append(argument0)
  // It has done all of its work when the call returns.
  if firmware != .doesNotStart { unsafe stub_work(state, argument2) }
  return 0
}

@c @implementation
public func stub_read8(_ address: UInt64) -> UInt32 {
  unsafe machine.access(address, byteCount: 1, write: nil)
}

@c @implementation
public func stub_read32(_ address: UInt64) -> UInt32 {
  unsafe machine.access(address, byteCount: 4, write: nil)
}

@c @implementation
public func stub_write8(_ address: UInt64, _ value: UInt32) {
  _ = unsafe machine.access(address, byteCount: 1, write: value)
}

@c @implementation
public func stub_write32(_ address: UInt64, _ value: UInt32) {
  _ = unsafe machine.access(address, byteCount: 4, write: value)
}

@c @implementation
public func stub_secondary_entry() -> UInt64 { 0x1234 }

@c @implementation
public func stub_mpidr() -> UInt64 { Machine.bootCore }

/// A second every few calls, so that nothing is waited for.
@c @implementation
public func stub_ticks() -> UInt64 {
  unsafe machine.ticks += 1 << 20
  return unsafe machine.ticks
}

@c @implementation
public func stub_ticks_per_second() -> UInt64 { 1 << 22 }
