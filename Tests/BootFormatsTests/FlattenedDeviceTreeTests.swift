import Testing

@testable import BootFormats

@Suite struct FlattenedDeviceTreeTests {
  static func console(_ blob: [UInt8]) -> SerialConsole? { withTree(blob) { $0.console() } ?? nil }

  /// A board like QEMU's virt: the UART is a child of the root.
  static func virt(
    stdout: String? = "/pl011@9000000", compatible: [UInt8] = DeviceTreeBuilder.text("arm,pl011"),
    _ more: (inout DeviceTreeBuilder) -> Void = { _ in }
  ) -> [UInt8] {
    DeviceTreeBuilder.tree { root in
      root.property("#address-cells", cells: 2)
      root.property("#size-cells", cells: 2)
      root.node("memory@40000000") { $0.property("reg", cells: 0, 0x4000_0000, 0, 0x1000_0000) }
      root.node("pl011@9000000") { uart in
        uart.property("reg", cells: 0, 0x900_0000, 0, 0x1000)
        uart.property("compatible", compatible)
        more(&uart)
      }
      root.node("aliases") { $0.property("serial0", text: "/pl011@9000000") }
      root.node("chosen") { chosen in
        chosen.property("bootargs", text: "quiet")
        if let stdout { chosen.property("stdout-path", text: stdout) }
      }
    }
  }

  static let virtConsole = pl011(at: 0x900_0000)

  /// UARTDR at 0, TXFF is bit 5 of UARTFR at 0x18.
  static func pl011(at address: UInt64) -> SerialConsole {
    SerialConsole(
      dataAddress: address, statusAddress: address + 0x18, statusMask: 0x20, readyStatus: 0,
      accessByteCount: 4)
  }

  /// THR is register 0, THRE bit 5 of LSR, register 5.
  static func ns16550(at address: UInt64, shift: UInt64, width: UInt32) -> SerialConsole {
    SerialConsole(
      dataAddress: address, statusAddress: address + 5 << shift, statusMask: 0x20,
      readyStatus: 0x20, accessByteCount: width)
  }

  /// FIFO at 0x30, TXFULL is bit 4 of SR at 0x2c.
  static func cadence(at address: UInt64) -> SerialConsole {
    SerialConsole(
      dataAddress: address + 0x30, statusAddress: address + 0x2c, statusMask: 0x10, readyStatus: 0,
      accessByteCount: 4)
  }

  @Test(arguments: [
    "/pl011@9000000", "/pl011@9000000:115200n8", "/pl011", "serial0", "serial0:115200n8", "//pl011",
  ])
  func findsTheConsoleByPathOrAlias(stdout: String) {
    #expect(Self.console(Self.virt(stdout: stdout)) == Self.virtConsole)
  }

  @Test(arguments: [
    nil, "", "/", ":", "/pl011@9000001", "/pl01", "/pl011@9000000/x", "serial", "serial00",
    "serial0/x", "/memory@40000000", "@", "/@9000000",
  ])
  func isSilentWhereNothingUsableIsNamed(stdout: String?) {
    #expect(Self.console(Self.virt(stdout: stdout)) == nil)
  }

  @Test func takesAnyEntryOfTheCompatibleList() {
    let list = DeviceTreeBuilder.text("vendor,special", "arm,pl011", "arm,primecell")
    #expect(Self.console(Self.virt(compatible: list)) == Self.virtConsole)
    for other in ["arm,pl0110", "arm,pl01", "", "ns1655", "cdn", "brcm,bcm2835-aux-uart2"] {
      #expect(Self.console(Self.virt(compatible: DeviceTreeBuilder.text(other))) == nil)
    }
    // The list does not end with a NUL.
    #expect(Self.console(Self.virt(compatible: Array("arm,pl011".utf8))) == nil)
  }

  @Test func readsTheRegisterLayoutOfA16550() {
    let uart = Self.virt(compatible: DeviceTreeBuilder.text("snps,dw-apb-uart")) {
      $0.property("reg-shift", cells: 2)
      $0.property("reg-io-width", cells: 4)
    }
    #expect(Self.console(uart) == Self.ns16550(at: 0x900_0000, shift: 2, width: 4))
    let plain = Self.virt(compatible: DeviceTreeBuilder.text("ns16550a"))
    #expect(Self.console(plain) == Self.ns16550(at: 0x900_0000, shift: 0, width: 1))
  }

  @Test func knowsCadenceAndBroadcomUARTs() {
    for name in ["cdns,uart-r1p8", "cdns,uart-r1p12", "xlnx,xuartps"] {
      let uart = Self.virt(compatible: DeviceTreeBuilder.text(name))
      #expect(Self.console(uart) == Self.cadence(at: 0x900_0000))
    }
    // Its node says nothing of the layout.
    let mini = Self.virt(compatible: DeviceTreeBuilder.text("brcm,bcm2835-aux-uart"))
    #expect(Self.console(mini) == Self.ns16550(at: 0x900_0000, shift: 2, width: 4))
  }

  static func arguments(_ text: String, stdout: String? = nil) -> [UInt8] {
    DeviceTreeBuilder.tree { root in
      root.property("#address-cells", cells: 1)
      root.property("#size-cells", cells: 1)
      root.node("uart") { uart in
        uart.property("reg", cells: 0x100_0000, 0x1000)
        uart.property("compatible", text: "arm,pl011")
      }
      root.node("chosen") { chosen in
        chosen.property("bootargs", text: text)
        if let stdout { chosen.property("stdout-path", text: stdout) }
      }
    }
  }

  @Test(arguments: [
    ("earlycon=pl011,0x9000000", pl011(at: 0x900_0000)),
    ("quiet earlycon=pl011,mmio32,0x9000000 ro", pl011(at: 0x900_0000)),
    ("earlycon=pl011,mmio,0x9000000,115200n8", pl011(at: 0x900_0000)),
    ("earlycon=pl011,0XabcDEF00", nil),
    ("earlycon=pl011,0xabcDEF00", pl011(at: 0xabcd_ef00)),
    ("earlycon=pl011,150994944", pl011(at: 0x900_0000)),
    ("earlycon=uart8250,mmio,0x9000000", ns16550(at: 0x900_0000, shift: 0, width: 1)),
    ("earlycon=uart8250,mmio32,0x9000000", ns16550(at: 0x900_0000, shift: 2, width: 4)),
    ("earlycon=ns16550a,mmio32,0x9000000", ns16550(at: 0x900_0000, shift: 2, width: 4)),
    ("earlycon=cdns,0xff000000", cadence(at: 0xff00_0000)),
    ("earlycon=bcm2835aux,0x3f215040", ns16550(at: 0x3f21_5040, shift: 2, width: 4)),
    ("earlycon", nil), ("earlycon=", nil), ("earlycon=pl011", nil), ("earlycon=pl011,", nil),
    ("earlycon=pl011,0", nil), ("earlycon=pl011,x", nil), ("earlycon=pl012,0x9000000", nil),
    ("noearlycon=pl011,0x9000000", nil), ("earlycon=pl011,0x9000001", nil),
    ("earlycon=pl011,0x1000000000000", nil),
  ])
  func takesTheEarlyConsoleOfTheCommandLine(text: String, expected: SerialConsole?) {
    #expect(Self.console(Self.arguments(text)) == expected)
    #expect(Self.console(Self.arguments(text, stdout: "/nowhere")) == expected)
    // What the tree itself names comes first.
    #expect(
      Self.console(Self.arguments(text, stdout: "/uart")) == Self.pl011(at: 0x100_0000))
  }

  @Test(arguments: [(4 as UInt32, 1 as UInt32), (0, 4), (2, 2), (2, 0), (0xffff_ffff, 1), (2, 8)])
  func refusesRegisterLayoutsThatCannotBe(shift: UInt32, width: UInt32) {
    let uart = Self.virt(compatible: DeviceTreeBuilder.text("ns16550")) {
      $0.property("reg-shift", cells: shift)
      $0.property("reg-io-width", cells: width)
    }
    #expect(Self.console(uart) == nil)
  }

  /// As on a Raspberry Pi: the UART's bus address is not the processor's.
  static func pi(ranges: [UInt32]?, addressCells: UInt32 = 1) -> [UInt8] {
    DeviceTreeBuilder.tree { root in
      root.property("#address-cells", cells: 1)
      root.property("#size-cells", cells: 1)
      root.node("soc") { soc in
        soc.property("#address-cells", cells: addressCells)
        soc.property("#size-cells", cells: 1)
        if let ranges { soc.property("ranges", DeviceTreeBuilder.bigEndian(ranges)) }
        soc.node("serial@7e201000") { uart in
          uart.property("compatible", text: "arm,pl011")
          uart.property("reg", cells: 0x7e20_1000, 0x200)
        }
      }
      root.node("chosen") { $0.property("stdout-path", text: "/soc/serial@7e201000") }
    }
  }

  @Test func translatesTheAddressThroughEveryBus() {
    let console = Self.console(
      Self.pi(ranges: [0x4000_0000, 0x4000_0000, 0x1000, 0x7e00_0000, 0x3f00_0000, 0x100_0000]))
    #expect(console == Self.pl011(at: 0x3f20_1000))
    #expect(Self.console(Self.pi(ranges: [])) == Self.pl011(at: 0x7e20_1000))
  }

  @Test func isSilentWhereTheBusDoesNotReachTheUART() {
    #expect(Self.console(Self.pi(ranges: nil)) == nil)
    #expect(Self.console(Self.pi(ranges: [0x7e00_0000, 0x3f00_0000, 0x20_1000])) == nil)
    #expect(Self.console(Self.pi(ranges: [0x7e00_0000, 0x3f00_0000])) == nil)
    #expect(Self.console(Self.pi(ranges: [], addressCells: 3)) == nil)
    #expect(Self.console(Self.pi(ranges: [], addressCells: 0)) == nil)
  }

  @Test func refusesTreesTooDeepToKeepThePathOf() {
    func tree(depth: Int) -> [UInt8] {
      func nest(_ builder: inout DeviceTreeBuilder, _ left: Int) {
        builder.node("n") { inner in
          if left == 1 {
            inner.property("compatible", text: "arm,pl011")
            inner.property("reg", cells: 0, 0x1000, 0)
          } else {
            inner.property("ranges", [])
            nest(&inner, left - 1)
          }
        }
      }
      return DeviceTreeBuilder.tree { root in
        nest(&root, depth)
        root.node("chosen") {
          $0.property("stdout-path", text: String(repeating: "/n", count: depth))
        }
      }
    }
    #expect(Self.console(tree(depth: 11)) == Self.pl011(at: 0x1000))
    #expect(Self.console(tree(depth: 12)) == nil)
  }

  @Test func refusesHeadersThatPointElsewhere() {
    let good = Self.virt()
    let count = UInt32(good.count)
    let cases: [(Int, UInt32)] = [
      (0, 0xd00d_feee), (4, 39), (4, (2 << 20) + 1), (4, count + 1), (8, 0xffff_fffc), (8, 42),
      (12, count + 1), (20, 16), (24, 18), (32, 0xffff_ffff), (36, 0x7fff_ffff),
    ]
    for (offset, value) in cases {
      var blob = good
      blob.replaceSubrange(offset..<(offset + 4), with: DeviceTreeBuilder.bigEndian([value]))
      #expect(withTree(blob) { _ in true } == nil, "\(value) at \(offset)")
    }
    #expect(withTree(good) { _ in true } == true)
  }

  /// Nothing traps and nothing loops, whatever one byte is and wherever the tree ends.
  @Test func survivesEveryDamagedByteAndEveryTruncation() {
    for good in [Self.virt(stdout: "serial0:1"), Self.pi(ranges: [0, 0, 0xffff_ffff])] {
      for index in good.indices {
        for value: UInt8 in [0, 1, 2, 3, 4, 9, 0x2f, 0x40, 0x7f, 0x80, 0xff] {
          var blob = good
          blob[index] = value
          _ = Self.console(blob)
        }
      }
      for count in good.indices {
        var blob = Array(good.prefix(count))
        #expect(Self.console(blob) == nil)
        guard count >= 40 else { continue }
        // The header agrees with the end, the blocks do not.
        blob.replaceSubrange(4..<8, with: DeviceTreeBuilder.bigEndian([UInt32(count)]))
        #expect(Self.console(blob) == nil)
      }
    }
  }

  @Test func survivesRandomStructureBlocks() {
    var random = SplitMix64(state: 1)
    for _ in 0..<10_000 {
      var builder = DeviceTreeBuilder()
      for _ in 0..<Int.random(in: 0..<40, using: &random) {
        builder.cell(
          Bool.random(using: &random)
            ? UInt32.random(in: 0...12, using: &random) : random.next())
      }
      var blob = builder.blob()
      blob += Array("\0chosen\0aliases\0stdout-path\0".utf8)
      blob.replaceSubrange(4..<8, with: DeviceTreeBuilder.bigEndian([UInt32(blob.count)]))
      blob.replaceSubrange(32..<36, with: DeviceTreeBuilder.bigEndian([29]))
      _ = Self.console(blob)
    }
  }
}

/// Random, and the same every time (Vigna's splitmix64).
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
