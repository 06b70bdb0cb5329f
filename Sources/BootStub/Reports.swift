import BootStubEntry
import CLZ4Boot

#if canImport(BootFormats)
  import BootFormats
#endif

// What the stub says, one line each, with the MMU off.

/// `lz4boot: kernel refused: block 3, byte 812: block_checksum_mismatch`, or what the verdict is and
/// the address that it is about.
@c @implementation
public func stub_report_refusal(_ state: UnsafePointer<stub_state>) {
  let console = unsafe Console(state)
  let failure = unsafe state.pointee.verdict == .block ? firstFailure(state) : nil
  unsafe console.write(failure?.pointee.piece ?? 0, of: "kernel\0initrd\0")
  console.write(" refused: ")
  if let failure = unsafe failure {
    unsafe console.write("block ", decimal: failure.pointee.block)
    unsafe console.write(", byte ", decimal: failure.pointee.offset)
    console.write(": ")
    // In the order of lz4boot_status from truncated_input on; empty are those that no block has. All of
    // them, as lz4boot_status_name has them, would take 0.3 KiB more.
    unsafe console.write(
      failure.pointee.status &- UInt64(lz4boot_status.truncated_input.rawValue),
      of: """
        truncated_input\0\0\0\0\0\0\0block_too_large\0block_checksum_mismatch\0\0\
        content_size_mismatch\0offset_zero\0offset_out_of_range\0literals_overrun\0\0\
        trailing_data\0
        """)
  } else {
    // In the order of stub_verdict.
    unsafe console.write(
      UInt64(state.pointee.verdict.rawValue),
      of: """
        \0\
        not at a multiple of 2 MiB: \0\
        stub damaged, checksum \0\
        wrong device tree, text or initrd, Image at \0\
        device tree or initrd in the kernel's memory: \0\
        this Image lies in the memory of the program at \0\
        wrong SHA-256, Image at \0\
        not signed by its key, Image at \0\
        core does not switch off: \0
        """)
    unsafe console.write(hexadecimal: state.pointee.actual)
  }
  console.endLine()
  unsafe stop(state)
}

/// Does what `--on-error` says, as far as PSCI can. Returns if that is nothing.
private func stop(_ state: UnsafePointer<stub_state>) {
  let action = unsafe Descriptor(of: state)[.flags] >> PackedImage.OnError.shift & 3
  guard action != PackedImage.OnError.halt.rawValue, unsafe state.pointee.conduit != 0 else {
    return
  }
  let function =
    action == PackedImage.OnError.reset.rawValue ? STUB_PSCI_SYSTEM_RESET : STUB_PSCI_SYSTEM_OFF
  // What the UART still has to send: 64 bytes at 9600 baud take 67 ms.
  let end = stub_ticks() &+ stub_ticks_per_second() / 10
  while stub_ticks() < end {}
  _ = unsafe stub_psci(UInt64(function), 0, 0, 0, state.pointee.conduit)
}

/// `lz4boot: at 0x…, in EL1, kernel at 0x…, device tree at 0x…`
func reportStart(_ state: UnsafePointer<stub_state>) {
  let console = unsafe Console(state)
  unsafe console.write("at ", hexadecimal: state.pointee.image)
  unsafe console.write(", in EL", decimal: state.pointee.current_el >> 2)
  unsafe console.write(", kernel at ", hexadecimal: state.pointee.kernel_start)
  unsafe console.write(", device tree at ", hexadecimal: state.pointee.device_tree)
  console.endLine()
}

/// The kernel is entered without what it should have found.
func reportUnchangedTree(_ state: UnsafePointer<stub_state>) {
  let console = unsafe Console(state)
  console.write("the device tree is damaged or too large to be changed")
  console.endLine()
}

/// `lz4boot: timing: entry=1 mmu_on=2 decode_start=3 decode_end=4 handover=5 hz=6 payload_bytes=7
/// kernel_bytes=8 cores=2 start0=9 end0=10 start1=11 end1=12`, on one line, decimal; what is 0 is
/// left out.
func reportTiming(_ state: UnsafePointer<stub_state>) {
  let console = unsafe Console(state)
  console.write("timing:")
  var index: UInt64 = 0
  while index != UInt64(STUB_TIME_COUNT) {
    let value = unsafe stub_time_at(state, index).pointee
    if value != 0 {
      console.write(
        index,
        of: """
           entry=\0 mmu_on=\0 decode_start=\0 decode_end=\0 handover=\0 hz=\0 payload_bytes=\0\
           kernel_bytes=\0 cores=\0 start0=\0 end0=\0 start1=\0 end1=\0 start2=\0 end2=\0 start3=\0\
           end3=\0
          """)
      console.write(decimal: value)
    }
    index &+= 1
  }
  console.endLine()
}

/// `lz4boot: exception: ESR 0x… ELR 0x… FAR 0x…, stub at 0x…`
@c @implementation
public func stub_report_exception(
  _ state: UnsafePointer<stub_state>, _ syndrome: UInt64, _ address: UInt64,
  _ faultAddress: UInt64
) {
  let console = unsafe Console(state)
  console.write("exception: ESR ", hexadecimal: syndrome)
  console.write(" ELR ", hexadecimal: address)
  console.write(" FAR ", hexadecimal: faultAddress)
  unsafe console.write(", stub at ", hexadecimal: state.pointee.image)
  console.endLine()
  unsafe stop(state)
}
