import BootFormats
import BootStubEntry

// What the stub says, one line each, with the MMU off.

/// `lz4boot: kernel refused: block 3, byte 812: block_checksum_mismatch`
@c @implementation
public func stub_report_refusal(_ state: UnsafePointer<stub_state>) {
  var console = unsafe Console(deviceTree: state.pointee.device_tree)
  console.write("lz4boot: kernel refused: ")
  let actual = unsafe state.pointee.actual
  switch unsafe state.pointee.verdict {
  case .decoder:
    console.write("block ")
    unsafe console.write(decimal: state.pointee.block)
    console.write(", byte ")
    unsafe console.write(decimal: state.pointee.offset)
    console.write(": ")
    // In the stub's own read-only bytes, which are in memory: they were never in a dirty line.
    if let name = unsafe state.pointee.status_name { unsafe console.write(unsafeCString: name) }
  case .byte_count:
    console.write("it has ")
    console.write(decimal: actual)
    console.write(" bytes instead of ")
    unsafe console.write(decimal: state.pointee.expected)
  case .header:
    console.write("its header is not that of the kernel that was packed")
  case .device_tree:
    console.write("device tree at ")
    console.write(hexadecimal: actual)
    console.write(", in the kernel's memory")
  case .core:
    console.write("core ")
    console.write(hexadecimal: actual)
    console.write(" does not switch off")
  case .misplaced:
    console.write("loaded at ")
    console.write(hexadecimal: actual)
    console.write(", not at a multiple of 2 MiB")
  case .descriptor, .accepted:
    console.write("damaged descriptor, error ")
    console.write(decimal: actual)
  }
  console.endLine()
}

/// `lz4boot: timing: entry=1 decode_start=2 decode_end=3 handover=4 hz=5 payload_bytes=6
/// kernel_bytes=7 cores=2 core_ticks=8,9`, on one line, decimal; the first four are values of
/// CNTVCT_EL0.
@c @implementation
public func stub_report_timing(_ state: UnsafePointer<stub_state>) {
  var console = unsafe Console(deviceTree: state.pointee.device_tree)
  console.write("lz4boot: timing: entry=")
  unsafe console.write(decimal: state.pointee.entry_ticks)
  console.write(" decode_start=")
  unsafe console.write(decimal: state.pointee.decode_start_ticks)
  console.write(" decode_end=")
  unsafe console.write(decimal: state.pointee.decode_end_ticks)
  console.write(" handover=")
  unsafe console.write(decimal: state.pointee.handover_ticks)
  console.write(" hz=")
  console.write(decimal: stub_ticks_per_second())
  console.write(" payload_bytes=")
  unsafe console.write(decimal: state.pointee.payload_bytes)
  console.write(" kernel_bytes=")
  unsafe console.write(decimal: state.pointee.kernel_bytes)
  unsafe reportCores(state, to: &console)
  console.endLine()
}

private func reportCores(_ state: UnsafePointer<stub_state>, to console: inout Console) {
  var count: UInt64 = 0
  for index in 0...UInt64(STUB_SECONDARY_COUNT) {
    unsafe count += stub_core_at(state, index).pointee.came
  }
  console.write(" cores=")
  console.write(decimal: count)
  var separator: StaticString = " core_ticks="
  for index in 0...UInt64(STUB_SECONDARY_COUNT) {
    let core = unsafe stub_core_at(state, index)
    guard unsafe core.pointee.came != 0 else { continue }
    console.write(separator)
    unsafe console.write(decimal: core.pointee.ticks)
    separator = ","
  }
}

/// `lz4boot: exception: ESR 0x… ELR 0x… FAR 0x…, stub at 0x…`
@c @implementation
public func stub_report_exception(
  _ state: UnsafePointer<stub_state>, _ syndrome: UInt64, _ address: UInt64,
  _ faultAddress: UInt64
) {
  var console = unsafe Console(deviceTree: state.pointee.device_tree)
  console.write("lz4boot: exception: ESR ")
  console.write(hexadecimal: syndrome)
  console.write(" ELR ")
  console.write(hexadecimal: address)
  console.write(" FAR ")
  console.write(hexadecimal: faultAddress)
  console.write(", stub at ")
  unsafe console.write(hexadecimal: state.pointee.image)
  console.endLine()
}
