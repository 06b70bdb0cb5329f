import BootStubEntry

#if canImport(BootFormats)
  import BootFormats
#endif

// The other cores: which there are, and that they are off when the kernel is entered.

/// Notes how PSCI is called, if the device tree says so; whether it does.
@inline(never)
func findConduit(_ state: UnsafeMutablePointer<stub_state>, in tree: FlattenedDeviceTree) -> Bool {
  // At EL2 an HVC would come back to the stub itself.
  guard let conduit = tree.psciConduit(),
    unsafe conduit == .smc || state.pointee.current_el == 1 << 2
  else { return false }
  unsafe state.pointee.conduit = UInt64(conduit.rawValue)
  return true
}

/// Notes the cores that PSCI can switch on.
func findCores(_ state: UnsafeMutablePointer<stub_state>, in tree: FlattenedDeviceTree) {
  guard unsafe findConduit(state, in: tree) else { return }
  unsafe stub_core_at(state, 0).pointee.affinity = stub_mpidr() & FlattenedDeviceTree.affinityMask
  var count: UInt64 = 0
  var walk = tree.firstCore()
  while count < UInt64(STUB_SECONDARY_COUNT), let affinity = tree.nextCore(&walk) {
    // The boot core, or one that is listed twice, which must not be switched on twice: PSCI may take
    // it for off until it has started.
    var index = count &+ 1
    while index > 0 {
      index &-= 1
      if unsafe stub_core_at(state, index).pointee.affinity == affinity { break }
      guard index == 0 else { continue }
      count &+= 1
      unsafe stub_core_at(state, count).pointee.affinity = affinity
    }
  }
  unsafe state.pointee.secondary_count = count
}

/// MMU and caches on. Starts the other cores, if there is something for them to do.
func switchOnCores(_ state: UnsafeMutablePointer<stub_state>) {
  let descriptor = unsafe Descriptor(of: state)
  guard
    unsafe descriptor[.targetByteCount] &>> descriptor[.blockShift] != 0
      || state.pointee.piece_count > 1
  else { return }
  var index: UInt64 = 1
  while unsafe index <= state.pointee.secondary_count {
    let core = unsafe stub_core_at(state, index)
    // Only a core of which PSCI can tell now that it is off, as it has to tell the same later.
    if unsafe isOff(core, state) {
      let result = unsafe stub_psci(
        UInt64(STUB_PSCI_CPU_ON), core.pointee.affinity, stub_secondary_entry(), index,
        state.pointee.conduit)
      unsafe core.pointee.switched_on = result == STUB_PSCI_SUCCESS ? 1 : 0
    }
    index &+= 1
  }
}

/// MMU and caches on. Waits until every core that was switched on is done and off again: what it
/// decodes is part of the kernel, Linux could not switch it on, and what it executes and translates
/// by becomes the kernel's memory. One that is not done may still be to come, even if PSCI takes it
/// for off: QEMU does until it has started. Counts those that came.
///
/// - Returns: the affinity of a core that does not come and go, if there is one.
func waitForCores(_ state: UnsafeMutablePointer<stub_state>) -> UInt64? {
  // A block takes milliseconds, and maybe longer on a virtual core whose host is busy. Somebody who
  // watches the console still does so after five seconds.
  let deadline = stub_ticks() &+ 5 &* stub_ticks_per_second()
  unsafe state.pointee.times.core_count = 1
  var index: UInt64 = 1
  while unsafe index <= state.pointee.secondary_count {
    let core = unsafe stub_core_at(state, index)
    index &+= 1
    guard unsafe core.pointee.switched_on != 0 else { continue }
    while unsafe !stub_is_done(core) || !isOff(core, state) {
      guard stub_ticks() <= deadline else { return unsafe core.pointee.affinity }
    }
    unsafe state.pointee.times.core_count &+= 1
  }
  return nil
}

/// The first block that was refused, if there is one.
func firstFailure(_ state: UnsafePointer<stub_state>) -> UnsafePointer<stub_failure>? {
  var first: UnsafePointer<stub_failure>?
  var index: UInt64 = 0
  while index <= UInt64(STUB_SECONDARY_COUNT) {
    let failure = unsafe UnsafePointer(stub_failure_of(stub_core_at(state, index)))
    index &+= 1
    guard unsafe failure.pointee.status != 0 else { continue }
    if let other = unsafe first, unsafe other.pointee.number < failure.pointee.number { continue }
    unsafe first = failure
  }
  return unsafe first
}

/// Whether PSCI says so; nothing that is an error counts. Affinity level 0: the core itself.
private func isOff(
  _ core: UnsafeMutablePointer<stub_core>, _ state: UnsafeMutablePointer<stub_state>
) -> Bool {
  unsafe stub_psci(
    UInt64(STUB_PSCI_AFFINITY_INFO), core.pointee.affinity, 0, 0, state.pointee.conduit)
    == STUB_PSCI_AFFINITY_OFF
}
