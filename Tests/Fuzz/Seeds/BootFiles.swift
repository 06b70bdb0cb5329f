extension Seeds {
  // MARK: Kernels

  private static func set(_ value: some FixedWidthInteger, at offset: Int, in bytes: inout [UInt8])
  {
    let field = littleEndian(value)
    bytes.replaceSubrange(offset..<offset + field.count, with: field)
  }

  private static func kernel(
    imageSize: UInt64 = 4096, flags: UInt64 = 10, textOffset: UInt64 = 0
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 300)
    set(0x1400_0000_d503_201f as UInt64, at: 0, in: &bytes)
    set(textOffset, at: 8, in: &bytes)
    set(imageSize, at: 16, in: &bytes)
    set(flags, at: 24, in: &bytes)
    set(0x644d_5241 as UInt32, at: 0x38, in: &bytes)
    return bytes
  }

  /// With a section table of two sections.
  private static var efiKernel: [UInt8] {
    var bytes = kernel()
    set(0x5A4D as UInt16, at: 0, in: &bytes)
    set(0x40 as UInt32, at: 0x3C, in: &bytes)
    set(0x4550 as UInt32, at: 0x40, in: &bytes)
    set(2 as UInt16, at: 0x46, in: &bytes)
    for section in [0x58, 0x80] {
      set(100 as UInt32, at: section + 16, in: &bytes)
      set(UInt32(section), at: section + 20, in: &bytes)
    }
    return bytes
  }

  static var kernels: [[UInt8]] {
    let packed = FrameHeader(hasContentChecksum: true)
    var magics: [[UInt8]] = [
      [0x1f, 0x8b], [0x28, 0xb5, 0x2f, 0xfd], [0xfd, 0x37, 0x7a, 0x58, 0x5a], [UInt8]("BZh".utf8),
      [0x7f, 0x45, 0x4c, 0x46], [0x27, 0x05, 0x19, 0x56], [0xd0, 0x0d, 0xfe, 0xed],
      [UInt8]("ANDROID!".utf8), [UInt8]("MZ\0\0zimg".utf8), [UInt8]("MZ".utf8),
    ]
    magics = magics.map { $0 + [UInt8](repeating: 0, count: 70) }
    return [
      kernel(), kernel(imageSize: 0), kernel(flags: 1), efiKernel,
      legacyFrame([block(last: kernel())]), frame(packed, [.stored(efiKernel)]), images[1],
      [UInt8](kernel().prefix(50)), kernel(textOffset: 2 << 20), [UInt8](efiKernel.prefix(0x90)),
      [UInt8](efiKernel.prefix(0x43)), [UInt8](efiKernel.prefix(0x50)),
      [UInt8](efiKernel.prefix(150)), [UInt8](images[1].prefix(0x50)),
    ] + magics
  }

  // MARK: What kernels come in

  private typealias Files = KernelFileBuilder

  static var kernelFiles: [[UInt8]] {
    let legacy = legacyFrame([block(last: kernel())])
    let stored = frame(FrameHeader(), [.stored(kernel())])
    let gzip: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0]
    var files =
      elfs + [
        frame(FrameHeader(), [.stored(elfs[0])]), frame(FrameHeader(), [.stored(legacy)]),
        Files.zboot(legacy), Files.zboot(stored), Files.zboot(gzip), Files.zboot([]),
        Files.zboot(gzip, compression: "gzip"), Files.zboot(legacy, compression: "\nother"),
        Files.zboot([1, 2, 3, 4, 5]), Files.zboot(frame(FrameHeader(), [.stored(elfs[0])])),
        Files.zboot(legacy, offset: 63), [UInt8](Files.zboot(legacy).dropLast(6)),
        [UInt8](Files.zboot(legacy).prefix(50)), legacy + board { _ in },
        [UInt8]("VNDRBOOT".utf8) + [UInt8](repeating: 0, count: 64),
      ]
    for version: UInt32 in 0...5 {
      for content in [kernel(), legacy, gzip, elfs[0], [], [UInt8](legacy.dropLast())] {
        var image = Files.BootImage(version: version, kernel: content, ramdisk: gzip)
        image.second = [1]
        image.recovery = [2]
        image.deviceTree = board { _ in }
        image.signature = [3]
        image.commandLine = "console=ttyS0"
        image.extraCommandLine = "quiet"
        files.append(image.bytes)
      }
      let bare = Files.BootImage(version: version, kernel: kernel()).bytes
      files += [bare, [UInt8](bare.prefix(1600)), [UInt8](bare.prefix(43))]
      set(1024 as UInt32, at: 36, in: &files[files.count - 3])
    }
    return files
  }

  /// A good one, and one with each thing wrong.
  private static var elfs: [[UInt8]] {
    let code = kernel()
    func elf(_ segments: Files.Segment..., entry: UInt64 = 0x1_0004, type: UInt16 = 2) -> [UInt8] {
      Files.elf(segments, entry: entry, type: type)
    }
    let text = Files.Segment(virtualAddress: 0x1_0000, address: 0x4008_0000, content: code)
    let data = Files.Segment(flags: 6, address: 0x4009_0000, content: [1, 2], zeroByteCount: 300)
    let good = elf(text, Files.Segment(type: 4, address: 0, content: [9]), data)
    let fields: [(offset: Int, value: UInt64, byteCount: Int)] = [
      (4, 1, 1), (5, 2, 1), (18, 62, 2), (54, 32, 2), (56, 65, 2), (56, 0, 2), (32, .max, 8),
      (72, .max, 8), (96, .max, 8), (24, 0, 8), (80, .max, 8), (24, 0x1_0002, 8),
    ]
    return [
      good, elf(text, entry: 0), elf(text, type: 3), elf(text, type: 1),
      elf(text, Files.Segment(address: 0x4008_0004, content: [1])),
      elf(Files.Segment(address: 0xffff_8000_8000_0000, content: code)),
      elf(Files.Segment(address: (1 << 48) - 4, content: code)),
      elf(Files.Segment(address: 0, content: code, zeroByteCount: 1 << 30)),
      elf(text, Files.Segment(address: 0, content: code)),
      elf(text, Files.Segment(address: 0x6000_0000, content: [1])),
      elf(Files.Segment(type: 4, address: 0, content: code)),
      elf(text, Files.Segment(address: 0, content: [])),
      elf(text, Files.Segment(address: 0x4007_0000, content: [], zeroByteCount: 16)),
      [UInt8](good.prefix(60)), [UInt8](good.prefix(4)), [UInt8](good.dropLast()),
    ]
      + fields.map { field in
        var bytes = good
        bytes.replaceSubrange(
          field.offset..<field.offset + field.byteCount,
          with: littleEndian(field.value).prefix(field.byteCount))
        return bytes
      }
  }

  // MARK: Packed Images

  static var images: [[UInt8]] {
    var packed = kernel() + [UInt8](repeating: 0, count: 100)
    packed.replaceSubrange(0x40..<0x48, with: "LZ4BOOT3".utf8)
    var older = packed
    older[0x47] = UInt8(ascii: "1")
    return [
      kernel(), packed, older, [UInt8](packed.prefix(0x48)), [UInt8](packed.prefix(0x47)),
      [UInt8](packed.prefix(168)),
    ]
  }

  /// Sizes of what is packed, 8 bytes and how far these are shifted to the right.
  static var layouts: [[UInt8]] {
    func sizes(_ values: UInt64...) -> [UInt8] { values.flatMap { littleEndian($0) + [0] } }
    return [
      sizes(1000, 3000, 0x8000), sizes(1000, 3000, 0x8000, 0, 4),
      sizes(1000, 3000, 0x1_0000_0000, 0), sizes(1 << 30, 3000), sizes(0, 3000),
      sizes(1000, (1 << 30) - 4096, 0), sizes(1000, 10, 0),
      sizes(1000, 3000, 0x4000_0000, 8), sizes(1000, 3000, 1 << 48, 8),
    ]
  }

  // MARK: Packed Images with what is in them, and device trees

  static var boots: [[UInt8]] {
    let trees = [
      board { _ in }, board { $0.method = "hvc" }, board { $0.compatible = text("ns16550a") },
      board { ($0.compatible, $0.shift, $0.width) = (text("ns16550"), nil, nil) }, [],
      [UInt8](board { _ in }.prefix(50)), board { $0.chosen = nil },
      board { ($0.chosen, $0.arguments) = (nil, "earlycon=cdns,0x9000000") },
      board { $0.initrd = [[0x4800_0000], [0x4900_0000]] },
      // In front of the Image's end, and behind it.
      board { $0.initrd = [[0x5245_4749, 0x10_0000], [0x5245_4749, 0x10_1000]] },
      board { $0.initrd = [[0x5245_4749, 0x3000_0000], [0x5245_4749, 0x3000_1000]] },
      // A console in the Image.
      board { $0.ranges = [0x7e20_0000, 0x5245_4749, 0, 0x0100_0000] },
      board { $0.hasCoresOnly = true },
    ]
    let packedTrees = [[], board { $0.arguments = "packed" }, board { $0.psci = nil }, [], []]
    var all: [[UInt8]] = []
    for (index, frame) in bootFrames.enumerated() {
      for (number, tree) in trees.enumerated() {
        let other = index + number
        let initrd = other % 3 == 0 ? [] : bootFrames[other % bootFrames.count]
        let packed = packedTrees[other % packedTrees.count]
        all.append(bootSetup() + frame + initrd + tree + packed)
      }
    }
    return all
  }

  /// A stub of two pages, a kernel with a text offset, and what may be added to the command line.
  private static func bootSetup(_ changes: (index: Int, value: UInt8)...) -> [UInt8] {
    var setup: [UInt8] = [1, 4, 0, 9, 0, 0, 0, 77] + [UInt8]("ro root".utf8) + [0]
    for change in changes { setup[change.index] = change.value }
    return setup
  }

  /// Kernels and initrds.
  private static var bootFrames: [[UInt8]] {
    func checked(_ blocks: [FrameBlock], contentSize: Int = 0) -> [UInt8] {
      frame(FrameHeader(hasBlockChecksums: true, contentSize: UInt64(contentSize)), blocks)
    }
    let first = kernel(imageSize: 1 << 20, textOffset: 0x8000)
    let filled = first + [UInt8](repeating: 0, count: 65_536 - first.count)
    // Something to do for other cores.
    let long = checked(
      [.compressed(LibLZ4.compressBlock(filled, level: 9)), fullRun, .stored(first)])
    var damaged = long
    damaged[damaged.count - 200] ^= 1
    return [
      long, checked([.stored(first)]), damaged, [UInt8](long.dropLast(9)), long + [0],
      checked([.compressed(block([Sequence([1], offset: 2, matchByteCount: 20)], last: []))]),
      checked([.stored(first), fullRun]), checked([.compressed(block(last: [1])), .stored([])]),
      [UInt8](long.prefix(17)), checked([]), [UInt8](checked([]).dropLast(2)),
      checked([.stored([UInt8](repeating: 1, count: 65_537))]),
      checked([.stored(first), .stored(first)], contentSize: first.count),
    ]
  }

  /// A kernel, and a program, that neither start nor end where blocks of 2 MiB do.
  static var bootsOfManyTables: [[UInt8]] {
    [
      bootSetup((3, 200), (4, 0xFF)) + bootFrames[0] + bootFrames[1] + board { _ in },
      bootSetup((1, 100), (2, 9), (3, 100), (4, 0xFF)) + bootFrames[0] + bootFrames[1]
        + board { _ in },
    ]
  }

  /// Programs in front of the Image's end, in it, and behind it.
  static var programs: [[UInt8]] {
    ([(0, 0), (1, 0), (100, 3), (200, 9)] as [(UInt8, UInt8)]).map { place, shift in
      bootSetup((1, place), (2, shift)) + bootFrames[0] + board { _ in }
    }
  }

  /// Trees that are longer than there is room for a copy, the second with an initrd in the Image, and one
  /// that fits but for what is put in.
  static var largeTrees: [[UInt8]] {
    let overwritten: [[UInt32]] = [[0x5245_4749, 0x10_0000], [0x5245_4749, 0x10_1000]]
    let trees = [board { _ in }, board { $0.initrd = overwritten }, board { _ in }]
    return zip(trees, [600 << 10, 600 << 10, (512 << 10) - 1100]).map { tree, count in
      var tree = tree
      // All of the rest is strings.
      let strings = tree[12..<16].reduce(0) { $0 << 8 | Int($1) }
      tree.replaceSubrange(4..<8, with: DeviceTreeBuilder.bigEndian([UInt32(count)]))
      tree.replaceSubrange(
        32..<36, with: DeviceTreeBuilder.bigEndian([UInt32(count - strings)]))
      var setup = bootSetup()
      setup[15] = 3
      return setup + bootFrames[0] + bootFrames[1] + tree
    }
  }

  // MARK: Device trees

  /// A board with a bus and a UART on it, each property of which can be left out or be another.
  private struct Board {
    var chosen: String? = "serial0:115200n8"
    var arguments: String? = "console=ttyAMA0 quiet"
    /// Start and end.
    var initrd: [[UInt32]] = []
    var reservations: [(UInt64, UInt64)]?
    var alias = "/soc/serial@9000000"
    var psci: [UInt8]? = DeviceTreeBuilder.text("arm,psci-1.0", "arm,psci-0.2")
    var method: String? = "smc"
    var coreCells: UInt32? = 1
    /// No other kinds of nodes among them, nor what is switched off.
    var hasCoresOnly = false
    var compatible: [UInt8]? = DeviceTreeBuilder.text("x,y", "arm,pl011")
    /// Of the root, the bus and the bus above it.
    var rootCells: UInt32? = 2
    var busCells: UInt32? = 1
    var ranges: [UInt32]? = [0x7e00_0000, 0, 0x3f00_0000, 0x0100_0000]
    var reg: [UInt32]? = [0x7e20_1000, 0x1000]
    var shift: [UInt32]? = [2]
    var width: [UInt32]? = [4]

    var blob: [UInt8] {
      var builder = DeviceTreeBuilder()
      builder.reservations = reservations
      builder.bootCore = 3
      builder.node("") { root in
        if let rootCells { root.property("#address-cells", cells: rootCells) }
        root.node("psci") { node in
          if let psci { node.property("compatible", psci) }
          if let method { node.property("method", text: method) }
        }
        root.node("cpus") { cpus in
          if let coreCells { cpus.property("#address-cells", cells: coreCells) }
          for core in 0..<5 as Range<UInt32> { add(core, to: &cpus) }
        }
        root.node("aliases") { $0.property("serial0", text: alias) }
        if chosen != nil || arguments != nil { root.node("chosen", fillChosen) }
        root.cell(4)
        root.node("soc") { soc in
          if let busCells { soc.property("#address-cells", cells: busCells) }
          soc.property("#size-cells", cells: 1)
          if let ranges { soc.property("ranges", DeviceTreeBuilder.bigEndian(ranges)) }
          soc.node("serial@9000000") { node in
            if let compatible { node.property("compatible", compatible) }
            if let reg { node.property("reg", DeviceTreeBuilder.bigEndian(reg)) }
            if let shift { node.property("reg-shift", DeviceTreeBuilder.bigEndian(shift)) }
            if let width { node.property("reg-io-width", DeviceTreeBuilder.bigEndian(width)) }
          }
        }
      }
      return builder.blob()
    }

    private func fillChosen(_ node: inout DeviceTreeBuilder) {
      if let chosen { node.property("stdout-path", text: chosen) }
      if let arguments { node.property("bootargs", text: arguments) }
      for (name, cells) in zip(["linux,initrd-start", "linux,initrd-end"], initrd) {
        node.property(name, DeviceTreeBuilder.bigEndian(cells))
      }
      node.property("kaslr-seed", cells: 1, 2)
      node.node("framebuffer") { $0.property("bootargs", text: "another") }
    }

    private func add(_ core: UInt32, to cpus: inout DeviceTreeBuilder) {
      cpus.node("\(core == 1 && !hasCoresOnly ? "l3-cache" : "cpu")@\(core)") { cpu in
        cpu.property("enable-method", text: "psci")
        let reg = coreCells == 2 ? [0, core] : [core == 3 && !hasCoresOnly ? 0x0100_0000 : core]
        cpu.property("reg", DeviceTreeBuilder.bigEndian(reg))
        if core == 2, !hasCoresOnly { cpu.property("status", text: "fail") }
        if core == 4 { cpu.node("l2-cache") { $0.property("reg", cells: 9) } }
      }
    }
  }

  private static func board(_ change: (inout Board) -> Void) -> [UInt8] {
    var board = Board()
    change(&board)
    return board.blob
  }

  private static func text(_ string: String) -> [UInt8] { DeviceTreeBuilder.text(string) }

  /// The command line, without a NUL, is the last of it.
  private static var endInsideArguments: [UInt8] {
    let strings = text("bootargs") + [0, 0, 0]
    let structure =
      DeviceTreeBuilder.bigEndian([1, 0, 1]) + text("chosen") + [0]
      + DeviceTreeBuilder.bigEndian([3, 4, 0]) + [UInt8]("quiet".utf8.prefix(4))
    let start = UInt32(40 + strings.count)
    return DeviceTreeBuilder.bigEndian([
      0xd00d_feed, start + UInt32(structure.count), start, 40, 40, 17, 16, 0, 9,
      UInt32(structure.count),
    ]) + strings + structure
  }

  static var trees: [[UInt8]] {
    let deep = String(repeating: "/soc", count: 20)
    var damaged = board { _ in }
    damaged[damaged.count - 200] = 0xFF
    return boards + consoles + [
      damaged, cut, endInsideCPUs, endInsideArguments,
      DeviceTreeBuilder.tree { _ in }, DeviceTreeBuilder.tree { $0.property("x", [1]) },
      DeviceTreeBuilder.tree { $0.node("cpus") { $0.property("#address-cells", [1, 2]) } },
      DeviceTreeBuilder().blob(),
      // Deeper than anything that is looked for.
      DeviceTreeBuilder.tree { root in
        func nest(_ depth: Int, _ node: inout DeviceTreeBuilder) {
          if depth > 0 { node.node("soc") { nest(depth - 1, &$0) } }
        }
        root.node("chosen") { $0.property("stdout-path", text: deep) }
        nest(20, &root)
      },
    ]
  }

  private static var endInsideCPUs: [UInt8] {
    DeviceTreeBuilder.tree { root in
      root.node("psci") { node in
        node.property("compatible", text: "arm,psci-1.0")
        node.property("method", text: "smc")
      }
      root.node("cpus") { $0.cell(9) }
    }
  }

  /// A root whose name has no end, one that is a property without the end of its value, one that has no
  /// end itself, and ones with a property behind them that looks like the end.
  static var openTrees: [[UInt8]] {
    [
      structure([1, 0x6368_6f73]), structure([3, 12, 0, 0]), structure([3, 12, 99]),
      structure([1, 0, 1, 0x6368_6f73, 0x656e_0000, 2]),
      structure([1, 0, 2, 3, 4, 0, 9]), structure([1, 0, 2, 3, 0, 9]),
    ]
  }

  private static func structure(_ cells: [UInt32]) -> [UInt8] {
    DeviceTreeBuilder.bigEndian([
      0xd00d_feed, UInt32(40 + 4 * cells.count), 40, 0, 40, 17, 16, 0, 40, UInt32(4 * cells.count),
    ]) + DeviceTreeBuilder.bigEndian(cells)
  }

  /// What the command line says, and what there is besides.
  private static var consoles: [[UInt8]] {
    let lines = [
      "earlycon=pl011,0x9000000", "a earlycon=pl011,mmio32,0x9000000 b", "earlycon",
      "earlycon=uart8250,mmio32,0xfe215040", "earlycon=uart8250,mmio,16384n8",
      "earlycon=uart,0x1001", "earlycon=cdns,0xFF000000,115200n8", "earlycon=none,1",
      "earlycon=bcm2835aux,mmio32,0x3f215040,", "earlycon=pl011,0x9000002", "earlycon=pl011,",
      "earlycon=pl011,0x1000000000000", "",
    ]
    return lines.map { line in
      board {
        $0.chosen = nil
        $0.arguments = line
      }
    } + [
      board { ($0.compatible, $0.chosen) = (text("xlnx,xuartps"), "/soc/serial@9000000") },
      board { $0.compatible = text("cdns,uart-r1p12") },
      board { $0.compatible = text("brcm,bcm2835-aux-uart") },
      board { $0.arguments = nil }, board { ($0.arguments, $0.chosen) = (nil, nil) },
      board { $0.initrd = [[0x4800_0000], [0, 0x4900_0000]] },
      board { $0.initrd = [[1, 0], [1, 0x1000]] }, board { $0.initrd = [[1], [1]] },
      board { $0.initrd = [[1], []] }, board { $0.initrd = [[1]] },
      board { $0.reservations = [(0x4000_0000, 0x1000), (1 << 32, 1)] },
      board { $0.reservations = [] },
    ]
  }

  /// The structure ends behind a value, in front of the padding.
  private static var cut: [UInt8] {
    var tree = DeviceTreeBuilder.tree { $0.property("x", [1]) }
    tree[39] = 21
    return tree
  }

  /// Fewer bytes than the header says, and a structure that is not aligned: for no repairs.
  static var treesWithWrongSizes: [[UInt8]] {
    let tree = board { _ in }
    var unaligned = tree
    unaligned[11] += 2
    return [[UInt8](tree.dropLast()), unaligned]
  }

  private static var boards: [[UInt8]] {
    [
      board { _ in }, board { $0.chosen = "/soc/serial" },
      board { $0.chosen = "/soc//serial@9000000:" },
      board { $0.chosen = "serial0/none" }, board { $0.chosen = "other" },
      board { $0.chosen = "/" },
      board { $0.chosen = String(repeating: "/soc", count: 65) },
      board { $0.chosen = String(repeating: "s", count: 32) }, board { $0.alias = "soc" },
      board { $0.alias = "/soc/uart" }, board { $0.alias = "" },
      board { $0.compatible = text("ns16550a") }, board { $0.compatible = nil },
      board { $0.compatible = text("snps,dw-apb-uart") }, board { $0.compatible = text("none") },
      board { $0.compatible = text("arm,sbsa-uart") }, board { $0.compatible = [1] },
      board { $0.rootCells = 3 }, board { $0.rootCells = nil }, board { $0.rootCells = 1 },
      board { $0.busCells = nil }, board { $0.busCells = 3 }, board { $0.ranges = nil },
      board { $0.ranges = [] }, board { $0.ranges = [0, 0, 0, 1] },
      board { $0.ranges = [0, 0, 0] },
      // What wraps around is no address.
      board { $0.ranges = [0x7e00_0000, 0xffff_ffff, 0xffff_ff00, 0x0100_0000] },
      board { $0.ranges = [0x7e00_0000, 0xffff, 0, 0x0100_0000] },
      board { $0.reg = nil }, board { $0.reg = [] }, board { $0.reg = [0x7e20_1001] },
      board { $0.shift = nil }, board { $0.shift = [4] }, board { $0.shift = [] },
      board { $0.width = nil }, board { $0.width = [2] },
      board { ($0.compatible, $0.shift) = (text("ns16550"), [0]) },
      board { ($0.compatible, $0.reg) = (text("ns16550"), [0x7e20_1001]) },
      board { $0.psci = nil }, board { $0.psci = text("arm,psci") }, board { $0.method = nil },
      board { $0.method = "hvc" }, board { $0.method = "none" }, board { $0.coreCells = 2 },
      board { $0.coreCells = nil }, board { $0.coreCells = 3 }, board { $0.hasCoresOnly = true },
    ]
  }
}
