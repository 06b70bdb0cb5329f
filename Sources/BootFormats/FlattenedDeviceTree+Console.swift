/// A UART that only needs to be written to: a byte goes to the data register when the status
/// register says so.
public struct SerialConsole: Equatable, Sendable {
  /// Physical addresses.
  public var dataAddress: UInt64 = 0
  public var statusAddress: UInt64 = 0
  /// There is room if these bits of the status are `readyStatus`.
  public var statusMask: UInt32 = 0
  public var readyStatus: UInt32 = 0
  /// Bytes by which the registers are accessed: 1 or 4.
  public var accessByteCount: UInt32 = 0
}

extension FlattenedDeviceTree {
  /// The console that /chosen names, if it is of a known kind and can be reached; else the one of
  /// `earlycon=` on the command line.
  public func console() -> SerialConsole? {
    var console = SerialConsole()
    return unsafe findConsole(unsafeInto: &console) ? console : nil
  }

  /// The same, to memory; false if there is none.
  public func findConsole(unsafeInto console: UnsafeMutablePointer<SerialConsole>) -> Bool {
    unsafe findStandardOutput(console) || findEarlyConsole(console)
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

  private func findStandardOutput(_ console: UnsafeMutablePointer<SerialConsole>) -> Bool {
    // "serial0:115200n8": what follows the colon is for a driver that sets the line up.
    guard let path = unsafe string(property("stdout-path", of: chosen)) else {
      return false
    }
    let uart = unsafe place(of: path)
    // Of no node, nothing is found.
    let compatible = property("compatible", of: uart.node)
    return unsafe setRegisters(
      of: console, kind { unsafe lists(compatible, $0) }, at: uart.address,
      shift: number(property("reg-shift", of: uart.node), cell: 0, cells: 1, else: 0),
      width: number(property("reg-io-width", of: uart.node), cell: 0, cells: 1, else: 1))
  }

  /// `earlycon=NAME,[mmio|mmio32,]ADDRESS`, of the kernel's parameters.
  private func findEarlyConsole(_ console: UnsafeMutablePointer<SerialConsole>) -> Bool {
    var position = property(.arguments, of: chosen).body
    while byte(at: position) != 0 {
      var value = behindWord("earlycon=", at: position)
      if value != position {
        let kind = unsafe kind { unsafe behind($0, at: value) == UInt8(ascii: ",") }
        while byte(at: value) > UInt8(ascii: ",") { value &+= 1 }
        value &+= 1
        let address = behindWord("mmio32,", at: value)
        let isWide = address != value
        return unsafe setRegisters(
          of: console, kind, at: integer(at: behindWord("mmio,", at: address)),
          shift: isWide ? 2 : 0,
          width: isWide ? 4 : 1)
      }
      while byte(at: position) > UInt8(ascii: " ") { position &+= 1 }
      if byte(at: position) != 0 { position &+= 1 }
    }
    return false
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

  /// The position behind `text` if it stands at `position`; else the same.
  @inline(never)
  private func behindWord(_ text: StaticString, at position: Int) -> Int {
    unsafe behind(text.utf8Start, at: position) == 1
      ? position : position &+ text.utf8CodeUnitCount
  }

  /// A number as strtoul reads it, but for octal ones; 0 if there is none, and too large ones wrap.
  private func integer(at start: Int) -> UInt64 {
    let digits = behindWord("0x", at: start)
    let base: UInt64 = digits != start ? 16 : 10
    var position = digits
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

  /// False for registers that do not lie where their accesses are aligned, which cannot be meant.
  @inline(never)
  private func setRegisters(
    of console: UnsafeMutablePointer<SerialConsole>, _ kind: UInt8, at address: UInt64,
    shift: UInt64, width: UInt64
  ) -> Bool {
    // PL011: UARTDR, and UARTFR.TXFF in 0x18. Cadence: FIFO in 0x30, and SR.TXFULL in 0x2c. 16550: THR,
    // and LSR.THRE in register 5, which says that there is room; the others say that there is none. The
    // Broadcom mini-UART is a 16550 of this layout.
    let is16550 = kind == UInt8(ascii: "N")
    let isCadence = kind == UInt8(ascii: "C")
    let shift = is16550 ? shift : 2
    let width = is16550 ? width : 4
    // No address is 0, or has more than 48 bits.
    guard kind != 0, address &- 1 < (1 << 48) &- 1, shift <= 3, width == 1 || width == 4,
      width <= 1 &<< shift, address & (width &- 1) == 0
    else { return false }
    let mask: UInt32 = isCadence ? 1 << 4 : 1 << 5
    let isPL011 = kind == UInt8(ascii: "P")
    let status = isPL011 ? 0x18 : isCadence ? 0x2c : 5 &<< shift
    unsafe console.pointee = SerialConsole(
      dataAddress: isCadence ? address &+ 0x30 : address, statusAddress: address &+ status,
      statusMask: mask, readyStatus: isPL011 || isCadence ? 0 : mask,
      accessByteCount: UInt32(truncatingIfNeeded: width))
    return true
  }
}
