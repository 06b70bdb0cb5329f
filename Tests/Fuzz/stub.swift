// The stub's own steps, in the order of the assembly, on an Image that anybody may have written behind
// its head, and a device tree of anybody: what it refuses, maps, decodes, switches on, changes and
// prints, against the formats read plainly.
import BootStubEntry
import CLZ4Boot
import Glibc
import StubCrypto
import StubCryptoInstructions

@testable import BootFormats
@testable import FuzzSupport

/// `[setup:16][kernel's frame][initrd's frame][loader's device tree][packed device tree]`, each from
/// its magic on; all but the setup may be missing.
@c(LLVMFuzzerTestOneInput)
public func testStub(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  _ = consoleLayout
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  guard input.payload.count >= 16, let image = Packed(choosingFrom: &input) else { return 0 }
  boot(image, choosingFrom: &input)
  return 0
}

/// The stub has one layout by two names, of Swift and of C. Compared once.
private let consoleLayout: Void = {
  expectSame(
    [
      MemoryLayout<SerialConsole>.offset(of: \.dataAddress),
      MemoryLayout<SerialConsole>.offset(of: \.statusAddress),
      MemoryLayout<SerialConsole>.offset(of: \.statusMask),
      MemoryLayout<SerialConsole>.offset(of: \.readyStatus),
      MemoryLayout<SerialConsole>.offset(of: \.accessByteCount),
    ],
    [
      MemoryLayout<stub_console>.offset(of: \.data),
      MemoryLayout<stub_console>.offset(of: \.status),
      MemoryLayout<stub_console>.offset(of: \.mask), MemoryLayout<stub_console>.offset(of: \.ready),
      MemoryLayout<stub_console>.offset(of: \.access_byte_count),
    ], "fields of a console")
}()

// MARK: The packed Image

/// A kernel or an initrd.
private struct Piece {
  var frame: [UInt8]
  var contentByteCount: Int

  /// - Parameter section: of a frame, the header of which becomes the one that pack writes.
  init(_ section: [UInt8], blockMaximumCode code: UInt8, repairs: Bool, atLeast minimum: Int) {
    func header(_ contentSize: Int) -> [UInt8] {
      FrameHeader(
        blockMaximumCode: code, hasBlockChecksums: true, contentSize: UInt64(contentSize)
      ).bytes
    }
    frame = header(0) + section.dropFirst(15)
    if repairs { frame = repaired(frame, capacity: outputByteCountMax) }
    let content = number(frame[6..<14])
    contentByteCount = max(minimum, content < UInt64(outputByteCountMax) ? Int(content) : 0)
    frame = header(contentByteCount) + frame.dropFirst(15)
  }
}

/// What pack makes: the whole file, with one thing wrong in some runs.
private struct Packed {
  var file: [UInt8]
  let layout: PackedImage
  let kernel: Piece
  let initrd: Piece?
  let loadersTree: [UInt8]
  private(set) var tree: [UInt8]
  private(set) var append: [UInt8]
  let blockByteCount: Int
  /// A byte of head or stub is not what it was, or one behind them.
  var isStubDamaged = false
  var isPayloadDamaged = false
  var isTreeDamaged = false
  /// Where the program lies; 0 of a kernel.
  let fixedAddress: UInt64

  init?(choosingFrom input: inout FuzzInput) {
    let setup = [UInt8](input.payload.prefix(16))
    let (frames, trees) = sections(of: input.payload[16...])
    let flags = input.choice(below: 256)
    let damage = input.choice(below: 32)
    let code = 4 + setup[0] >> 2 & 3
    blockByteCount = 1 << (8 + 2 * Int(code))
    let isFixed = flags & 64 != 0
    let repairs = damage != 31
    let kernel = Piece(
      frames.first ?? [], blockMaximumCode: code, repairs: repairs, atLeast: isFixed ? 1 : 64)
    self.kernel = kernel
    initrd =
      frames.count > 1
      ? Piece(frames[1], blockMaximumCode: code, repairs: repairs, atLeast: 1) : nil
    loadersTree = trees.first.map { repairedTree($0, setup[15] & 1 == 0) } ?? []
    tree = trees.count > 1 ? repairedTree(trees[1], setup[15] & 2 == 0) : []
    append = flags & 128 != 0 ? setup[8..<15].filter { $0 != 0 } : []

    var template = repeated(counted(250), byteCount: 4096 * (1 + Int(setup[0] & 3)))
    func set(_ value: UInt64, _ field: PackedImage.Field, in bytes: inout [UInt8]) {
      let offset = PackedImage.offset(of: field)
      bytes.replaceSubrange(offset..<offset + 8, with: littleEndian(value))
    }
    set(0x3354_4f4f_4234_5a4c, .magic, in: &template)
    set(UInt64(STUB_WORK_BYTES), .workByteCount, in: &template)
    set(UInt64(template.count), .stubByteCount, in: &template)
    set(0, .flags, in: &template)
    // Of more memory than is looked at: for the translation tables. A program's is cleared.
    let unit = setup[4] == 0xFF ? isFixed ? 16 << 10 : 4 << 20 : 64
    let memory = kernel.contentByteCount + Int(setup[3]) * unit
    // A program lies behind the Image, in it or, as Images are small, in front of its end.
    fixedAddress = isFixed ? region + UInt64(setup[1]) << (setup[2] & 15 + 13) + 8 : 0
    let placement: PackedImage.Placement =
      isFixed
      ? .fixed(
        address: fixedAddress, memoryByteCount: UInt64(memory), entryOffset: UInt64(setup[5]))
      : .image(
        Arm64Image(
          code: 0, textOffset: UInt64(setup[1]) << 13 | UInt64(setup[2]),
          imageSize: UInt64(memory), flags: 0xA))
    func frame(_ piece: Piece) -> PackedImage.Frame {
      .init(byteCount: UInt64(piece.frame.count), contentByteCount: UInt64(piece.contentByteCount))
    }
    var parts = PackedImage.Parts(
      kernel: frame(kernel), placement: placement, blockShift: UInt64(8 + 2 * code))
    parts.initrd = initrd.map(frame)
    parts.treeByteCount = UInt64(tree.count)
    parts.appendByteCount = UInt64(append.count)
    parts.flags = UInt64(flags & 15) | UInt64(flags >> 4 & 3) << PackedImage.OnError.shift
    guard let layout = try? PackedImage(template: template.span, parts: parts),
      fixedAddress == 0 || fixedAddress + UInt64(memory) <= region + UInt64(regionByteCount)
    else { return nil }
    self.layout = layout
    var span = template.mutableSpan
    layout.write(to: &span)
    file = template + [UInt8](repeating: 0, count: Int(layout.fileByteCount) - template.count)
    place(kernel.frame, .payloadOffset)
    if let initrd { place(initrd.frame, .initrdOffset) }
    place(tree + append, .treeOffset)
    let treeChecksum = UInt64(naiveXXH32(checked)) | layout.checkedByteCount << 32
    var all = file.mutableSpan
    PackedImage.set(treeChecksum, for: .treeChecksum, in: &all)
    let digest = sha256(file[template.count...])
    file.replaceSubrange(
      PackedImage.offset(of: .sha256)..<PackedImage.offset(of: .signatureOffset), with: digest)
    let stubChecksum = UInt64(checksum)
    all = file.mutableSpan
    PackedImage.set(stubChecksum, for: .checksum, in: &all)
    let position = Int(setup[6]) << 8 | Int(setup[7])
    let whole = (checksum: checksum, tree: checked)
    if damage == 30 {
      file[position % template.count] ^= 1
    } else if damage == 29 {
      file[template.count + position % (file.count - template.count)] ^= 1
      isPayloadDamaged = true
    }
    isStubDamaged = checksum != whole.checksum || damage == 30
    isTreeDamaged = checked != whole.tree
  }

  private mutating func place(_ bytes: [UInt8], _ field: PackedImage.Field) {
    guard !bytes.isEmpty else { return }
    let start = Int(layout[field])
    file.replaceSubrange(start..<start + bytes.count, with: bytes)
  }

  /// What has a checksum behind the payload.
  var checked: [UInt8] {
    bytes(from: Int(layout[.treeOffset]), count: Int(layout.checkedByteCount))
  }

  /// Of the file and what is behind it.
  private func bytes(from start: Int, count: Int) -> [UInt8] {
    let bytes = file[start...].prefix(count)
    return bytes + [UInt8](repeating: 0, count: count - bytes.count)
  }

  /// Of everything in front of the first block but the field that holds it.
  var checksum: UInt32 {
    let first = UInt32(number(file[..<4]))
    let head = naiveXXH32([UInt8](file[4..<PackedImage.checksumOffset]), seed: first)
    let start = PackedImage.headByteCount
    return naiveXXH32(
      bytes(from: start, count: Int(layout[.payloadOffset]) + 15 - start), seed: head)
  }

  func part(_ start: PackedImage.Field, _ byteCount: PackedImage.Field) -> [UInt8] {
    [UInt8](file[Int(layout[start])...].prefix(Int(layout[byteCount])))
  }
}

/// What starts with each magic.
private func sections(of bytes: ArraySlice<UInt8>) -> (frames: [[UInt8]], trees: [[UInt8]]) {
  let magics: [[UInt8]] = [FrameHeader.magic, [0xD0, 0x0D, 0xFE, 0xED]]
  var found: [(kind: Int, start: Int)] = []
  for start in bytes.indices.dropLast(3) {
    for kind in 0..<2 where bytes[start] == magics[kind][0] {
      let isMagic = bytes[start..<start + 4].elementsEqual(magics[kind])
      if isMagic, found.count(where: { $0.kind == kind }) < 2 { found.append((kind, start)) }
    }
  }
  let ends = found.dropFirst().map(\.start) + [bytes.endIndex]
  let parts = zip(found, ends).map { ($0.kind, [UInt8](bytes[$0.start..<$1])) }
  return (parts.filter { $0.0 == 0 }.map(\.1), parts.filter { $0.0 == 1 }.map(\.1))
}

/// A device tree as long as it says: where that is more than there is, memory goes on. A number that
/// starts with "REGI" becomes an address where Images lie.
private func repairedTree(_ section: [UInt8], _ repairs: Bool) -> [UInt8] {
  var bytes = section
  for start in stride(from: 0, to: max(0, bytes.count - 7), by: 4)
  where bytes[start..<start + 4].elementsEqual("REGI".utf8) {
    let offset = bytes[start + 4..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
    bytes.replaceSubrange(start..<start + 8, with: PlainTree.bytes(region + offset))
  }
  if bytes.count < 40 { bytes += [UInt8](repeating: 0, count: 40 - bytes.count) }
  if repairs { repairTreeHeader(&bytes) }
  let count = FlattenedDeviceTree.byteCount(ofHeader: bytes.span) ?? bytes.count
  return bytes.prefix(count) + [UInt8](repeating: 0, count: max(0, count - bytes.count))
}

private func sha256(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
  var memory = [UInt32](repeating: 0, count: Int(SHA256_MEMORY_WORDS))
  unsafe bytes.withUnsafeBufferPointer { bytes in
    unsafe StubCrypto.sha256(
      bytes.baseAddress!, byteCount: bytes.count,
      blocks: { unsafe sha256BlocksPortable($0, $1, $2) }, memory: &memory)
  }
  return DeviceTreeBuilder.bigEndian(Array(memory[..<8]))
}

// MARK: What is expected of the frames

private struct Refusal: Equatable {
  var piece = 0
  var block = 0
  var offset = 0
  var status: lz4boot_status
}

/// What a frame of a piece decodes to, block by block, or its first fault.
private func read(
  _ frame: [UInt8], contentByteCount: Int, blockByteCount: Int
) -> (content: [UInt8], refusal: Refusal?) {
  var content: [UInt8] = []
  var (block, position) = (0, 15)
  func refused(_ status: lz4boot_status, at offset: Int) -> (content: [UInt8], refusal: Refusal?) {
    (content, Refusal(block: block, offset: offset, status: status))
  }
  while true {
    let room = frame.count - position
    let left = contentByteCount - content.count
    guard room >= 4 else { return refused(.truncated_input, at: position) }
    let word = number(frame[position..<position + 4])
    if word == 0 {
      if left > 0 { return refused(.content_size_mismatch, at: position) }
      return room == 4 ? (content, nil) : refused(.trailing_data, at: position)
    }
    let size = Int(word & 0x7FFF_FFFF)
    guard size <= blockByteCount else { return refused(.block_too_large, at: position) }
    guard size + 8 <= room else { return refused(.truncated_input, at: position) }
    guard left > 0 else { return refused(.content_size_mismatch, at: position) }
    let data = position + 4
    let end = data + size
    let bytes = [UInt8](frame[data..<end])
    let share = min(left, blockByteCount)
    var output = bytes
    if word >> 31 == 0 {
      let decoded = decodeBlock(bytes, capacity: share, prefill: 0)
      guard decoded.status == .ok else {
        return refused(
          decoded.status == .target_full ? .block_too_large : decoded.status,
          at: data + decoded.sourceOffset)
      }
      output = decoded.output
    }
    guard number(frame[end..<end + 4]) == UInt64(naiveXXH32(bytes)) else {
      return refused(.block_checksum_mismatch, at: end)
    }
    guard output.count == share else { return refused(.content_size_mismatch, at: position) }
    content += output
    position = end + 4
    block += 1
  }
}

/// The decoder's word on the same frame: it takes what is taken, and what it takes is taken, unless a
/// block is not full.
private func compareWithDecoder(
  _ frame: [UInt8], contentByteCount: Int, _ result: (content: [UInt8], refusal: Refusal?)
) {
  // The stub goes by the descriptor, not by the frame's header.
  let header = FrameHeader(
    blockMaximumCode: frame[5] >> 4 & 7, hasBlockChecksums: true,
    contentSize: UInt64(contentByteCount))
  guard frame.starts(with: header.bytes) else { return }
  let decoded = decode(frame, capacity: contentByteCount, flags: Flag.requireChecksums)
  guard let refusal = result.refusal else {
    expectSame(decoded.status, .ok, "status")
    return expectSame(result.content, decoded.output, "content")
  }
  switch refusal.status {
  case .content_size_mismatch: break
  // Of several things that are wrong with such a frame each tells another.
  case .truncated_input, .block_too_large, .trailing_data:
    guard decoded.status != .ok else { fail("refused: \(result)") }
  case _ where decoded.status == .target_full: break
  default:
    expectSame(decoded.status, refusal.status, "status")
    expectSame(decoded.blockIndex, refusal.block, "block")
    expectSame(decoded.sourceOffset, refusal.offset, "offset")
  }
}

// MARK: The machine

/// What PSCI makes of its calls.
private enum Firmware: Int {
  case works, worksToo, denies, doesNotStart, doesNotStop, doesNotTell
}

/// What the stub looks for in a tree.
private struct TreeFacts {
  var console: SerialConsole?
  var conduit: PSCIConduit?
  /// The first three but the boot core, each once.
  var cores: [UInt64] = []
  var initrd: [UInt64] = [0, 0]

  init() {}

  init(in tree: FlattenedDeviceTree) {
    console = tree.console()
    conduit = tree.psciConduit()
    initrd = [tree.initrd.start, tree.initrd.end]
    var walk = tree.firstCore()
    while let core = tree.nextCore(&walk) {
      if core != 1, !cores.contains(core), cores.count < 3 { cores.append(core) }
    }
  }

  /// Of a copy: in a damaged tree it may be other things than in the original.
  init?(copying blob: [UInt8], capacity: Int) {
    let memory = HeapBytes(capacity, filledWith: 0, alignment: 8)
    let facts: TreeFacts? =
      withTree(blob) { tree in
        unsafe tree.copy(
          unsafeTo: memory.start.assumingMemoryBound(to: UInt8.self), capacity: capacity
        ).map { TreeFacts(in: $0) }
      } ?? nil
    guard let facts else { return nil }
    self = facts
  }
}

private struct Machine {
  let firmware: Firmware
  let isEL2: Bool
  /// The console never takes a byte. Rare, as a million tries take long.
  let isStuck: Bool
  var console: SerialConsole?
  var conduit: PSCIConduit?
  var cores: [UInt64] = []
  var firstBlock: UInt64 = 0
  var printed: [UInt8] = []
  var cleaned: [[UInt64]] = []
  var switchedOn: [UInt64] = []
  var stopped: [UInt64] = []
  var ticks: UInt64 = 0

  /// Affinity 1, and a bit that is none of an affinity.
  static let bootCore: UInt64 = 0x8000_0001

  init(choosingFrom input: inout FuzzInput) {
    let choice = input.choice(below: 256)
    isStuck = choice == 255
    isEL2 = choice & 1 != 0
    firmware = Firmware(rawValue: input.choice(below: 6))!
  }

  /// How the stub calls PSCI from now on, if it can: at EL2 an HVC would come back to the stub itself.
  @discardableResult
  mutating func take(_ found: PSCIConduit?) -> Bool {
    guard let found, found == .smc || !isEL2 else { return false }
    conduit = found
    return true
  }

  /// An access to a register of the console.
  mutating func access(_ address: UInt64, byteCount: UInt32, write value: UInt32?) -> UInt32 {
    guard let console else { fail("no console, but an access to \(address)") }
    expectSame(byteCount, console.accessByteCount, "width")
    guard let value else {
      expectSame(address, console.statusAddress, "status")
      return isStuck ? console.readyStatus ^ console.statusMask : console.readyStatus | 0x8F
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

private func memory(_ address: UInt64) -> UnsafeMutableRawPointer {
  unsafe UnsafeMutableRawPointer(bitPattern: UInt(address))!
}

private func place(_ bytes: [UInt8], at address: UInt64) {
  unsafe UnsafeMutableRawBufferPointer(start: memory(address), count: bytes.count)
    .copyBytes(from: bytes)
}

private func bytes(at address: UInt64, count: Int) -> [UInt8] {
  unsafe [UInt8](UnsafeRawBufferPointer(start: memory(address), count: count))
}

// MARK: The steps

/// What the run at hand is about.
private struct Run {
  let packed: Packed
  let image: UInt64
  let kernelStart: UInt64
  let kernelEnd: UInt64
  /// What the stub is told, which need not be where a tree is.
  let treeAddress: UInt64
  /// On the heap, with nothing behind it.
  let tree: HeapTree
  /// Nil of no tree, a damaged one, or one that does not lie where a tree does.
  let original: TreeFacts?
  /// Of the copy, if there was room.
  let loaders: TreeFacts?
  let packedTree: TreeFacts?

  var layout: PackedImage { packed.layout }
  var imageEnd: UInt64 { image + layout.byteCount }
  var copyAddress: UInt64 { image + layout[.treeCopyOffset] }
  func has(_ flag: UInt64) -> Bool { layout[.flags] & flag != 0 }
  var treeFacts: TreeFacts? { layout[.treeByteCount] > 0 ? packedTree : loaders }
  func overwrites(_ start: UInt64, _ end: UInt64) -> Bool {
    start < imageEnd && end > image || start < kernelEnd && end > kernelStart
  }
  /// Whether the packed initrd is the one that is handed over, if there is a tree to say so.
  var packs: Bool {
    packed.initrd != nil
      && (loaders.map { $0.initrd[1] == 0 } ?? true || has(PackedImage.flagInitrdWins))
  }
  var wantsChanges: Bool {
    packs || has(PackedImage.flagTiming) || !packed.append.isEmpty || !packed.tree.isEmpty
  }

  init(_ packed: Packed, choosingFrom input: inout FuzzInput) {
    self.packed = packed
    image = input.choice(below: 32) == 31 ? region + 4096 : region
    let layout = packed.layout
    kernelStart =
      packed.fixedAddress > 0
      ? packed.fixedAddress : image + layout[.targetOffset] + layout[.kernelTextOffset]
    kernelEnd = kernelStart + layout[.kernelImageSize]
    let blob = packed.loadersTree
    tree = HeapTree(blob)
    let end = image + layout.byteCount
    var address =
      switch input.choice(below: 16) {
      case 15: tree.address + 4
      case 14: 0 as UInt64
      case 13: image + layout[.treeCopyOffset]
      case 12: (kernelStart + 7) & ~7
      case 11: end - 8
      case 10: (max(end, kernelEnd) + 7) & ~7
      default: tree.address
      }
    let blobEnd = address + UInt64(blob.count)
    if address > region, blobEnd > region + UInt64(regionByteCount),
      address < region + UInt64(regionByteCount)
    {
      address = tree.address
    }
    // On the stub it would damage that, as a program's place may be there.
    if blobEnd > image, address < image + layout[.stubByteCount] { address = tree.address }
    treeAddress = address
    let isThere = address != 0 && address % 8 == 0 && !blob.isEmpty
    original = isThere ? withTree(blob) { TreeFacts(in: $0) } : nil
    let room = Int(layout[.treeCopyByteCount])
    loaders = original == nil ? nil : TreeFacts(copying: blob, capacity: room)
    packedTree = withTree(packed.tree) { TreeFacts(in: $0) }
  }

  /// Why the stub must not go on before its MMU is on.
  var refusal: (verdict: stub_verdict, actual: UInt64)? {
    if image % (2 << 20) != 0 { return (.misplaced, image) }
    if packed.isStubDamaged { return (.damaged, UInt64(packed.checksum)) }
    if packed.fixedAddress > 0, kernelStart < imageEnd, kernelEnd > image {
      return (.overlap, kernelStart)
    }
    // Something else may be a tree that was overwritten.
    let end = treeAddress + UInt64(original == nil ? 0 : packed.loadersTree.count)
    if overwrites(treeAddress, end) { return (.device_tree, treeAddress) }
    // Of a tree that is copied it is looked for in the copy.
    guard loaders == nil, let initrd = original?.initrd, overwrites(initrd[0], initrd[1]) else {
      return nil
    }
    return (.device_tree, initrd[0])
  }

  /// The console of a tree, unless it lies in memory that the stub knows that it overwrites.
  func console(of facts: TreeFacts?) -> SerialConsole? {
    guard let console = facts?.console else { return nil }
    let knows = ![.misplaced, .damaged].contains(refusal?.verdict)
    let data = console.dataAddress
    return knows && overwrites(data, data &+ 4) ? nil : console
  }
}

@safe
private final class HeapTree {
  let memory: HeapBytes

  init(_ bytes: [UInt8]) {
    // Without a tree there is something else.
    memory = HeapBytes(max(40, bytes.count), filledWith: 0, alignment: 8)
    memory.put(bytes[...], at: 0)
  }

  var address: UInt64 { unsafe UInt64(UInt(bitPattern: memory.start)) }
}

private nonisolated(unsafe) var run: Run! = nil

private func boot(_ packed: Packed, choosingFrom input: inout FuzzInput) {
  unsafe machine = Machine(choosingFrom: &input)
  let now = Run(packed, choosingFrom: &input)
  unsafe run = now
  unsafe refused = nil
  unsafe madvise(memory(region), regionByteCount, MADV_DONTNEED)
  place(packed.file, at: now.image)
  if now.treeAddress >= region, now.treeAddress < region + UInt64(regionByteCount) {
    place(packed.loadersTree, at: now.treeAddress)
  }
  unsafe machine.firstBlock = now.image + now.layout[.payloadOffset] + 15

  unsafe state.initialize(to: stub_state())
  unsafe state.pointee.image = now.image
  unsafe state.pointee.device_tree = now.treeAddress
  unsafe state.pointee.tables = UInt64(UInt(bitPattern: tables.start))
  unsafe tables.start.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
  unsafe state.pointee.current_el = machine.isEL2 ? 2 << 2 : 1 << 2
  unsafe state.pointee.uses_el2_format = machine.isEL2 ? 1 : 0
  unsafe state.pointee.times.entry = 1
  let verdict = map(now)
  if verdict == .accepted {
    checkTables(now)
    unsafe state.pointee.times.mmu_on = 2
    protect(now)
    let verdict = unpack(now)
    unsafe mprotect(memory(region), regionByteCount, PROT_READ | PROT_WRITE)
    if verdict == .accepted { finish(now) } else { refuse(now) }
  } else {
    refuse(now)
  }
  // At any time.
  expectLines {
    unsafe stub_report_exception(state, .max, 0, 1 << 63)
  } said: {
    "exception: ESR \(hex(.max)) ELR \(hex(0)) FAR \(hex(1 << 63)), stub at \(hex(now.image))"
  }
  expectStop(now)
}

private func map(_ now: Run) -> stub_verdict {
  var verdict = stub_verdict.accepted
  let refusal = now.refusal
  let isVerbose = refusal == nil && now.has(PackedImage.flagVerbose)
  expectLines {
    verdict = unsafe stub_map(state)
  } said: {
    guard isVerbose else { return nil }
    return "at \(hex(now.image)), in EL\(unsafe machine.isEL2 ? 2 : 1), kernel at "
      + "\(hex(now.kernelStart)), device tree at \(hex(now.treeAddress))"
  }
  expectSame(verdict, refusal?.verdict ?? .accepted, "what is mapped")
  expectSame(unsafe state.pointee.actual, refusal?.actual ?? 0, "about")
  guard verdict == .accepted else { return verdict }
  let found: stub_tree = now.original == nil ? .none : now.loaders == nil ? .not_copied : .copied
  expectSame(unsafe state.pointee.tree, found, "the loader's tree")
  guard now.original != nil else { return verdict }
  let room = now.layout[.treeCopyByteCount]
  let tree = [now.treeAddress, UInt64(now.packed.loadersTree.count)]
  expectSame(
    [[UInt64]](unsafe machine.cleaned.prefix(4)),
    [[tree[0], 40], tree, [now.copyAddress, room], [now.copyAddress, room]], "cleaned")
  return verdict
}

/// Access rights by what the tables say, so that all else faults.
private func protect(_ now: Run) {
  unsafe mprotect(memory(region), regionByteCount, PROT_NONE)
  for range in ranges(of: now) {
    let start = range.start & ~0xFFF
    let byteCount = Int(range.end - start)
    unsafe mprotect(
      memory(start), byteCount, range.isWritten ? PROT_READ | PROT_WRITE : PROT_READ)
  }
}

/// What lies behind what is decoded, which is the kernel's to clear.
private let rest = [UInt8](repeating: 0xEE, count: 64)

private func unpack(_ now: Run) -> stub_verdict {
  let packed = now.packed
  let kernel = read(
    packed.part(.payloadOffset, .payloadByteCount),
    contentByteCount: packed.kernel.contentByteCount, blockByteCount: packed.blockByteCount)
  compareWithDecoder(
    packed.part(.payloadOffset, .payloadByteCount),
    contentByteCount: packed.kernel.contentByteCount, kernel)
  let kernelContentEnd = now.kernelStart + UInt64(packed.kernel.contentByteCount)
  let restCount = Int(min(UInt64(rest.count), now.kernelEnd - kernelContentEnd))
  place([UInt8](rest.prefix(restCount)), at: kernelContentEnd)
  var initrd: (content: [UInt8], refusal: Refusal?)?
  if now.packs, let piece = packed.initrd {
    initrd = read(
      packed.part(.initrdOffset, .initrdByteCount), contentByteCount: piece.contentByteCount,
      blockByteCount: packed.blockByteCount)
  }
  let isWrong = packed.isPayloadDamaged && now.has(PackedImage.flagSHA256)
  if !packed.isTreeDamaged, !isWrong, let facts = now.treeFacts {
    unsafe machine.console = now.console(of: facts) ?? machine.console
    if unsafe machine.take(facts.conduit) { unsafe machine.cores = facts.cores }
  }
  let verdict = unsafe stub_unpack(state)
  if packed.isTreeDamaged || isWrong {
    expectSame(verdict, packed.isTreeDamaged ? .tree_damaged : .digest, "unpacked")
    expectSame(unsafe state.pointee.actual, now.image, "about")
    expectSame(unsafe machine.switchedOn, [], "switched on")
    return verdict
  }
  let firmware = unsafe machine.firmware
  let addresses = now.loaders?.initrd ?? [0, 0]
  if now.overwrites(addresses[0], addresses[1]) {
    expectSame(verdict, .device_tree, "unpacked")
    expectSame(unsafe state.pointee.actual, addresses[0], "about")
    return verdict
  }
  let cores = unsafe (0..<state.pointee.secondary_count).map {
    unsafe stub_core_at(state, $0 + 1).pointee.affinity
  }
  expectSame(cores, unsafe machine.cores, "cores")
  // A tree that is too large or damaged is handed over without an initrd.
  let isUnchanged = unsafe state.pointee.is_tree_unchanged != 0
  let hasInitrd = now.packs && !isUnchanged
  var refusal = kernel.refusal
  if hasInitrd, refusal == nil, var other = initrd?.refusal {
    other.piece = 1
    refusal = other
  }
  if let core = unsafe machine.switchedOn.first,
    firmware == .doesNotStart || firmware == .doesNotStop
  {
    expectSame(verdict, .core, "unpacked")
    expectSame(unsafe state.pointee.actual, core, "about")
  } else if let refusal {
    expectSame(verdict, .block, "unpacked")
    unsafe refused = refusal
  } else {
    expectSame(verdict, .accepted, "unpacked")
    checkMemory(now, kernel.content, hasInitrd ? initrd?.content : nil, restCount)
  }
  let hasWork =
    packed.kernel.contentByteCount >= packed.blockByteCount || hasInitrd
  let hasCores = hasWork && firmware != .denies && firmware != .doesNotTell
  expectSame(
    unsafe machine.switchedOn, unsafe hasCores ? machine.cores : [], "switched on")
  return verdict
}

private nonisolated(unsafe) var refused: Refusal? = nil

private func checkMemory(_ now: Run, _ kernel: [UInt8], _ initrd: [UInt8]?, _ restCount: Int) {
  func check(_ start: UInt64, _ content: [UInt8], _ name: String) {
    guard bytes(at: start, count: content.count) == content else { fail("another \(name)") }
  }
  check(now.kernelStart, kernel, "kernel")
  // A program's is cleared, as nobody else does.
  let behind =
    now.packed.fixedAddress > 0 ? [UInt8](repeating: 0, count: rest.count) : rest
  check(now.kernelStart + UInt64(kernel.count), [UInt8](behind.prefix(restCount)), "rest")
  expectSame(
    unsafe [state.pointee.kernel_start, state.pointee.kernel_end, state.pointee.entry],
    [now.kernelStart, now.kernelEnd, now.kernelStart + now.layout[.entryOffset]], "kernel")
  if let initrd {
    let start = now.image + now.layout[.initrdTargetOffset]
    check(start, initrd, "initrd")
    expectSame(
      unsafe [state.pointee.initrd_start, state.pointee.initrd_end],
      [start, start + UInt64(initrd.count)], "initrd")
  }
}

// MARK: What is said

private func refuse(_ now: Run) {
  let verdict = unsafe state.pointee.verdict
  let names: [stub_verdict: String] = [
    .misplaced: "not at a multiple of 2 MiB: ", .damaged: "stub damaged, checksum ",
    .tree_damaged: "wrong device tree, text or initrd, Image at ",
    .device_tree: "device tree or initrd in the kernel's memory: ",
    .overlap: "this Image lies in the memory of the program at ",
    .digest: "wrong SHA-256, Image at ", .core: "core does not switch off: ",
  ]
  expectLines {
    unsafe stub_report_refusal(state)
  } said: {
    if let refusal = unsafe refused {
      return (refusal.piece == 0 ? "kernel" : "initrd")
        + " refused: block \(refusal.block), byte \(refusal.offset): \(refusal.status.name)"
    }
    return unsafe "kernel refused: \(names[verdict] ?? "?")\(hex(state.pointee.actual))"
  }
  expectStop(now)
}

private func finish(_ now: Run) {
  checkTree(now, timing: nil)
  unsafe state.pointee.times.handover = 1 << 60
  let isUnchanged = unsafe state.pointee.is_tree_unchanged != 0
  expectLines {
    unsafe stub_finish(state)
  } said: {
    var lines = isUnchanged ? ["the device tree is damaged or too large to be changed"] : []
    if now.has(PackedImage.flagTiming) {
      let names = [
        "entry", "mmu_on", "decode_start", "decode_end", "handover", "hz", "payload_bytes",
        "kernel_bytes", "cores", "start0", "end0", "start1", "end1", "start2", "end2", "start3",
        "end3",
      ]
      let told = zip(names, times()).filter { $0.1 != 0 }.map { " \($0.0)=\($0.1)" }
      lines.append("timing:" + told.joined())
    }
    return lines.isEmpty ? nil : lines.joined(separator: "\r\nlz4boot: ")
  }
  guard now.has(PackedImage.flagTiming) else { return }
  let coreCount = unsafe 1 + machine.switchedOn.count
  expectSame(unsafe state.pointee.times.core_count, UInt64(coreCount), "cores")
  checkTree(now, timing: times())
}

private func times() -> [UInt64] {
  (0..<UInt64(STUB_TIME_COUNT)).map { unsafe stub_time_at(state, $0).pointee }
}

private func hex(_ number: UInt64) -> String {
  let digits = String(number, radix: 16)
  return "0x" + String(repeating: "0", count: 16 - digits.count) + digits
}

/// What `--on-error` says is done once, if there is PSCI.
private func expectStop(_ now: Run) {
  // 3 is never packed.
  let functions: [UInt64?] = [nil, 0x8400_0009, 0x8400_0008, 0x8400_0008]
  let function = functions[Int(now.layout[.flags] >> 8 & 3)]
  let expected = unsafe machine.conduit == nil ? [] : [function].compactMap { $0 }
  expectSame(unsafe machine.stopped, expected, "stopped")
  unsafe machine.stopped = []
}

/// Lines, or nothing where there is no console.
private func expectLines(_ call: () -> Void, said: () -> String?) {
  unsafe machine.printed = []
  let (console, conduit) = unsafe (machine.console, machine.conduit)
  findConsole()
  call()
  let printed = unsafe machine.printed
  guard let line = said() else {
    // Nobody has looked for it.
    unsafe (machine.console, machine.conduit) = (console, conduit)
    return expectSame(printed, [], "printed")
  }
  if unsafe machine.isStuck {
    unsafe machine.console = nil
    return expectSame(printed, [], "printed")
  }
  let expected = unsafe machine.console == nil ? [] : [UInt8]("lz4boot: \(line)\r\n".utf8)
  guard printed == expected else {
    fail("printed \(String(decoding: printed, as: UTF8.self)), not \(line)")
  }
}

/// Console and PSCI of the loader's tree, or if that was not copied of the one that the kernel gets.
private func findConsole() {
  guard unsafe machine.console == nil, let now = unsafe run else { return }
  let facts: TreeFacts?
  let address = unsafe state.pointee.device_tree
  if let loaders = now.loaders, now.refusal == nil {
    facts = loaders
  } else if address == now.treeAddress {
    facts = now.original
  } else {
    let capacity = Int(now.layout[.treeCopyByteCount])
    facts = withTree(bytes(at: address, count: capacity)) { TreeFacts(in: $0) }
  }
  unsafe machine.console = now.console(of: facts)
  unsafe machine.take(facts?.conduit)
}

// MARK: The device tree that the kernel gets

/// - Parameter timing: what is told in it by now.
private func checkTree(_ now: Run, timing: [UInt64]?) {
  let address = unsafe state.pointee.device_tree
  let isUnchanged = unsafe state.pointee.is_tree_unchanged != 0
  let base = now.packed.tree.isEmpty ? now.packed.loadersTree : now.packed.tree
  let source = now.loaders == nil ? base : now.packed.loadersTree
  guard now.wantsChanges, !isUnchanged else {
    let mayFail =
      now.treeFacts == nil || now.original != nil && now.loaders == nil || PlainTree(base) == nil
      || base.count + source.count > 1 << 17
    if isUnchanged ? !now.wantsChanges || !mayFail : now.wantsChanges {
      fail("the tree is as it was: \(isUnchanged)")
    }
    let packedTree = now.image + now.layout[.treeOffset]
    return expectSame(
      address, now.packedTree == nil ? now.treeAddress : packedTree, "the tree as it was")
  }
  let room = now.layout[.treeCopyByteCount]
  expectSame(address, now.copyAddress + room, "the changed tree")
  expectSame(
    unsafe [state.pointee.tree_start, state.pointee.tree_end], [address, address + room], "tree")
  // Of damaged ones another target knows.
  guard var tree = PlainTree(base), let passed = PlainTree(source)?.arguments else { return }
  let arguments = passed.isEmpty ? tree.arguments : passed
  let append = now.packed.append
  let separator: [UInt8] = arguments.isEmpty || append.isEmpty ? [] : [0x20]
  tree.set("bootargs", arguments + separator + append + [0])
  var initrd = now.loaders?.initrd ?? [0, 0]
  if now.packs {
    initrd[0] = now.image + now.layout[.initrdTargetOffset]
    initrd[1] = initrd[0] + now.layout[.initrdTargetByteCount]
  }
  if initrd[1] > 0 {
    tree.set("linux,initrd-start", PlainTree.bytes(initrd[0]))
    tree.set("linux,initrd-end", PlainTree.bytes(initrd[1]))
  }
  let written = bytes(at: address, count: Int(room))
  guard let found = PlainTree(written) else { fail("a damaged tree") }
  if now.has(PackedImage.flagTiming) {
    // It may be all that there is no room for.
    guard unsafe state.pointee.timing_place != 0 else { return }
    let value = timing.map { $0.flatMap { PlainTree.bytes($0) } } ?? found["lz4boot,timing"] ?? []
    tree.set("lz4boot,timing", value)
  }
  expectSame(found, tree, "the changed tree")
}

// MARK: Translation

private typealias MappedRange = (start: UInt64, end: UInt64, isWritten: Bool, isExecuted: Bool)

private func ranges(of now: Run) -> [MappedRange] {
  let (layout, image) = (now.layout, now.image)
  let payload = image + layout[.payloadOffset]
  let work = image + layout[.workOffset]
  let trees = image + layout[.treeCopyOffset]
  var ranges: [MappedRange] = [
    (image, payload, false, true), (payload, work, false, false),
    (work, work + 0x14000, true, false),
    (trees, trees + 2 * layout[.treeCopyByteCount], true, false),
    (now.kernelStart, now.kernelEnd, true, false),
  ]
  ranges += (0..<3 as Range<UInt64>).map { core in
    let stack = work + 0x15000 + 0x2000 * core
    return (stack, stack + 0x1000, true, false)
  }
  if layout[.initrdByteCount] > 0 {
    let start = image + layout[.initrdTargetOffset]
    ranges.append((start, start + layout[.initrdTargetByteCount], true, false))
  }
  return ranges
}

private func checkTables(_ now: Run) {
  let isEL2 = unsafe machine.isEL2
  let ranges = ranges(of: now)
  let page: (UInt64) -> UInt64 = { $0 & ~0xFFF }
  for edge in ranges.flatMap({ [$0.start, $0.end - 1] }) {
    for address in [page(edge) - 4096, page(edge), page(edge) + 4096] {
      let holder = ranges.first { page($0.start) <= address && address < $0.end }
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
  guard byte_count > 0, start % 8 == 0, let now = unsafe run else { fail("cleaned nothing") }
  let isInTree =
    start == now.treeAddress && byte_count <= max(40, UInt64(now.packed.loadersTree.count))
    || start == now.image + now.layout[.treeOffset] && byte_count <= now.layout[.treeByteCount]
  let trees = now.copyAddress
  let end = trees + 2 * now.layout[.treeCopyByteCount]
  guard isInTree || start >= trees && start < end && byte_count <= end - start else {
    fail("cleaned \(byte_count) bytes at \(start)")
  }
  unsafe machine.cleaned.append([start, byte_count])
}

@c @implementation
public func stub_psci(
  _ function: UInt64, _ argument0: UInt64, _ argument1: UInt64, _ argument2: UInt64,
  _ conduit: UInt64
) -> Int32 {
  expectSame(conduit, unsafe (machine.conduit?.rawValue).map(UInt64.init), "conduit")
  // SYSTEM_OFF and SYSTEM_RESET.
  if function == 0x8400_0008 || function == 0x8400_0009 {
    unsafe machine.stopped.append(function)
    return 0
  }
  guard let index = unsafe machine.cores.firstIndex(of: argument0) else {
    fail("core \(argument0)")
  }
  let firmware = unsafe machine.firmware
  let isOn = unsafe machine.switchedOn.contains(argument0)
  // AFFINITY_INFO: 0 is on, 1 is off.
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
public func stub_copy(_ target: UInt64, _ source: UInt64, _ byte_count: UInt64) {
  unsafe memcpy(memory(target), memory(source), Int(byte_count))
}

@c @implementation
public func stub_load32(_ address: UInt64) -> UInt32 {
  unsafe memory(address).loadUnaligned(as: UInt32.self)
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

/// To the console, or the times to the tree.
@c @implementation
public func stub_write32(_ address: UInt64, _ value: UInt32) {
  let place = unsafe state.pointee.timing_place
  if place != 0, address >= place, address < place + 8 * UInt64(STUB_TIME_COUNT) {
    expectSame(address % 4, 0, "aligned")
    unsafe memory(address).storeBytes(of: value, as: UInt32.self)
  } else {
    _ = unsafe machine.access(address, byteCount: 4, write: value)
  }
}

@c @implementation
public func stub_secondary_entry() -> UInt64 { 0x1234 }

@c @implementation
public func stub_mpidr() -> UInt64 { Machine.bootCore }

@c @implementation
public func stub_first_block() -> UInt64 { unsafe machine.firstBlock }

/// A second every 16 calls, so that nothing is waited for.
@c @implementation
public func stub_ticks() -> UInt64 {
  unsafe machine.ticks += 1 << 18
  return unsafe machine.ticks
}

@c @implementation
public func stub_ticks_per_second() -> UInt64 { 1 << 22 }

/// This machine need not have the instructions, nor let them be looked for.
@c(sha256_blocks_of_core)
public func takeBlocks(
  _ state: UnsafeMutablePointer<UInt32>, _ data: UnsafePointer<UInt8>, _ blockCount: Int
) {
  unsafe sha256BlocksPortable(state, data, blockCount)
}
