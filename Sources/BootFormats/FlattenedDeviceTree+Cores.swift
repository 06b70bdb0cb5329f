/// The instruction that calls the firmware (Devicetree binding "arm,psci", `method`).
public enum PSCIConduit: UInt8, Sendable {
  case hvc = 1
  case smc = 2
}

extension FlattenedDeviceTree {
  /// MPIDR_EL1 has Aff3 in bits 39 to 32 and Aff2, Aff1, Aff0 in bits 23 to 0.
  public static let affinityMask: UInt64 = 0xff_00ff_ffff

  /// How PSCI is called, if it is one whose functions have the standard numbers: "arm,psci" alone
  /// (0.1) has numbers of its own, and later versions list one of these two as well.
  public func psciConduit() -> PSCIConduit? {
    let psci = child("psci", of: root).body
    guard
      lists("compatible", "arm,psci-1.0", in: psci)
        || lists("compatible", "arm,psci-0.2", in: psci), isUsable(psci)
    else { return nil }
    let method = number(property("method", of: psci), cell: 0, cells: 1, else: 0)
    if method == 0x6876_6300 { return .hvc }  // "hvc", NUL
    return method == 0x736d_6300 ? .smc : nil  // "smc", NUL
  }

  /// Where the walk along the cores starts.
  public func firstCore() -> CoreWalk {
    let cpus = child("cpus", of: root).body
    return CoreWalk(position: cpus, addressCells: cells("#address-cells", of: cpus, default: 2))
  }

  /// A place in /cpus.
  public struct CoreWalk: Sendable {
    var position: Int
    let addressCells: Int
    /// How many nodes below /cpus.
    var depth = 0
  }

  /// The affinity of the next core that PSCI switches on, or nil if there are no more.
  public func nextCore(_ walk: inout CoreWalk) -> UInt64? {
    while true {
      // Section 3.7: "cpu" is the name of all of them.
      let core = unsafe find(
        Kind.node, ("cpu" as StaticString).utf8Start, from: walk.position, depth: walk.depth)
      guard core.kind != Kind.none else { return nil }
      (walk.position, walk.depth) = (core.body, 1)
      if lists("enable-method", "psci", in: core.body), isUsable(core.body) {
        let affinity = number(
          property("reg", of: core.body), cell: 0, cells: walk.addressCells, else: .max)
        if affinity & ~Self.affinityMask == 0 { return affinity }
      }
    }
  }

  /// Devicetree Specification, "status": a device that has none is usable.
  @inline(never)
  private func isUsable(_ node: Int) -> Bool {
    let status = property("status", of: node)
    return unsafe status.kind == Kind.none || lists(status, ("okay" as StaticString).utf8Start)
  }

  /// Whether `text` is a string of a property.
  @inline(__always)
  private func lists(_ name: StaticString, _ text: StaticString, in node: Int) -> Bool {
    unsafe lists(property(name, of: node), text.utf8Start)
  }
}
