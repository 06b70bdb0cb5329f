import BootFormats
import BootStubEntry
import CLZ4Boot

// The other cores: which there are, what they do, and that they are off when the kernel is entered.

/// MMU off. Notes the cores that PSCI can switch on; none if the device tree does not say.
func findCores(_ state: UnsafeMutablePointer<stub_state>) {
  let bootCore = stub_mpidr() & SecondaryCores.affinityMask
  guard let loaded = unsafe LoadedDeviceTree(at: state.pointee.device_tree),
    let found = unsafe try? loaded.tree.secondaryCores(besides: bootCore, in: loaded.blob.span)
  else { return }
  // At EL2 an HVC would come back to the stub itself.
  guard unsafe found.conduit == .smc || state.pointee.current_el == 1 << 2 else { return }
  unsafe state.pointee.conduit = UInt64(found.conduit.rawValue)
  unsafe state.pointee.secondary_count = UInt64(found.count)
  for index in 0..<found.count {
    unsafe stub_core_at(state, UInt64(index) + 1).pointee.affinity = found.affinities[index]
  }
}

/// MMU and caches on. lz4boot_decode, or the same by all cores where there are several and there is
/// something for them to do. One core alone needs no exclusive accesses, and so less of its memory
/// system than a team.
func decode(
  _ source: UnsafeRawPointer, _ sourceByteCount: Int, to target: UnsafeMutableRawPointer?,
  _ targetByteCount: Int, _ state: UnsafeMutablePointer<stub_state>,
  _ report: UnsafeMutablePointer<lz4boot_report>
) -> lz4boot_status {
  let flags = UInt32(lz4boot_flag_require_checksums.rawValue)
  guard unsafe state.pointee.secondary_count > 0,
    unsafe targetByteCount > blockMaximum(ofFrame: source, sourceByteCount)
  else {
    return unsafe timed(0, state) {
      unsafe lz4boot_decode(source, sourceByteCount, target, targetByteCount, flags, report)
    }
  }
  let team = unsafe stub_team(state)
  if unsafe lz4boot_team_start(
    team, source, sourceByteCount, target, targetByteCount, flags, report) == .ok
  {
    unsafe switchOnCores(state)
    unsafe stub_work(state, 0)
  }
  return unsafe lz4boot_team_finish(team, report)
}

/// What one core decodes at once, to see whether there is something for others. Only a guess: the
/// decoder is who says what is a frame.
///
/// Frame format, "Frame Descriptor": [magic:u32le][FLG:u8][BD:u8], and bits 6 to 4 of BD are 4 to 7
/// for 64 KiB, 256 KiB, 1 MiB and 4 MiB.
private func blockMaximum(ofFrame source: UnsafeRawPointer, _ byteCount: Int) -> Int {
  guard byteCount > 5 else { return .max }
  return 256 << (2 * Int(unsafe source.load(fromByteOffset: 5, as: UInt8.self) >> 4 & 7))
}

/// MMU and caches on, on every core.
@c @implementation
public func stub_work(_ state: UnsafeMutablePointer<stub_state>, _ index: UInt64) {
  unsafe timed(index, state) { unsafe lz4boot_team_work(stub_team(state)) }
}

/// Notes that a core came to decode, and for how long.
private func timed<Result>(
  _ index: UInt64, _ state: UnsafeMutablePointer<stub_state>, _ decode: () -> Result
) -> Result {
  let core = unsafe stub_core_at(state, index)
  unsafe stub_set_came(core)
  let start = stub_ticks()
  defer { unsafe core.pointee.ticks = stub_ticks() - start }
  return decode()
}

private func switchOnCores(_ state: UnsafeMutablePointer<stub_state>) {
  let count = unsafe state.pointee.secondary_count
  for index in 1...count {
    let core = unsafe stub_core_at(state, index)
    // Only a core of which PSCI can tell now that it is off, as it has to tell the same later.
    guard unsafe isOff(core, state) else { continue }
    let result = unsafe stub_psci(
      UInt64(STUB_PSCI_CPU_ON), core.pointee.affinity, stub_secondary_entry(), index,
      state.pointee.conduit)
    unsafe core.pointee.switched_on = result == STUB_PSCI_SUCCESS ? 1 : 0
  }
}

/// MMU and caches on. Waits until every core that was switched on is off again: Linux could not
/// switch it on, and what it executes and translates by becomes the kernel's memory. One that has not
/// come yet is still to come, even if PSCI takes it for off: QEMU does until it has started.
///
/// - Returns: the affinity of a core that does not come and go, if there is one.
func waitForCores(_ state: UnsafeMutablePointer<stub_state>) -> UInt64? {
  // All that is left for them to do takes microseconds, and maybe longer on a virtual core whose host
  // is busy. Somebody who watches the console still does so after five seconds.
  let seconds: UInt64 = 5
  let start = stub_ticks()
  // From 0, which is the boot core and was not switched on, as there may be no other.
  for index in 0...(unsafe state.pointee.secondary_count) {
    let core = unsafe stub_core_at(state, index)
    guard unsafe core.pointee.switched_on != 0 else { continue }
    while unsafe !stub_came(core) || !isOff(core, state) {
      guard stub_ticks() - start <= seconds * stub_ticks_per_second() else {
        return unsafe core.pointee.affinity
      }
    }
  }
  return nil
}

/// Whether PSCI says so; nothing that is an error counts. Affinity level 0: the core itself.
private func isOff(
  _ core: UnsafeMutablePointer<stub_core>, _ state: UnsafeMutablePointer<stub_state>
) -> Bool {
  unsafe stub_psci(
    UInt64(STUB_PSCI_AFFINITY_INFO), core.pointee.affinity, 0, 0, state.pointee.conduit)
    == STUB_PSCI_AFFINITY_OFF
}
