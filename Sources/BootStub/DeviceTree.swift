import BootFormats
import BootStubEntry

// The device tree. It is copied as it comes, so that all of it is looked at with caches on.

/// MMU off. Copies the loader's device tree to the stub's memory, if there is one that is not damaged
/// and has room.
///
/// - Returns: its address, if it lies where memory will be overwritten.
func copyTree(_ state: UnsafeMutablePointer<stub_state>, _ descriptor: Descriptor) -> UInt64? {
  let address = unsafe state.pointee.device_tree
  let copy = unsafe state.pointee.image &+ descriptor[.treeCopyOffset]
  // Nothing so far that the kernel is given: something whose cleaning does no harm.
  unsafe state.pointee.tree_start = copy
  unsafe state.pointee.tree_end = copy &+ 1
  guard let tree = deviceTree(at: address) else { return nil }
  if unsafe overlaps(address, UInt64(tree.byteCount), state) { return address }
  let room = descriptor[.treeCopyByteCount]
  // Dirty lines of what was there must not be written back over it; what caches took in meanwhile is
  // old.
  stub_clean_to_memory(copy, room)
  let target = unsafe UnsafeMutableRawPointer(mutating: pointer(to: copy))
  if unsafe tree.copy(to: target, capacity: Int(truncatingIfNeeded: room)) {
    unsafe state.pointee.has_tree = 1
  }
  stub_clean_to_memory(copy, room)
  return nil
}

/// Whether a range of memory, which may be empty, is one of those that are overwritten.
func overlaps(_ start: UInt64, _ byteCount: UInt64, _ state: UnsafePointer<stub_state>) -> Bool {
  let end = start &+ byteCount
  return unsafe start < state.pointee.image_end && end > state.pointee.image
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
  let start = unsafe pointer(to: address).assumingMemoryBound(to: UInt8.self)
  guard let byteCount = unsafe FlattenedDeviceTree.byteCount(unsafeHeader: start) else {
    return nil
  }
  stub_clean_to_memory(address, UInt64(byteCount))
  return unsafe FlattenedDeviceTree(unsafeStart: start, limit: byteCount)
}

/// The copy of the loader's tree, or nil.
func copiedTree(_ state: UnsafePointer<stub_state>) -> FlattenedDeviceTree? {
  guard unsafe state.pointee.has_tree != 0 else { return nil }
  let copy = unsafe state.pointee.image &+ Descriptor(of: state)[.treeCopyOffset]
  return unsafe FlattenedDeviceTree(
    unsafeStart: pointer(to: copy).assumingMemoryBound(to: UInt8.self),
    limit: FlattenedDeviceTree.byteCountMax)
}

/// MMU and caches on. Takes from the tree what the stub needs, and gives the kernel what it should
/// find there.
///
/// - Returns: the address of an initrd of the loader's, if it lies where memory will be overwritten.
func readTree(_ state: UnsafeMutablePointer<stub_state>, _ descriptor: Descriptor) -> UInt64? {
  let image = unsafe state.pointee.image
  let loaders = unsafe copiedTree(state)
  var tree = loaders
  if descriptor[.treeByteCount] > 0 {
    let start = image &+ descriptor[.treeOffset]
    tree = unsafe FlattenedDeviceTree(
      unsafeStart: pointer(to: start).assumingMemoryBound(to: UInt8.self),
      limit: Int(truncatingIfNeeded: descriptor[.treeByteCount]))
  }
  guard let tree else { return nil }
  unsafe findConsole(state, in: tree)
  unsafe findCores(state, in: tree)

  var changes = ChosenChanges()
  // A packed tree may bring its own, for loaders that say nothing.
  changes.arguments = loaders?.bootArguments.byteCount ?? 0 > 0 ? loaders : tree
  if descriptor[.appendByteCount] > 0 {
    unsafe changes.setAppend(
      unsafeStart: pointer(to: image &+ descriptor[.appendOffset])
        .assumingMemoryBound(to: UInt8.self),
      byteCount: Int(truncatingIfNeeded: descriptor[.appendByteCount]))
  }
  if let loaders {
    changes.initrd = loaders.initrd
    if unsafe overlaps(
      changes.initrd.start, changes.initrd.end &- changes.initrd.start, state)
    {
      return changes.initrd.start
    }
  }
  var packs = descriptor[.initrdByteCount] > 0
  if changes.initrd.end != 0, !descriptor.has(PackedImage.flagInitrdWins) { packs = false }
  let initrd = image &+ descriptor[.initrdTargetOffset]
  let initrdEnd = initrd &+ descriptor[.initrdTargetByteCount]
  if packs { changes.initrd = (initrd, initrdEnd) }
  if descriptor.has(PackedImage.flagTiming) { changes.timingByteCount = 8 &* Int(STUB_TIME_COUNT) }
  guard
    packs || changes.timingByteCount > 0 || descriptor[.treeByteCount] > 0
      || descriptor[.appendByteCount] > 0
  else { return nil }

  let room = descriptor[.treeCopyByteCount]
  let target = image &+ descriptor[.treeCopyOffset] &+ room
  guard
    let timing = unsafe tree.write(
      to: UnsafeMutableRawPointer(mutating: pointer(to: target)),
      capacity: Int(truncatingIfNeeded: room), with: changes)
  else {
    unsafe state.pointee.is_tree_unchanged = 1
    return nil
  }
  unsafe state.pointee.device_tree = target
  unsafe state.pointee.tree_start = target
  unsafe state.pointee.tree_end = target &+ room
  if timing > 0 { unsafe state.pointee.timing_place = target &+ UInt64(timing) }
  if packs {
    unsafe addPiece(
      at: image &+ descriptor[.initrdOffset], descriptor[.initrdByteCount], to: initrd,
      descriptor[.initrdTargetByteCount], state)
  }
  return nil
}

func findConsole(_ state: UnsafeMutablePointer<stub_state>, in tree: FlattenedDeviceTree) {
  guard let console = tree.console() else { return }
  unsafe state.pointee.console.data = console.dataAddress
  unsafe state.pointee.console.status = console.statusAddress
  unsafe state.pointee.console.mask = console.statusMask
  unsafe state.pointee.console.ready = console.readyStatus
  unsafe state.pointee.console.access_byte_count = console.accessByteCount
}
