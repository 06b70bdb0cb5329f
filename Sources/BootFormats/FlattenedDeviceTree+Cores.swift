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
    if lists("method", "hvc", in: psci) { return .hvc }
    return lists("method", "smc", in: psci) ? .smc : nil
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
    /// How many nodes below /cpus; negative behind it.
    var depth = 0
  }

  /// The affinity of the next core that PSCI switches on, or nil if there are no more.
  public func nextCore(_ walk: inout CoreWalk) -> UInt64? {
    while walk.depth >= 0 {
      let token = next(&walk.position)
      switch token.kind {
      case Kind.node:
        walk.depth &+= 1
        if walk.depth == 1, lists("device_type", "cpu", in: token.body),
          lists("enable-method", "psci", in: token.body), isUsable(token.body),
          let affinity = number(
            property("reg", of: token.body), cell: 0, cells: walk.addressCells),
          affinity & ~Self.affinityMask == 0
        {
          return affinity
        }
      case Kind.endNode: walk.depth &-= 1
      case Kind.property: continue
      default: walk.depth = -1
      }
    }
    return nil
  }

  /// Devicetree Specification, "status": a device that has none is usable.
  private func isUsable(_ node: Int) -> Bool {
    property("status", of: node).kind == Kind.none || lists("status", "okay", in: node)
  }

  /// Whether `text` is a string of a property.
  @inline(__always)
  private func lists(_ name: StaticString, _ text: StaticString, in node: Int) -> Bool {
    unsafe lists(property(name, of: node), text.utf8Start)
  }
}
