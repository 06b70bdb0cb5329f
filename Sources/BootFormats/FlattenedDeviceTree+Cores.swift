/// The instruction that calls the firmware (Devicetree binding "arm,psci", `method`).
public enum PSCIConduit: UInt8, Sendable {
  case hvc = 1
  case smc = 2
}

/// Cores that PSCI can switch on.
public struct SecondaryCores: Sendable {
  /// With the boot core a team of four, the cluster of a Cortex-A53.
  public static let countMax = 3
  /// MPIDR_EL1 has Aff3 in bits 39 to 32 and Aff2, Aff1, Aff0 in bits 23 to 0.
  public static let affinityMask: UInt64 = 0xff_00ff_ffff

  public let conduit: PSCIConduit
  /// In the order of the tree; only the first `count` mean anything.
  public private(set) var affinities: [3 of UInt64] = .init(repeating: 0)
  public private(set) var count = 0

  init(conduit: PSCIConduit) { self.conduit = conduit }

  func contains(_ affinity: UInt64) -> Bool {
    for index in 0..<count where affinities[index] == affinity { return true }
    return false
  }

  mutating func append(_ affinity: UInt64) {
    affinities[count] = affinity
    count += 1
  }
}

extension FlattenedDeviceTree {
  /// The first cores of the tree, besides the one of the given affinity, that can be switched on by
  /// PSCI 0.2 or later; nil if there is no such PSCI.
  public func secondaryCores(
    besides bootCore: UInt64, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> SecondaryCores? {
    let root = try root(in: blob)
    guard let psci = try child(.text("psci"), of: root, in: blob),
      let conduit = try conduit(of: psci, in: blob)
    else { return nil }
    var cores = SecondaryCores(conduit: conduit)
    guard let cpus = try child(.text("cpus"), of: root, in: blob),
      let addressCells = try cells("#address-cells", of: cpus, default: 2, in: blob)
    else { return cores }
    var position = cpus.body
    var depth = 0
    while cores.count < SecondaryCores.countMax {
      switch try nextToken(at: &position, in: blob) {
      case .beginNode:
        if depth == 0,
          let affinity = try affinity(
            of: Node(body: position), addressCells: addressCells, in: blob),
          affinity != bootCore, !cores.contains(affinity)
        {
          cores.append(affinity)
        }
        depth += 1
      case .endNode:
        if depth == 0 { return cores }
        depth -= 1
      case .property:
        continue
      case .end:
        return cores
      }
    }
    return cores
  }

  /// Nil unless the node is a PSCI whose functions have the standard numbers: "arm,psci" alone (0.1)
  /// has numbers of its own, and later versions list one of these two as well.
  private func conduit(
    of psci: Node, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> PSCIConduit? {
    let isOne = try lists("compatible", "arm,psci-1.0", in: psci, of: blob)
    let isZeroTwo = try lists("compatible", "arm,psci-0.2", in: psci, of: blob)
    guard isOne || isZeroTwo, try isUsable(psci, in: blob) else { return nil }
    if try lists("method", "hvc", in: psci, of: blob) { return .hvc }
    return try lists("method", "smc", in: psci, of: blob) ? .smc : nil
  }

  /// The affinity of a child of /cpus, or nil if it is no core or not one that PSCI switches on.
  private func affinity(
    of node: Node, addressCells: Int, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> UInt64? {
    guard try lists("device_type", "cpu", in: node, of: blob),
      try lists("enable-method", "psci", in: node, of: blob),
      try isUsable(node, in: blob),
      let reg = try property(.text("reg"), of: node, in: blob),
      let affinity = number(
        at: reg.lowerBound, cells: addressCells, before: reg.upperBound, in: blob),
      affinity & ~SecondaryCores.affinityMask == 0
    else { return nil }
    return affinity
  }

  /// Devicetree Specification, "status": a device that has none is usable.
  private func isUsable(
    _ node: Node, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Bool {
    try lists("status", "okay", orHasNone: true, in: node, of: blob)
  }

  /// Whether `text` is a string of a property, or what to say if there is no such property.
  @inline(never)
  private func lists(
    _ name: StaticString, _ text: StaticString, orHasNone: Bool = false, in node: Node,
    of blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> Bool {
    guard let value = try property(.text(name), of: node, in: blob) else { return orHasNone }
    var position = value.lowerBound
    while let string = try nextString(at: &position, before: value.upperBound, in: blob) {
      if matches(string, text, in: blob) { return true }
    }
    return false
  }
}
