import CLZ4Boot

/// What `lz4boot_team` holds.
private struct TeamStorage: ~Copyable {
  /// As that of `StreamStorage`.
  static let startedMark: UInt64 = 0x6C7A_3462_6F6F_7481

  var team = Team()
  /// Behind the team: a mutating call on its stream counts as a write to the struct's first bytes, and
  /// late cores may read this meanwhile.
  var mark = startedMark

  static func at(
    _ pointer: UnsafeMutablePointer<lz4boot_team>?
  ) -> UnsafeMutablePointer<TeamStorage>? {
    unsafe UnsafeMutableRawPointer(pointer)?.assumingMemoryBound(to: TeamStorage.self)
  }

  /// Nil if the struct was never started.
  static func started(
    _ pointer: UnsafeMutablePointer<lz4boot_team>?
  ) -> UnsafeMutablePointer<TeamStorage>? {
    guard let storage = unsafe at(pointer), unsafe storage.pointee.mark == startedMark else {
      return nil
    }
    return unsafe storage
  }

  /// Behind the work, in a function of its own, so that none of this is on the stack during it.
  @inline(never)
  static func close(_ storage: UnsafeMutablePointer<TeamStorage>) {
    guard unsafe storage.pointee.team.close() else { return }
    let result = unsafe storage.pointee.team.result
    // Nothing else is written here: cores that come late read the mark and the gate.
    unsafe storage.pointee.team.stream.goOn(behind: result)
  }
}

@c @implementation
public func lz4boot_team_start(
  _ team: UnsafeMutablePointer<lz4boot_team>?,
  _ source: UnsafeRawPointer?, _ source_byte_count: Int,
  _ target: UnsafeMutableRawPointer?, _ target_capacity: Int,
  _ flags: UInt32, _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  guard let storage = unsafe TeamStorage.at(team) else {
    return unsafe report.fillBadArgument()
  }
  unsafe storage.initialize(to: TeamStorage())
  let goesOn = unsafe storage.pointee.team.stream.start(
    unsafeTarget: target, capacity: target_capacity, flags: flags, chunk: source,
    byteCount: source_byte_count)
  if goesOn { unsafe storage.pointee.team.start() }
  return unsafe storage.pointee.team.stream.report(to: report, unfinished: .ok)
}

@c @implementation
public func lz4boot_team_work(_ team: UnsafeMutablePointer<lz4boot_team>?) {
  guard let storage = unsafe TeamStorage.started(team) else { return }
  unsafe storage.pointee.team.work()
}

@c @implementation
public func lz4boot_team_finish(
  _ team: UnsafeMutablePointer<lz4boot_team>?,
  _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  guard let storage = unsafe TeamStorage.started(team) else {
    return unsafe report.fillBadArgument()
  }
  unsafe storage.pointee.team.work()
  unsafe TeamStorage.close(storage)
  return unsafe storage.pointee.team.stream.finish(report)
}
