import BootFormats
import BootStubEntry
import CLZ4Boot

// What the stub says, one line each, with the MMU off.

/// `lz4boot: kernel refused: block 3, byte 812: block_checksum_mismatch`
@c @implementation
public func stub_report_refusal(_ state: UnsafePointer<stub_state>) {
  var console = unsafe Console(state)
  let actual = unsafe state.pointee.actual
  var reason: StaticString
  switch unsafe state.pointee.verdict {
  case .block, .accepted:
    let failure = unsafe firstFailure(state)
    console.write(unsafe failure.pointee.piece == 0 ? "kernel" : "initrd")
    unsafe console.write(" refused: block ", decimal: failure.pointee.block)
    unsafe console.write(", byte ", decimal: failure.pointee.offset)
    console.write(": ")
    let status = lz4boot_status(rawValue: UInt32(truncatingIfNeeded: unsafe failure.pointee.status))
    // In the stub's own read-only bytes, which are in memory: they were never in a dirty line.
    unsafe console.write(unsafeCString: lz4boot_status_name(status.unsafelyUnwrapped))
    console.endLine()
    return unsafe stop(state)
  case .misplaced: reason = "not at a multiple of 2 MiB: "
  case .damaged: reason = "the stub is damaged, checksum "
  case .device_tree: reason = "device tree or initrd in the kernel's memory: "
  case .overlap: reason = "this Image is in the memory of the program at "
  case .digest: reason = "wrong SHA-256 of what is at "
  case .signature: reason = "not signed by the key at "
  case .core: reason = "this core does not switch off: "
  }
  console.write("kernel refused: ")
  console.write(reason, hexadecimal: actual)
  console.endLine()
  unsafe stop(state)
}

/// Does what `--on-error` says, as far as PSCI can. Returns if that is nothing.
private func stop(_ state: UnsafePointer<stub_state>) {
  let function: Int32
  switch unsafe Descriptor(of: state)[.flags] >> PackedImage.OnError.shift & 3 {
  case PackedImage.OnError.reset.rawValue: function = Int32(bitPattern: UInt32(STUB_PSCI_SYSTEM_RESET))
  case PackedImage.OnError.poweroff.rawValue: function = Int32(bitPattern: UInt32(STUB_PSCI_SYSTEM_OFF))
  default: return
  }
  guard unsafe state.pointee.conduit != 0 else { return }
  // What the UART still has to send: 64 bytes at 9600 baud take 67 ms.
  let end = stub_ticks() + stub_ticks_per_second() / 10
  while stub_ticks() < end {}
  _ = unsafe stub_psci(UInt64(UInt32(bitPattern: function)), 0, 0, 0, state.pointee.conduit)
}

/// `lz4boot: at 0x… in EL1, kernel at 0x…, cores: 4`
func reportStart(_ state: UnsafePointer<stub_state>) {
  var console = unsafe Console(state)
  unsafe console.write("at ", hexadecimal: state.pointee.image)
  unsafe console.write(" in EL", decimal: state.pointee.current_el >> 2)
  unsafe console.write(", kernel at ", hexadecimal: state.pointee.kernel_start)
  unsafe console.write(", cores: ", decimal: 1 + state.pointee.secondary_count)
  console.endLine()
}

/// `lz4boot: timing: entry=1 mmu_on=2 decode_start=3 decode_end=4 handover=5 hz=6 payload_bytes=7
/// kernel_bytes=8 cores=2 core_starts=10,11 core_ends=12,13`, on one line, decimal; all but hz and
/// what follows it are values of CNTVCT_EL0.
func reportTiming(_ state: UnsafePointer<stub_state>) {
  var console = unsafe Console(state)
  unsafe console.write("timing: entry=", decimal: state.pointee.entry_ticks)
  unsafe console.write(" mmu_on=", decimal: state.pointee.mmu_on_ticks)
  unsafe console.write(" decode_start=", decimal: state.pointee.decode_start_ticks)
  unsafe console.write(" decode_end=", decimal: state.pointee.decode_end_ticks)
  unsafe console.write(" handover=", decimal: state.pointee.handover_ticks)
  console.write(" hz=", decimal: stub_ticks_per_second())
  let descriptor = unsafe Descriptor(of: state)
  console.write(" payload_bytes=", decimal: descriptor[.payloadByteCount])
  console.write(" kernel_bytes=", decimal: descriptor[.targetByteCount])
  unsafe console.write(" cores=", decimal: coreCount(state))
  unsafe reportCores(state, " core_starts=", ends: false, to: &console)
  unsafe reportCores(state, " core_ends=", ends: true, to: &console)
  console.endLine()
}

/// Of those that came to decode.
private func coreCount(_ state: UnsafePointer<stub_state>) -> UInt64 {
  var count: UInt64 = 0
  for index in 0...UInt64(STUB_SECONDARY_COUNT) {
    unsafe count += stub_core_at(state, index).pointee.done
  }
  return count
}

private func reportCores(
  _ state: UnsafePointer<stub_state>, _ name: StaticString, ends: Bool, to console: inout Console
) {
  var separator = name
  for index in 0...UInt64(STUB_SECONDARY_COUNT) {
    let core = unsafe stub_core_at(state, index)
    guard unsafe core.pointee.done != 0 else { continue }
    unsafe console.write(
      separator, decimal: ends ? core.pointee.end_ticks : core.pointee.start_ticks)
    separator = ","
  }
}

/// `lz4boot: exception: ESR 0x… ELR 0x… FAR 0x…, stub at 0x…`
@c @implementation
public func stub_report_exception(
  _ state: UnsafePointer<stub_state>, _ syndrome: UInt64, _ address: UInt64,
  _ faultAddress: UInt64
) {
  var console = unsafe Console(state)
  console.write("exception: ESR ", hexadecimal: syndrome)
  console.write(" ELR ", hexadecimal: address)
  console.write(" FAR ", hexadecimal: faultAddress)
  unsafe console.write(", stub at ", hexadecimal: state.pointee.image)
  console.endLine()
  unsafe stop(state)
}
