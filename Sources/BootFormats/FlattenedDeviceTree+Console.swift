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
    let chosen = child("chosen", of: root).body
    return standardOutput(chosen) ?? earlyConsole(chosen)
  }

  /// Names of kinds, each behind the letter of the kind and with a NUL; first those of trees, then
  /// those of the command line.
  private static var kinds: StaticString {
    """
    Parm,pl011\0Parm,sbsa-uart\0Nsnps,dw-apb-uart\0Nns16550a\0Nns16550\0Cxlnx,xuartps\0\
    Ccdns,uart-r1p12\0Ccdns,uart-r1p8\0Bbrcm,bcm2835-aux-uart\0\
    Ppl011\0Nuart8250\0Nuart\0Ccdns\0Bbcm2835aux\0
    """
  }

  private func standardOutput(_ chosen: Int) -> SerialConsole? {
    var offset = 0
    // "serial0:115200n8": what follows the colon is for a driver that sets the line up.
    guard let path = unsafe string(property("stdout-path", of: chosen), at: &offset),
      let uart = unsafe place(of: path)
    else { return nil }
    let compatible = property("compatible", of: uart.node)
    return console(
      unsafe kind { unsafe lists(compatible, $0) }, at: uart.address,
      shift: number(property("reg-shift", of: uart.node), cell: 0, cells: 1) ?? 0,
      width: number(property("reg-io-width", of: uart.node), cell: 0, cells: 1) ?? 1)
  }

  /// `earlycon=NAME,[mmio|mmio32,]ADDRESS`, of the kernel's parameters.
  private func earlyConsole(_ chosen: Int) -> SerialConsole? {
    var position = property("bootargs", of: chosen).body
    while byte(at: position) != 0 {
      if isWord("earlycon=", at: &position) {
        let kind = unsafe kind { unsafe behind($0, at: position) == UInt8(ascii: ",") }
        while byte(at: position) > UInt8(ascii: ",") { position &+= 1 }
        position &+= 1
        let isWide = isWord("mmio32,", at: &position)
        if !isWide { _ = isWord("mmio,", at: &position) }
        return console(
          kind, at: integer(at: position), shift: isWide ? 2 : 0, width: isWide ? 4 : 1)
      }
      while byte(at: position) > UInt8(ascii: " ") { position &+= 1 }
      if byte(at: position) != 0 { position &+= 1 }
    }
    return nil
  }

  /// The letter of the first kind one of whose names `isIt`; 0 if there is none.
  @inline(__always)
  private func kind(_ isIt: (Name) -> Bool) -> UInt8 {
    // SAFETY: an empty entry, the NUL of the literal, ends the list.
    var entry = unsafe Self.kinds.utf8Start
    while unsafe entry.pointee != 0 {
      let kind = unsafe entry.pointee
      if unsafe isIt(entry + 1) { return kind }
      repeat { unsafe entry += 1 } while unsafe entry.pointee != 0
      unsafe entry += 1
    }
    return 0
  }

  /// Whether `text` stands at `position`, which then moves behind it.
  @inline(never)
  private func isWord(_ text: StaticString, at position: inout Int) -> Bool {
    guard unsafe behind(text.utf8Start, at: position) != 1 else { return false }
    position &+= text.utf8CodeUnitCount
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

  /// Nil for registers that do not lie where their accesses are aligned, which cannot be meant.
  private func console(
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
