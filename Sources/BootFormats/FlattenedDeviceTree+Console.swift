/// A UART that only needs to be written to: a byte goes to the data register when the status
/// register says so.
public struct SerialConsole: Equatable, Sendable {
  /// Physical addresses.
  public var dataAddress: UInt64
  public var statusAddress: UInt64
  /// There is room if these bits of the status are `readyStatus`.
  public var statusMask: UInt32
  public var readyStatus: UInt32
  /// Bytes by which the registers are accessed: 1 or 4.
  public var accessByteCount: UInt32
}

extension FlattenedDeviceTree {
  /// The console that /chosen names, if it is of a known kind and can be reached; else the one of
  /// `earlycon=` on the command line.
  public func console() -> SerialConsole? {
    let chosen = child("chosen", of: root)
    guard chosen.kind != Kind.none else { return nil }
    return standardOutput(chosen.body) ?? earlyConsole(chosen.body)
  }

  private func standardOutput(_ chosen: Int) -> SerialConsole? {
    // "serial0:115200n8": what follows the colon is for a driver that sets the line up.
    guard
      let name = string(property("stdout-path", of: chosen), at: 0)?.prefix(
        before: UInt8(ascii: ":")),
      let uart = place(of: name)
    else { return nil }
    let compatible = property("compatible", of: uart.node)
    var offset = 0
    while let name = string(compatible, at: offset) {
      let kind = consoleKind(name)
      if kind != 0 {
        return Self.console(
          kind, at: uart.address,
          shift: number(property("reg-shift", of: uart.node), cell: 0, cells: 1) ?? 0,
          width: number(property("reg-io-width", of: uart.node), cell: 0, cells: 1) ?? 1)
      }
      offset &+= name.count &+ 1
    }
    return nil
  }

  /// `earlycon=NAME,[mmio|mmio32,]ADDRESS`, of the kernel's parameters.
  private func earlyConsole(_ chosen: Int) -> SerialConsole? {
    let arguments = property("bootargs", of: chosen)
    guard arguments.kind != Kind.none else { return nil }
    let end = arguments.body &+ arguments.byteCount
    var position = arguments.body
    while position < end {
      if isWord("earlycon=", at: &position) {
        // SAFETY: all of these bytes are the tree's.
        let name = unsafe Text(unsafeStart: start + position, count: end &- position)
          .prefix(before: UInt8(ascii: ","))
        position &+= name.count &+ 1
        let isWide = isWord("mmio32,", at: &position)
        if !isWide { _ = isWord("mmio,", at: &position) }
        return Self.console(
          consoleKind(name), at: integer(at: position), shift: isWide ? 2 : 0, width: isWide ? 4 : 1
        )
      }
      while position < end, byte(at: position) > UInt8(ascii: " ") { position &+= 1 }
      position &+= 1
    }
    return nil
  }

  /// Whether `text` stands at `position`, which then moves behind it.
  @inline(never)
  private func isWord(_ text: StaticString, at position: inout Int) -> Bool {
    let word = Text(text)
    guard behind(word, at: position) != 1 else { return false }
    position &+= word.count
    return true
  }

  /// A number as strtoul reads it, but for octal ones; 0 if there is none, and too large ones wrap.
  private func integer(at start: Int) -> UInt64 {
    var position = start
    let base: UInt64 = isWord("0x", at: &position) ? 16 : 10
    var value: UInt64 = 0
    while true {
      let byte = byte(at: position)
      var digit = UInt64(byte &- UInt8(ascii: "0"))
      if digit > 9 { digit = UInt64((byte | 0x20) &- UInt8(ascii: "a")) &+ 10 }
      guard digit < base else { return value }
      value = value &* base &+ digit
      position &+= 1
    }
  }

  /// The letter of a kind that has this name in a tree or on the command line; 0 if there is none.
  private func consoleKind(_ name: Text) -> UInt8 {
    let known: StaticString = """
      Parm,pl011\0Parm,sbsa-uart\0Ppl011\0Nsnps,dw-apb-uart\0Nuart8250\0Nns16550*\0\
      Cxlnx,xuartps\0Ccdns*\0Bbrcm,bcm2835-aux-uart\0Bbcm2835aux\0
      """
    // SAFETY: an empty entry, the NUL of the literal, ends the list; nothing is read behind a NUL.
    var entry = unsafe known.utf8Start
    while unsafe entry.pointee != 0 {
      let kind = unsafe entry.pointee
      unsafe entry += 1
      var index = 0
      while index < name.count, unsafe entry.pointee == name.start[index] {
        unsafe entry += 1
        index &+= 1
      }
      if unsafe entry.pointee == UInt8(ascii: "*") || index == name.count && entry.pointee == 0 {
        return kind
      }
      while unsafe entry.pointee != 0 { unsafe entry += 1 }
      unsafe entry += 1
    }
    return 0
  }

  /// Nil for registers that do not lie where their accesses are aligned, which cannot be meant.
  private static func console(
    _ kind: UInt8, at address: UInt64, shift: UInt64, width: UInt64
  ) -> SerialConsole? {
    // Data, status, the bits that tell whether there is room, and how: PL011 UARTDR and UARTFR.TXFF.
    var console = SerialConsole(
      dataAddress: address, statusAddress: address &+ 0x18, statusMask: 1 << 5, readyStatus: 0,
      accessByteCount: 4)
    switch kind {
    case 0:
      return nil
    case UInt8(ascii: "P"):
      break
    case UInt8(ascii: "C"):
      // FIFO, SR.TXFULL
      console.dataAddress = address &+ 0x30
      console.statusAddress = address &+ 0x2c
      console.statusMask = 1 << 4
    default:
      // THR, and LSR.THRE in register 5. The Broadcom mini-UART is a 16550 of this layout.
      let isMini = kind == UInt8(ascii: "B")
      let shift = isMini ? 2 : shift
      let width = isMini ? 4 : width
      guard shift <= 3, width == 1 || width == 4, width <= 1 &<< shift else { return nil }
      console.statusAddress = address &+ 5 &<< shift
      console.readyStatus = console.statusMask
      console.accessByteCount = UInt32(truncatingIfNeeded: width)
    }
    guard address != 0, address < 1 << 48,
      address & UInt64(console.accessByteCount &- 1) == 0
    else { return nil }
    return console
  }
}
