import BootStubEntry

#if canImport(BootFormats)
  import BootFormats
#endif

// The device tree. It is copied as it comes, so that what is looked at of it is with caches on, unless it
// cannot be copied or something is to be said before.

/// MMU off. Copies the loader's device tree to the stub's memory, if there is one that is not damaged
/// and has room.
///
/// - Returns: its address or, if it is not copied, that of its initrd, if one lies where memory will be
///   overwritten.
func copyTree(_ state: UnsafeMutablePointer<stub_state>, _ descriptor: Descriptor) -> UInt64? {
  let address = unsafe state.pointee.device_tree
  let copy = unsafe state.pointee.image &+ descriptor[.treeCopyOffset]
  let tree = deviceTree(at: address)
  // In the work area it is overwritten already, and no tree any more: then its place counts. No bytes,
  // as 0, which is no tree, may be where the Image starts.
  let byteCount = UInt64(tree?.byteCount ?? 0)
  if unsafe overlaps(address, address &+ byteCount, state) { return address }
  guard let tree else { return nil }
  let room = descriptor[.treeCopyByteCount]
  // Dirty lines of what was there must not be written back over it; what caches took in meanwhile is
  // old.
  stub_clean_to_memory(copy, room)
  let copied = unsafe tree.copy(unsafeTo: bytes(at: copy), capacity: Int(truncatingIfNeeded: room))
  unsafe state.pointee.tree = copied == nil ? .not_copied : .copied
  stub_clean_to_memory(copy, room)
  // Of a copy it is looked for with caches on.
  let initrd = copied == nil ? tree.initrd : (start: 0, end: 0)
  return unsafe overlaps(initrd.start, initrd.end, state) ? initrd.start : nil
}

/// Whether a range of memory, which may be empty, is one of those that are overwritten.
func overlaps(_ start: UInt64, _ end: UInt64, _ state: UnsafePointer<stub_state>) -> Bool {
  unsafe start < state.pointee.image_end && end > state.pointee.image
    || start < state.pointee.kernel_end && end > state.pointee.kernel_start
}

/// The device tree as somebody left it in memory; nil if there is none at that address, or a damaged
/// one. MMU off.
func deviceTree(at address: UInt64) -> FlattenedDeviceTree? {
  // Booting: the tree lies at an 8-byte boundary. 0 is no tree.
  guard address != 0, address & 7 == 0 else { return nil }
  // The loader may have written it through its caches. What is still there goes to memory, first
  // for the header, which says how much there is.
  stub_clean_to_memory(address, UInt64(FlattenedDeviceTree.headerByteCount))
  let start = unsafe UnsafePointer(bytes(at: address))
  guard let byteCount = unsafe FlattenedDeviceTree.byteCount(unsafeHeader: start) else {
    return nil
  }
  stub_clean_to_memory(address, UInt64(byteCount))
  return unsafe FlattenedDeviceTree(unsafeStart: start, limit: byteCount)
}

/// The copy of the loader's tree, or nil.
func copiedTree(_ state: UnsafePointer<stub_state>) -> FlattenedDeviceTree? {
  guard unsafe state.pointee.tree == .copied else { return nil }
  let copy = unsafe state.pointee.image &+ Descriptor(of: state)[.treeCopyOffset]
  return unsafe FlattenedDeviceTree(unsafeCopy: bytes(at: copy))
}

/// MMU and caches on. Takes from the tree what the stub needs, and gives the kernel what it should
/// find there.
///
/// - Returns: where an initrd of the loader's lies, if memory of it will be overwritten.
func readTree(_ state: UnsafeMutablePointer<stub_state>, _ descriptor: Descriptor) -> UInt64? {
  let image = unsafe state.pointee.image
  let loaders = unsafe copiedTree(state)
  var tree = loaders
  if descriptor[.treeByteCount] > 0 {
    let packed = image &+ descriptor[.treeOffset]
    tree = unsafe FlattenedDeviceTree(
      unsafeStart: bytes(at: packed), limit: Int(truncatingIfNeeded: descriptor[.treeByteCount]))
    // Even where it cannot be changed: it is there instead of the loader's.
    if tree != nil { unsafe state.pointee.device_tree = packed }
  }
  if let tree {
    unsafe findConsole(state, in: tree)
    unsafe findCores(state, in: tree)
  }

  let initrd: (start: UInt64, end: UInt64) = loaders?.initrd ?? (0, 0)
  if unsafe overlaps(initrd.start, initrd.end, state) { return initrd.start }
  let packs =
    descriptor[.initrdByteCount] > 0
    && (initrd.end == 0 || descriptor.has(PackedImage.flagInitrdWins))
  guard
    packs || descriptor.has(PackedImage.flagTiming)
      || descriptor[.treeByteCount] | descriptor[.appendByteCount] > 0
  else { return nil }

  let room = descriptor[.treeCopyByteCount]
  let target = image &+ descriptor[.treeCopyOffset] &+ room
  let capacity = Int(truncatingIfNeeded: room)
  let start = packs ? image &+ descriptor[.initrdTargetOffset] : initrd.start
  let end = packs ? start &+ descriptor[.initrdTargetByteCount] : initrd.end
  // Cleaned whatever comes of it: no dirty line of it outlives the hand-over.
  unsafe state.pointee.tree_start = target
  unsafe state.pointee.tree_end = target &+ room
  // Of a tree of which there can be no copy nobody knows the command line and the initrd.
  guard unsafe state.pointee.tree != .not_copied, let tree,
    let changed = unsafe tree.copy(unsafeTo: bytes(at: target), capacity: capacity),
    changed.open(capacity: capacity),
    unsafe changed.setArguments(
      // The loader's, if there are any.
      of: loaders.flatMap { $0.bootArguments.byteCount > 0 ? $0 : nil } ?? tree,
      unsafeAppend: bytes(at: image &+ descriptor[.treeOffset] &+ descriptor[.treeByteCount]),
      byteCount: Int(truncatingIfNeeded: descriptor[.appendByteCount]), capacity: capacity),
    end == 0
      || changed.set(.initrdStart, number: start, capacity: capacity)
        && changed.set(.initrdEnd, number: end, capacity: capacity)
  else {
    unsafe state.pointee.is_tree_unchanged = 1
    return nil
  }
  if descriptor.has(PackedImage.flagTiming) {
    let place = changed.set(.timing, byteCount: 8 &* Int(STUB_TIME_COUNT), capacity: capacity)
    if place > 0 { unsafe state.pointee.timing_place = target &+ UInt64(place) }
  }
  unsafe state.pointee.device_tree = target
  if packs {
    unsafe addPiece(
      at: image &+ descriptor[.initrdOffset], descriptor[.initrdByteCount], to: start,
      descriptor[.initrdTargetByteCount], state)
  }
  return nil
}

@inline(never)
func findConsole(_ state: UnsafeMutablePointer<stub_state>, in tree: FlattenedDeviceTree) {
  // SAFETY: the same fields in the same order; stub.h.
  let console = unsafe UnsafeMutableRawPointer(stub_console_of(state))
    .assumingMemoryBound(to: SerialConsole.self)
  // What is written to one that lies in memory for the kernel would be found there.
  if unsafe tree.findConsole(unsafeInto: console),
    unsafe overlaps(console.pointee.dataAddress, console.pointee.dataAddress &+ 4, state)
  {
    unsafe console.pointee.dataAddress = 0
  }
}
