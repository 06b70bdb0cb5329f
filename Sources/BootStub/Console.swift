import BootFormats
import BootStubEntry

/// The console that the device tree names, written byte by byte; silent if there is none.
///
/// MMU off: accesses to device registers are then of the right kind, Device-nGnRnE, by themselves.
/// Whoever loaded the kernel has set the line up or printed nothing itself. Nothing is inlined: the
/// UART is slower than any call.
struct Console {
  private var uart: SerialConsole?

  init(deviceTree address: UInt64) {
    guard let loaded = LoadedDeviceTree(at: address) else { return }
    uart = unsafe (try? loaded.tree.console(in: loaded.blob.span)) ?? nil
  }

  @inline(never)
  mutating func write(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount {
      // SAFETY: index is below the count of code units.
      unsafe write(byte: text.utf8Start[index])
    }
  }

  /// Writes a C string. Byte by byte, so that it may be read as Device memory.
  mutating func write(unsafeCString text: UnsafePointer<CChar>) {
    // No name of a status is longer.
    for index in 0..<64 {
      let byte = unsafe UInt8(bitPattern: text[index])
      guard byte != 0 else { return }
      write(byte: byte)
    }
  }

  @inline(never)
  mutating func write(decimal number: UInt64) {
    var divisor: UInt64 = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      write(byte: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }

  @inline(never)
  mutating func write(hexadecimal number: UInt64) {
    write("0x")
    for shift in stride(from: UInt64(60), through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: number >> shift & 0xf)
      write(byte: digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
    }
  }

  mutating func endLine() { write("\r\n") }

  @inline(never)
  private mutating func write(byte: UInt8) {
    guard let uart else { return }
    // At 9600 baud a byte is out after a millisecond. This is far longer than that, and short
    // enough for a UART that nobody switched on: the console is given up and the boot goes on.
    for _ in 0..<1_000_000 where hasRoom(uart) {
      switch uart.kind {
      case .pl011: stub_write32(uart.address, UInt32(byte))  // UARTDR
      case .ns16550: write(UInt32(byte), toRegister: 0, of: uart)  // THR
      }
      return
    }
    self.uart = nil
  }

  private func hasRoom(_ uart: SerialConsole) -> Bool {
    switch uart.kind {
    case .pl011: return stub_read32(uart.address + 0x18) & 1 << 5 == 0  // UARTFR.TXFF
    case .ns16550: return read(register: 5, of: uart) & 1 << 5 != 0  // LSR.THRE
    }
  }

  private func read(register: UInt64, of uart: SerialConsole) -> UInt32 {
    let address = uart.address &+ register << UInt64(uart.registerShift)
    return uart.accessByteCount == 4 ? stub_read32(address) : stub_read8(address)
  }

  private func write(_ value: UInt32, toRegister register: UInt64, of uart: SerialConsole) {
    let address = uart.address &+ register << UInt64(uart.registerShift)
    if uart.accessByteCount == 4 {
      stub_write32(address, value)
    } else {
      stub_write8(address, value)
    }
  }
}
