// The stub's own steps, on an Image and a device tree that anybody may have written: what it maps,
// decodes, switches on, hands over and prints, against the formats read plainly.
import BootFormats
import BootStubEntry
import CLZ4Boot
import Glibc
import StubCrypto
import StubCryptoInstructions

@testable import FuzzSupport

/// `[kernel and initrd: an LZ4 frame][device tree, from its magic on]`
@c(LLVMFuzzerTestOneInput)
public func testStub(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  let magic: [UInt8] = [0xd0, 0x0d, 0xfe, 0xed]
  let split =
    input.payload.indices.last { input.payload[$0...].starts(with: magic) } ?? input.payload.count
  let frame = repaired([UInt8](input.payload[..<split]), capacity: contentMax)
  let tree = DeviceTree([UInt8](input.payload[split...]))
  guard let image = Image(frame, tree, choosingFrom: &input) else { return 0 }
  unsafe machine = Machine(tree: tree, image: image, choosingFrom: &input)
  boot(image, choosingFrom: &input)
  return 0
}

/// More takes time and finds nothing new.
private let contentMax = 256 << 10
private let pageByteCount: UInt64 = 4096

// MARK: The Image

/// A packed Image, and how it was made.
private struct Image {
  let layout: PackedImage
  let bytes: [UInt8]
  let frame: [UInt8]
  let contentByteCount: Int
  let append: [UInt8]
  let flags: UInt64
  let hasInitrd: Bool
  let hasTree: Bool
  let fixedAddress: UInt64?
  let isDamaged: Bool
  let hasWrongDigest: Bool

  init?(_ frame: [UInt8], _ tree: DeviceTree, choosingFrom input: inout FuzzInput) {
    // pack makes no shorter one.
    guard frame.count >= 19 else { return nil }
    let choice = input.choice(below: 256)
    let other = input.choice(below: 256)
    self.frame = frame
    let decoded = lookAhead(frame, capacity: contentMax).output.count
    contentByteCount = max(64, [decoded, decoded, decoded + 1, max(0, decoded - 1)][choice & 3])
    hasInitrd = choice & 4 != 0
    hasTree = choice & 8 != 0 && tree.parsed != nil
    append = [UInt8]("ro quiet".utf8.prefix((choice >> 4) & 7))
    let flag = UInt64(other & 0xf)
    // The digest takes time.
    flags = other & 0x70 == 0x70 ? flag : flag & ~PackedImage.flagSHA256
    let memory = UInt64(contentByteCount) + 0x1234
    let addresses = [0x3000_0000, 0x3000_1230, 0x8000, UInt64(other) << 12]
    fixedAddress = other & 0x80 == 0 ? nil : region + addresses[choice & 3]
    var parts = PackedImage.Parts(
      kernel: .init(byteCount: UInt64(frame.count), contentByteCount: UInt64(contentByteCount)),
      placement: fixedAddress.map {
        .fixed(address: $0, memoryByteCount: memory, entryOffset: 4)
      }
        ?? .image(
          Arm64Image(code: 0, textOffset: UInt64(other & 1) << 12, imageSize: memory, flags: 10)),
      blockShift: 16)
    parts.flags = flags
    if hasInitrd {
      parts.initrd = .init(
        byteCount: UInt64(frame.count), contentByteCount: UInt64(contentByteCount))
    }
    if hasTree { parts.treeByteCount = UInt64(tree.bytes.count) }
    parts.appendByteCount = UInt64(append.count)
    var template = [UInt8](repeating: 0x5a, count: Int(pageByteCount))
    func set(_ value: UInt64, _ field: PackedImage.Field, in bytes: inout [UInt8]) {
      let offset = PackedImage.offset(of: field)
      bytes.replaceSubrange(offset..<offset + 8, with: littleEndian(value))
    }
    set(0x3254_4f4f_4234_5a4c, .magic, in: &template)
    set(UInt64(STUB_WORK_BYTES), .workByteCount, in: &template)
    set(pageByteCount, .stubByteCount, in: &template)
    guard let layout = try? PackedImage(template: template.span, parts: parts) else { return nil }
    self.layout = layout
    var span = template.mutableSpan
    layout.write(to: &span)
    var bytes = template
    func put(_ part: [UInt8], at field: PackedImage.Field) {
      let padding = Int(layout[field]) - bytes.count
      bytes += [UInt8](repeating: 0, count: padding) + part
    }
    put(frame, at: .payloadOffset)
    if hasInitrd { put(frame, at: .initrdOffset) }
    if hasTree { put(tree.bytes, at: .treeOffset) }
    if !append.isEmpty { put(append, at: .appendOffset) }
    hasWrongDigest = flags & PackedImage.flagSHA256 != 0
    let head = naiveXXH32([UInt8](bytes[..<PackedImage.checksumOffset]))
    let checksum = naiveXXH32(
      [UInt8](bytes[PackedImage.headByteCount..<Int(pageByteCount)]), seed: head)
    set(UInt64(checksum), .checksum, in: &bytes)
    let damage = input.choice(below: 32) == 31
    if damage { bytes[(choice * 16 + other) % Int(pageByteCount)] ^= 1 }
    isDamaged = damage
    self.bytes = bytes
  }

  var isChanged: Bool {
    hasTree || !append.isEmpty || flags & PackedImage.flagTiming != 0
  }
}

/// What a frame comes to that the stub decodes to so many bytes, block by block.
private struct Expected {
  var failure: (block: UInt64, offset: UInt64, status: lz4boot_status)?
  var output: [UInt8] = []

  init(_ frame: [UInt8], contentByteCount: Int) { walk(frame, contentByteCount) }

  private mutating func walk(_ frame: [UInt8], _ contentByteCount: Int) {
    var position = 15
    var block: UInt64 = 0
    func refuse(_ status: lz4boot_status, _ offset: Int) {
      failure = (block, UInt64(offset), status)
    }
    while true {
      guard frame.count - position >= 4 else { return refuse(.truncated_input, position) }
      let word = Int(number(frame[position..<position + 4]))
      let left = contentByteCount - output.count
      if word == 0 {
        guard left == 0 else { return refuse(.content_size_mismatch, position) }
        guard position + 4 == frame.count else { return refuse(.trailing_data, position) }
        return
      }
      let size = word & 0x7fff_ffff
      guard size <= 1 << 16 else { return refuse(.block_too_large, position) }
      guard position + size + 8 <= frame.count else { return refuse(.truncated_input, position) }
      guard left > 0 else { return refuse(.content_size_mismatch, position) }
      let share = min(left, 1 << 16)
      let data = [UInt8](frame[position + 4..<position + 4 + size])
      var decoded = data
      if word >> 31 == 0 {
        let outcome = ReferenceDecoder.decodeBlock(data, capacity: share)
        guard outcome.status == .ok else {
          let isLong = outcome.status == .target_full
          return refuse(
            isLong ? .block_too_large : outcome.status, position + 4 + outcome.sourceOffset)
        }
        decoded = outcome.output
      }
      let checksum = position + 4 + size
      guard naiveXXH32(data) == UInt32(number(frame[checksum..<checksum + 4])) else {
        return refuse(.block_checksum_mismatch, checksum)
      }
      guard decoded.count == share else { return refuse(.content_size_mismatch, position) }
      output += decoded
      position = checksum + 4
      block += 1
    }
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
    self.bytes = resized(byteCount)
    memory = HeapBytes(self.bytes, alignment: 8)
    parsed = unsafe FlattenedDeviceTree(
      unsafeStart: memory.start.assumingMemoryBound(to: UInt8.self), limit: byteCount)
  }

  var address: UInt64 { unsafe UInt64(UInt(bitPattern: memory.start)) }
}

/// What PSCI makes of its calls.
private enum Firmware: Int {
  case works, worksToo, denies, doesNotStart, doesNotStop, doesNotTell
}

private struct Machine {
  let tree: DeviceTree
  let image: Image
  /// What the stub is told, which need not be where the tree is.
  let treeAddress: UInt64
  let firmware: Firmware
  let isEL2: Bool
  /// The console never takes a byte. Rare, as a million tries take long.
  let isStuck: Bool
  /// Of what the tree says that the stub goes by.
  let console: SerialConsole?
  let cores: [UInt64]
  let conduit: PSCIConduit?
  var printed: [UInt8] = []
  var switchedOn: [UInt64] = []
  var ticks: UInt64 = 0

  static let bootCore: UInt64 = 0x8000_0001

  init(tree: DeviceTree, image: Image, choosingFrom input: inout FuzzInput) {
    self.tree = tree
    self.image = image
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
    guard place < 13 || image.hasTree, let parsed = tree.parsed else {
      (console, cores, conduit) = (nil, [], nil)
      return
    }
    console = parsed.console()
    // At EL2 an HVC would come back to the stub itself.
    guard let found = parsed.psciConduit(), found == .smc || !isEL2 else {
      (cores, conduit) = ([], nil)
      return
    }
    conduit = found
    var cores: [UInt64] = []
    var walk = parsed.firstCore()
    while cores.count < 3, let affinity = parsed.nextCore(&walk) {
      if affinity != Self.bootCore & FlattenedDeviceTree.affinityMask, !cores.contains(affinity) {
        cores.append(affinity)
      }
    }
    self.cores = cores
  }

  /// Whether the stub has the loader's tree.
  var hasLoadersTree: Bool { treeAddress == tree.address && tree.parsed != nil }

  /// An access to a register of the console.
  mutating func access(_ address: UInt64, byteCount: UInt32, write value: UInt32?) -> UInt32 {
    guard let console else { fail("no console, but an access to \(address)") }
    expectSame(byteCount, console.accessByteCount, "width")
    guard let value else {
      expectSame(address, console.statusAddress, "status")
      return isStuck ? ~console.readyStatus : console.readyStatus
    }
    expectSame(address, console.dataAddress, "data")
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
/// In every Image.
private let treeInsideImage = region + 0x2000

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

private func boot(_ image: Image, choosingFrom input: inout FuzzInput) {
  unsafe madvise(
    UnsafeMutableRawPointer(bitPattern: UInt(region)), regionByteCount, MADV_DONTNEED)
  let start = input.choice(below: 32) == 31 ? region + 4096 : region
  place(image.bytes, at: start)
  unsafe state.initialize(to: stub_state())
  unsafe state.pointee.image = start
  unsafe state.pointee.device_tree = machine.treeAddress
  unsafe state.pointee.tables = UInt64(UInt(bitPattern: tables.start))
  let isEL2 = unsafe machine.isEL2
  unsafe state.pointee.current_el = isEL2 ? 2 << 2 : 1 << 2
  unsafe state.pointee.uses_el2_format = isEL2 ? 1 : 0
  let verdict = unsafe stub_map(state)
  let refusal = expectedRefusal(image, start)
  expectSame(verdict, refusal ?? .accepted, "what is mapped")
  if verdict == .accepted {
    checkTables(image, isEL2: isEL2)
    unpack(image)
  }
  report()
}

/// Why the stub must not go on.
private func expectedRefusal(_ image: Image, _ start: UInt64) -> stub_verdict? {
  guard start % (2 << 20) == 0 else { return .misplaced }
  guard !image.isDamaged else { return .damaged }
  if let address = image.fixedAddress,
    address < region + image.layout.byteCount, address + image.layout[.kernelImageSize] > region
  {
    return .overlap
  }
  // A tree inside the Image is what was put there: a part of the frame, and no tree in general.
  if unsafe machine.treeAddress == treeInsideImage {
    return treeAt(treeInsideImage) ? .device_tree : nil
  }
  return nil
}

private func treeAt(_ address: UInt64) -> Bool {
  let start = unsafe UnsafePointer<UInt8>(bitPattern: UInt(address))!
  guard let count = unsafe FlattenedDeviceTree.byteCount(unsafeHeader: start) else { return false }
  return unsafe FlattenedDeviceTree(unsafeStart: start, limit: count) != nil
}

private func unpack(_ image: Image) {
  let verdict = unsafe stub_unpack(state)
  let loaders = unsafe machine.hasLoadersTree ? machine.tree.parsed : nil
  let hasTree = loaders != nil || image.hasTree
  if let initrd = loaders?.initrd, initrd.end > 0, overlaps(image, initrd) {
    return expectSame(verdict, .device_tree, "an initrd of the loader's")
  }
  if image.hasWrongDigest { return expectSame(verdict, .digest, "the digest") }
  expectSame(unsafe state.pointee.conduit, UInt64(unsafe machine.conduit?.rawValue ?? 0), "conduit")
  let count = unsafe state.pointee.secondary_count
  let cores = (0..<count).map { unsafe stub_core_at(state, $0 + 1).pointee.affinity }
  expectSame(cores, unsafe machine.cores, "cores")

  let hasInitrd = loaders?.initrd.end ?? 0 > 0
  let packs =
    image.hasInitrd && (!hasInitrd || image.flags & PackedImage.flagInitrdWins != 0) && hasTree
  let isUnchanged = unsafe state.pointee.is_tree_unchanged != 0
  let pieceCount = packs && !isUnchanged ? 2 : 1
  expectSame(unsafe state.pointee.piece_count, UInt64(pieceCount), "pieces")
  let expected = Expected(image.frame, contentByteCount: image.contentByteCount)
  let firmware = unsafe machine.firmware
  if unsafe !machine.switchedOn.isEmpty, firmware == .doesNotStart || firmware == .doesNotStop {
    return expectSame(verdict, .core, "unpacked")
  }
  if let failure = expected.failure {
    expectSame(verdict, .block, "unpacked")
    guard
      let found = (0...3 as ClosedRange<UInt64>).map({
        unsafe stub_core_at(state, $0).pointee.failure
      })
      .filter({ $0.status != 0 }).min(by: { ($0.piece, $0.block) < ($1.piece, $1.block) })
    else { fail("no failure") }
    expectSame(
      [found.piece, found.block, found.offset, found.status],
      [0, failure.block, failure.offset, UInt64(failure.status.rawValue)], "failure")
    return
  }
  expectSame(verdict, .accepted, "unpacked")
  let kernel = unsafe state.pointee.kernel_start
  expectSame(bytes(at: kernel, count: image.contentByteCount), expected.output, "the kernel")
  if image.fixedAddress != nil {
    let zeros = bytes(at: kernel + UInt64(image.contentByteCount), count: 0x1234)
    expectSame(zeros, [UInt8](repeating: 0, count: 0x1234), "what is behind a program")
  }
  if pieceCount == 2 {
    let initrd = region + image.layout[.initrdTargetOffset]
    expectSame(bytes(at: initrd, count: image.contentByteCount), expected.output, "the initrd")
  }
  checkTree(image, loaders, packs: packs, isUnchanged: isUnchanged)
  unsafe machine.printed = []
  unsafe stub_finish(state)
  checkTimes(image)
}

private func overlaps(_ image: Image, _ initrd: (start: UInt64, end: UInt64)) -> Bool {
  let kernel = unsafe state.pointee.kernel_start..<state.pointee.kernel_end
  return [region..<region + image.layout.byteCount, kernel].contains {
    initrd.start < $0.upperBound && initrd.end > $0.lowerBound
  }
}

/// What the kernel finds.
private func checkTree(
  _ image: Image, _ loaders: FlattenedDeviceTree?, packs: Bool, isUnchanged: Bool
) {
  let address = unsafe state.pointee.device_tree
  let isChanged = (image.isChanged || packs) && (loaders != nil || image.hasTree)
  guard isChanged, !isUnchanged else {
    return expectSame(address, unsafe machine.treeAddress, "the loader's tree")
  }
  let room = Int(image.layout[.treeCopyByteCount])
  guard
    let tree = unsafe FlattenedDeviceTree(
      unsafeStart: UnsafePointer(bitPattern: UInt(address))!, limit: room)
  else { fail("no tree at \(address)") }
  let source = unsafe loaders ?? machine.tree.parsed!
  let old = line(source)
  let separator: [UInt8] = old.isEmpty || image.append.isEmpty ? [] : [0x20]
  expectSame(line(tree), old + separator + image.append, "command line")
  let initrd: [UInt64] =
    packs
    ? [
      region + image.layout[.initrdTargetOffset],
      region + image.layout[.initrdTargetOffset] + UInt64(image.contentByteCount),
    ] : loaders.map { [$0.initrd.start, $0.initrd.end] } ?? [0, 0]
  // One that a packed tree brings stays if there is no other.
  if initrd != [0, 0] { expectSame([tree.initrd.start, tree.initrd.end], initrd, "initrd") }
}

private func line(_ tree: FlattenedDeviceTree) -> [UInt8] {
  let (position, count) = tree.bootArguments
  let start = unsafe UnsafePointer<UInt8>(bitPattern: UInt(address(of: tree)))!
  return (0..<count).map { unsafe start[position + $0] }
}

private func address(of tree: FlattenedDeviceTree) -> UInt64 {
  unsafe unsafeBitCast(tree, to: UInt64.self)
}

/// The times in the tree are those that are told.
private func checkTimes(_ image: Image) {
  let place = unsafe state.pointee.timing_place
  let isTold = image.flags & PackedImage.flagTiming != 0
  guard place != 0 else { return }
  guard isTold else { fail("times that nobody asked for") }
  let cells = bytes(at: place, count: 8 * Int(STUB_TIME_COUNT))
  for index in 0..<Int(STUB_TIME_COUNT) {
    let value = unsafe stub_time_at(state, UInt64(index)).pointee
    expectSame([UInt8](cells[8 * index..<8 * index + 8].reversed()), littleEndian(value), "time")
  }
}

/// One line each, or nothing where there is no console.
private func report() {
  let calls: [() -> Void] = [
    { unsafe stub_report_refusal(state) },
    { unsafe stub_report_exception(state, .max, 0, 1 << 63) },
  ]
  for call in calls {
    unsafe machine.printed = []
    call()
    let line = unsafe machine.printed
    if unsafe machine.isStuck { return expectSame(line, [], "printed") }
    guard !line.isEmpty else { continue }
    guard line.starts(with: "lz4boot: ".utf8), line.suffix(2).elementsEqual([13, 10]),
      line.dropLast(2).allSatisfy({ (0x20..<0x7F).contains($0) })
    else { fail("printed \(line)") }
  }
}

// MARK: Translation

private func checkTables(_ image: Image, isEL2: Bool) {
  let layout = image.layout
  let work = region + layout[.workOffset]
  let trees = region + layout[.treeCopyOffset]
  var ranges: [(range: Range<UInt64>, isWritten: Bool, isExecuted: Bool)] = [
    (region..<region + pageByteCount, false, true),
    (region + pageByteCount..<work, false, false),
    (work..<work + UInt64(STUB_SECONDARIES), true, false),
    (trees..<trees + 2 * layout[.treeCopyByteCount], true, false),
    (unsafe state.pointee.kernel_start..<state.pointee.kernel_end, true, false),
  ]
  ranges += (0..<3 as Range<UInt64>).map { core in
    let stack = work + UInt64(STUB_SECONDARIES) + 0x1000 + 0x2000 * core
    return (stack..<stack + 0x1000, true, false)
  }
  if image.hasInitrd {
    let initrd = region + layout[.initrdTargetOffset]
    ranges.append((initrd..<initrd + UInt64(image.contentByteCount), true, false))
  }
  let page: (UInt64) -> UInt64 = { $0 & ~0xFFF }
  for edge in ranges.flatMap({ [$0.range.lowerBound, page($0.range.upperBound - 1)] }) {
    for address in [page(edge) &- 4096, page(edge), page(edge) + 4096] {
      let holder = ranges.first {
        page($0.range.lowerBound) <= address && address < $0.range.upperBound
      }
      let entry = translate(address)
      expectSame(entry != nil, holder != nil, "mapped at \(address)")
      guard let entry, let holder else { continue }
      // [54 XN or UXN][53 PXN][10 access flag][9:8 inner shareable][7 read only][4:2 MAIR index 0]
      let bits = entry.bits
      expectSame(bits & 1 << 7 == 0, holder.isWritten, "written at \(address)")
      expectSame(bits & 1 << (isEL2 ? 54 : 53) == 0, holder.isExecuted, "executed at \(address)")
      expectSame(bits & 0x71C, 0x700, "memory at \(address)")
      expectSame(entry.address, address, "translated")
    }
  }
}

/// Where the hardware would go, and by which entry.
private func translate(_ address: UInt64) -> (address: UInt64, bits: UInt64)? {
  let first = unsafe UInt64(UInt(bitPattern: tables.start))
  var table = first
  for level in 0..<4 as Range<UInt64> {
    let shift = 39 - 9 * level
    guard table >= first, table < first + UInt64(STUB_TABLE_COUNT) << 12 else {
      fail("table at \(table)")
    }
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
  let isTree = unsafe start == machine.treeAddress
  let room = unsafe machine.image.layout[.treeCopyByteCount]
  let copies = unsafe region + machine.image.layout[.treeCopyOffset]
  let isCopy = start == copies || start == copies + room
  guard byte_count > 0, isTree || isCopy,
    start != tree.address || byte_count <= tree.bytes.count
  else { fail("cleaned \(byte_count) bytes at \(start)") }
}

@c @implementation
public func stub_copy(_ target: UInt64, _ source: UInt64, _ byte_count: UInt64) {
  place(bytes(at: source, count: Int(byte_count)), at: target)
}

@c @implementation
public func stub_load32(_ address: UInt64) -> UInt32 {
  UInt32(number(bytes(at: address, count: 4)))
}

@c @implementation
public func stub_end() -> UInt64 { unsafe state.pointee.image + pageByteCount }

@c @implementation
public func sha256_blocks_of_core(
  _ state: UnsafeMutablePointer<UInt32>, _ data: UnsafePointer<UInt8>, _ block_count: Int
) {
  unsafe sha256BlocksPortable(state, data, block_count)
}

@c @implementation
public func stub_psci(
  _ function: UInt64, _ argument0: UInt64, _ argument1: UInt64, _ argument2: UInt64,
  _ conduit: UInt64
) -> Int32 {
  expectSame(conduit, unsafe (machine.conduit?.rawValue).map(UInt64.init), "conduit")
  // What --on-error asks for; it may come back.
  if function == 0x8400_0008 || function == 0x8400_0009 { return -1 }
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
  // The times in the tree.
  let times = unsafe state.pointee.timing_place
  if times != 0, address >= times, address < times + 8 * UInt64(STUB_TIME_COUNT) {
    return place([UInt8](littleEndian(UInt64(value)).prefix(4)), at: address)
  }
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
