import BootStubEntry

#if canImport(BootFormats)
  import BootFormats
#endif

/// The console that the device tree names, written byte by byte; silent if there is none.
///
/// MMU off: accesses to device registers are then of the right kind, Device-nGnRnE, by themselves.
/// Whoever loaded the kernel has set the line up or printed nothing itself. Nothing is inlined: the
/// UART is slower than any call.
@safe
struct Console {
  private let uart: UnsafeMutablePointer<stub_console>

  init(_ state: UnsafePointer<stub_state>) {
    unsafe uart = stub_console_of(state)
    // An early refusal: nobody has looked for it yet, nor for PSCI.
    if unsafe uart.pointee.data == 0,
      let tree = unsafe copiedTree(state) ?? deviceTree(at: state.pointee.device_tree)
    {
      unsafe findConsole(UnsafeMutablePointer(mutating: state), in: tree)
      _ = unsafe findConduit(UnsafeMutablePointer(mutating: state), in: tree)
    }
    write("lz4boot: ")
  }

  @inline(__always)
  func write(_ text: StaticString) {
    // SAFETY: the literal ends with a NUL.
    unsafe write(unsafeCString: text.utf8Start)
  }

  /// Writes one of several texts, each of which ends with a NUL.
  func write(_ number: UInt64, of texts: StaticString) {
    // SAFETY: there are as many.
    var text = unsafe texts.utf8Start
    var left = number
    while left > 0 {
      if unsafe text.pointee == 0 { left &-= 1 }
      unsafe text += 1
    }
    unsafe write(unsafeCString: text)
  }

  /// Writes a C string. Byte by byte, so that it may be read as Device memory.
  @inline(never)
  func write(unsafeCString text: UnsafePointer<UInt8>) {
    var text = unsafe text
    while unsafe text.pointee != 0 {
      unsafe write(byte: text.pointee)
      unsafe text += 1
    }
  }

  @inline(__always)
  func write(_ text: StaticString, decimal number: UInt64) {
    write(text)
    write(decimal: number)
  }

  @inline(__always)
  func write(_ text: StaticString, hexadecimal number: UInt64) {
    write(text)
    write(hexadecimal: number)
  }

  @inline(never)
  func write(decimal number: UInt64) {
    let tens = number / 10
    // At most 19 deep.
    if tens > 0 { write(decimal: tens) }
    write(byte: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number &- 10 &* tens))
  }

  @inline(never)
  func write(hexadecimal number: UInt64) {
    write("0x")
    var shift: UInt64 = 64
    while shift > 0 {
      shift &-= 4
      let digit = UInt8(truncatingIfNeeded: number &>> shift & 0xf)
      write(byte: digit &+ (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
    }
  }

  func endLine() { write("\r\n") }

  @inline(never)
  private func write(byte: UInt8) {
    // At 9600 baud a byte is out after a millisecond. This is far longer than that, and short
    // enough for a UART that nobody switched on: the console is given up and the boot goes on.
    var tries = 1 << 20
    while tries > 0, unsafe uart.pointee.data != 0 {
      tries &-= 1
      let isWide = unsafe uart.pointee.access_byte_count == 4
      let place = unsafe uart.pointee.status
      let status = isWide ? stub_read32(place) : stub_read8(place)
      guard unsafe status & uart.pointee.mask == uart.pointee.ready else { continue }
      if isWide {
        unsafe stub_write32(uart.pointee.data, UInt32(byte))
      } else {
        unsafe stub_write8(uart.pointee.data, UInt32(byte))
      }
      return
    }
    unsafe uart.pointee.data = 0
  }
}
