import BootFormats
import BootStubEntry
import CLZ4Boot

// The steps of the self-extractor. entry.S calls them in this order and does between them what
// needs the processor's own registers.

/// MMU off. Reads the descriptor, plans the memory, builds the translation tables: stub, payload,
/// work area and kernel are all that is mapped, with the least rights. Looks for other cores.
@c @implementation
public func stub_map(_ state: UnsafeMutablePointer<stub_state>) -> stub_verdict {
  let image = unsafe state.pointee.image
  // Booting: a 2 MiB aligned base. All of it lies in the 48 bits that the tables translate.
  guard image % Arm64Image.baseAlignment == 0, image < (1 << 48) - PackedImage.byteCountMax else {
    return unsafe refuse(.misplaced, in: state, actual: image)
  }
  let head = unsafe memory(at: image, count: PackedImage.headByteCount)
  let layout: PackedImage
  do throws(PackedImageError) {
    layout = try PackedImage(parsing: unsafe head.span)
  } catch {
    return unsafe refuse(.descriptor, in: state, actual: UInt64(error.rawValue))
  }
  // Loaders keep clear of what image_size covers; a flag that is not known may mean anything.
  let header = try? Arm64Image(parsing: unsafe head.span)
  guard layout.workByteCount == UInt64(STUB_WORK_BYTES),
    header?.imageSize == layout.byteCount, layout.flags & ~PackedImage.flagTiming == 0
  else {
    let error = PackedImageError.layoutInconsistent
    return unsafe refuse(.descriptor, in: state, actual: UInt64(error.rawValue))
  }

  let deviceTree = unsafe state.pointee.device_tree
  guard deviceTree < image || deviceTree - image >= layout.byteCount else {
    return unsafe refuse(.device_tree, in: state, actual: deviceTree)
  }

  var tables = unsafe TranslationTables(
    unsafeMemory: UnsafeMutablePointer(bitPattern: UInt(state.pointee.tables))!,
    usesEL2Format: state.pointee.uses_el2_format != 0)
  let payload = image + layout.payloadOffset
  let work = image + layout.workOffset
  let kernel = image + layout.kernelOffset
  tables.map(image..<payload, .readExecute)
  tables.map(payload..<(payload + layout.payloadByteCount), .readOnly)
  let secondaries = work + UInt64(STUB_SECONDARIES)
  tables.map(work..<secondaries, .readWrite)
  for index in 1...UInt64(STUB_SECONDARY_COUNT) {
    let end = secondaries + index * UInt64(STUB_SECONDARY_BYTES)
    tables.map((end - UInt64(STUB_PAGE_BYTES))..<end, .readWrite)
  }
  tables.map(kernel..<(kernel + layout.kernelImageSize), .readWrite)

  unsafe state.pointee.kernel_start = kernel
  unsafe state.pointee.kernel_end = kernel + layout.kernelImageSize
  unsafe state.pointee.prints_timing = layout.flags & PackedImage.flagTiming
  unsafe state.pointee.payload_bytes = layout.payloadByteCount
  unsafe state.pointee.kernel_bytes = layout.targetByteCount
  unsafe findCores(state)
  return .accepted
}

/// MMU and caches on. Decodes the kernel to where it will run and checks that it is the one that
/// was packed.
@c @implementation
public func stub_unpack(_ state: UnsafeMutablePointer<stub_state>) -> stub_verdict {
  let image = unsafe state.pointee.image
  let head = unsafe memory(at: image, count: PackedImage.headByteCount)
  guard let layout = try? PackedImage(parsing: unsafe head.span) else {
    return unsafe refuse(.descriptor, in: state, actual: 0)
  }
  let payload = image + layout.payloadOffset
  let kernel = unsafe state.pointee.kernel_start

  var report = lz4boot_report()
  unsafe state.pointee.decode_start_ticks = stub_ticks()
  let status = unsafe decode(
    UnsafeRawPointer(bitPattern: UInt(payload))!, Int(layout.payloadByteCount),
    to: UnsafeMutableRawPointer(bitPattern: UInt(kernel)), Int(layout.targetByteCount), state,
    &report)
  unsafe state.pointee.decode_end_ticks = stub_ticks()

  guard status == .ok else {
    unsafe state.pointee.block = report.block_index
    unsafe state.pointee.offset = report.source_offset
    unsafe state.pointee.status_name = lz4boot_status_name(status)
    return unsafe refuse(.decoder, in: state, actual: UInt64(report.status))
  }
  guard report.target_byte_count == layout.targetByteCount else {
    unsafe state.pointee.expected = layout.targetByteCount
    return unsafe refuse(.byte_count, in: state, actual: report.target_byte_count)
  }
  let kernelHead = unsafe memory(at: kernel, count: Arm64Image.headerByteCount)
  guard let header = try? Arm64Image(parsing: unsafe kernelHead.span),
    header.imageSize == layout.kernelImageSize, header.textOffset == layout.kernelTextOffset,
    header.flags == layout.kernelFlags
  else { return unsafe refuse(.header, in: state, actual: 0) }
  if let core = unsafe waitForCores(state) {
    return unsafe refuse(.core, in: state, actual: core)
  }
  return .accepted
}

private func refuse(
  _ verdict: stub_verdict, in state: UnsafeMutablePointer<stub_state>, actual: UInt64
) -> stub_verdict {
  unsafe state.pointee.verdict = verdict
  unsafe state.pointee.actual = actual
  return verdict
}
