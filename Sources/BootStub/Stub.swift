import BootStubEntry
import CLZ4Boot

#if canImport(BootFormats)
  import BootFormats
#endif

// The steps of the self-extractor. entry.S calls them in this order and does between them what
// needs the processor's own registers.

/// MMU off. Checks the stub, copies the loader's device tree, and builds the translation tables: this
/// Image, the work area and what is written for the kernel are all that is mapped, with the least
/// rights.
@c @implementation
public func stub_map(_ state: UnsafeMutablePointer<stub_state>) -> stub_verdict {
  let image = unsafe state.pointee.image
  // Booting: a 2 MiB aligned base. All of it lies in the 48 bits that the tables translate.
  guard image % Arm64Image.baseAlignment == 0,
    image < PackedImage.addressMax &- PackedImage.byteCountMax
  else { return unsafe refuse(.misplaced, in: state, actual: image) }
  // From here on the descriptor is what pack wrote.
  let descriptor = unsafe Descriptor(of: state)
  let checksum = checksumOfStub(at: image)
  guard checksum == descriptor[.checksum] else {
    return unsafe refuse(.damaged, in: state, actual: checksum)
  }

  let fixedAddress = descriptor[.fixedAddress]
  let kernel =
    fixedAddress != 0
    ? fixedAddress : image &+ descriptor[.targetOffset] &+ descriptor[.kernelTextOffset]
  unsafe state.pointee.kernel_start = kernel
  unsafe state.pointee.kernel_end = kernel &+ descriptor[.kernelImageSize]
  unsafe state.pointee.entry = kernel &+ descriptor[.entryOffset]
  // What a loader keeps clear of is what image_size says.
  unsafe state.pointee.image_end =
    image &+ pointer(to: image &+ 16).load(as: UInt64.self)
  guard
    unsafe fixedAddress == 0 || kernel >= state.pointee.image_end
      || state.pointee.kernel_end <= image
  else { return unsafe refuse(.overlap, in: state, actual: kernel) }

  let payload = image &+ descriptor[.payloadOffset]
  unsafe addPiece(
    at: payload, descriptor[.payloadByteCount], to: kernel, descriptor[.targetByteCount], state)
  if descriptor[.initrdByteCount] > 0 {
    unsafe state.pointee.initrd_start = image &+ descriptor[.initrdTargetOffset]
    unsafe state.pointee.initrd_end =
      state.pointee.initrd_start &+ descriptor[.initrdTargetByteCount]
  }
  if let address = unsafe copyTree(state, descriptor) {
    return unsafe refuse(.device_tree, in: state, actual: address)
  }
  if descriptor.has(PackedImage.flagVerbose) { unsafe reportStart(state) }

  var tables = unsafe TranslationTables(
    unsafeMemory: UnsafeMutablePointer(bitPattern: UInt(state.pointee.tables)).unsafelyUnwrapped,
    usesEL2Format: state.pointee.uses_el2_format != 0)
  let work = image &+ descriptor[.workOffset]
  let secondaries = work &+ UInt64(STUB_SECONDARIES)
  tables.map(image, payload, .readExecute)
  tables.map(payload, work, .readOnly)
  tables.map(work, secondaries, .readWrite)
  // Behind each gap.
  var stack = secondaries &+ UInt64(STUB_PAGE_BYTES)
  while stack < work &+ UInt64(STUB_WORK_BYTES) {
    tables.map(stack, stack &+ UInt64(STUB_PAGE_BYTES), .readWrite)
    stack &+= UInt64(STUB_SECONDARY_BYTES)
  }
  let trees = image &+ descriptor[.treeCopyOffset]
  tables.map(trees, trees &+ 2 &* descriptor[.treeCopyByteCount], .readWrite)
  unsafe tables.map(kernel, state.pointee.kernel_end, .readWrite)
  if descriptor[.initrdByteCount] > 0 {
    unsafe tables.map(state.pointee.initrd_start, state.pointee.initrd_end, .readWrite)
  }
  return .accepted
}

/// Of all in front of the kernel's first block but the field that holds it. The Image may lie at 0.
private func checksumOfStub(at image: UInt64) -> UInt64 {
  let head = unsafe lz4boot_xxh32(
    pointer(to: image &+ 4), PackedImage.checksumOffset - 4, stub_load32(image))
  let behind = image &+ UInt64(PackedImage.headByteCount)
  let byteCount = Int(truncatingIfNeeded: stub_first_block() &- behind)
  return unsafe UInt64(lz4boot_xxh32(pointer(to: behind), byteCount, head))
}

@inline(never)
func addPiece(
  at source: UInt64, _ byteCount: UInt64, to target: UInt64, _ targetByteCount: UInt64,
  _ state: UnsafeMutablePointer<stub_state>
) {
  let piece = unsafe stub_piece_at(state, state.pointee.piece_count)
  unsafe piece.pointee.source = source
  unsafe piece.pointee.source_end = source &+ byteCount
  unsafe piece.pointee.target_byte_count = targetByteCount
  unsafe piece.pointee.target_end = target &+ targetByteCount
  unsafe state.pointee.piece_count &+= 1
}

/// MMU and caches on. Verifies, reads and changes the copy of the device tree, and decodes kernel and
/// initrd to where they will be.
@c @implementation
public func stub_unpack(_ state: UnsafeMutablePointer<stub_state>) -> stub_verdict {
  let descriptor = unsafe Descriptor(of: state)
  let image = unsafe state.pointee.image
  // First, as the device tree that is packed says where a console is.
  let verdict = unsafe verify(state, descriptor)
  guard verdict == .accepted else { return unsafe refuse(verdict, in: state, actual: image) }
  if let address = unsafe readTree(state, descriptor) {
    return unsafe refuse(.device_tree, in: state, actual: address)
  }
  unsafe state.pointee.times.decode_start = stub_ticks()
  unsafe switchOnCores(state)
  unsafe stub_work(state, 0)
  if let core = unsafe waitForCores(state) {
    return unsafe refuse(.core, in: state, actual: core)
  }
  unsafe state.pointee.times.decode_end = stub_ticks()
  guard unsafe firstFailure(state) == nil else {
    return unsafe refuse(.block, in: state, actual: 0)
  }
  // The bss of a program; a kernel clears its own.
  if descriptor[.fixedAddress] != 0 {
    var address = unsafe stub_piece_at(state, 0).pointee.target_end
    while unsafe address != state.pointee.kernel_end {
      unsafe UnsafeMutableRawPointer(mutating: pointer(to: address)).storeBytes(
        of: 0, as: UInt8.self)
      address &+= 1
    }
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

/// MMU off again, and all that was written is in memory. Tells the times.
@c @implementation
public func stub_finish(_ state: UnsafeMutablePointer<stub_state>) {
  let descriptor = unsafe Descriptor(of: state)
  if unsafe state.pointee.is_tree_unchanged != 0 { unsafe reportUnchangedTree(state) }
  guard descriptor.has(PackedImage.flagTiming) else { return }
  unsafe state.pointee.times.ticks_per_second = stub_ticks_per_second()
  unsafe state.pointee.times.payload_bytes = descriptor[.payloadByteCount]
  unsafe state.pointee.times.kernel_bytes = descriptor[.targetByteCount]
  unsafe reportTiming(state)
  let place = unsafe state.pointee.timing_place
  guard place != 0 else { return }
  for index in 0..<UInt64(STUB_TIME_COUNT) {
    let value = unsafe stub_time_at(state, index).pointee
    // A property starts at a multiple of 4.
    stub_write32(place &+ 8 &* index, UInt32(truncatingIfNeeded: value &>> 32).bigEndian)
    stub_write32(place &+ 8 &* index &+ 4, UInt32(truncatingIfNeeded: value).bigEndian)
  }
}
