import BootFormats
import Testing

@Suite struct SecondaryCoresTests {
  /// Conduit and affinities, as far as they were found.
  struct Found: Equatable {
    var conduit: PSCIConduit?
    var affinities: [UInt64] = []
  }

  static func cores(_ blob: [UInt8]) -> Found {
    withTree(blob) { tree in
      guard let conduit = tree.psciConduit() else { return Found() }
      var found = Found(conduit: conduit)
      var walk = tree.firstCore()
      while let affinity = tree.nextCore(&walk) { found.affinities.append(affinity) }
      // It stays at the end.
      #expect(tree.nextCore(&walk) == nil)
      return found
    } ?? Found()
  }

  static let compatible = DeviceTreeBuilder.text("arm,psci-1.0", "arm,psci-0.2", "arm,psci")

  static func core(
    _ reg: [UInt32], name: String = "cpu", method: [UInt8] = DeviceTreeBuilder.text("psci"),
    status: String? = nil, in cpus: inout DeviceTreeBuilder
  ) {
    cpus.node("\(name)@\(reg.last ?? 0)") { core in
      core.property("device_type", text: "cpu")
      core.property("enable-method", method)
      if let status { core.property("status", text: status) }
      core.property("reg", DeviceTreeBuilder.bigEndian(reg))
      core.node("cpu") { $0.property("enable-method", method) }
    }
  }

  static func cores(_ range: Range<UInt32>, in cpus: inout DeviceTreeBuilder) {
    for reg in range { core([reg], in: &cpus) }
  }

  /// A board like QEMU's virt, of four cores unless told otherwise.
  static func board(
    psci: [UInt8]? = compatible, method: String? = "hvc", status: String? = nil,
    addressCells: UInt32? = 1,
    _ cpus: (inout DeviceTreeBuilder) -> Void = { cores(0..<4, in: &$0) }
  ) -> [UInt8] {
    DeviceTreeBuilder.tree { root in
      if let psci {
        root.node("psci") { node in
          if let method { node.property("method", text: method) }
          if let status { node.property("status", text: status) }
          node.property("compatible", psci)
        }
      }
      root.node("cpus") { node in
        if let addressCells { node.property("#address-cells", cells: addressCells) }
        node.property("#size-cells", cells: 0)
        node.node("cpu-map") { $0.node("socket0") }
        cpus(&node)
      }
    }
  }

  @Test func findsTheCoresInTheirOrder() {
    #expect(Self.cores(Self.board()) == Found(conduit: .hvc, affinities: [0, 1, 2, 3]))
    #expect(
      Self.cores(Self.board(method: "smc"))
        == Found(conduit: .smc, affinities: [0, 1, 2, 3]))
  }

  @Test func readsAffinitiesOfOneAndTwoCells() {
    let wide = Self.board(addressCells: 2) {
      Self.core([0, 0x8000_0100], in: &$0)  // bit 31 of MPIDR is RES1, not an affinity
      Self.core([0x1_0000, 0], in: &$0)
      Self.core([0x7f, 0xff_0201], in: &$0)
      Self.core([0, 0x100], in: &$0)
    }
    #expect(Self.cores(wide).affinities == [0x7f_00ff_0201, 0x100])
    let unsaid = Self.board(addressCells: nil) { Self.core([0, 5], in: &$0) }
    #expect(Self.cores(unsaid).affinities == [5])
    for cells: UInt32 in [0, 3, .max] {
      #expect(Self.cores(Self.board(addressCells: cells)).affinities == [])
    }
    #expect(Self.cores(Self.board(addressCells: 2)).affinities == [])
  }

  @Test func skipsWhatPSCIDoesNotSwitchOn() {
    let mixed = Self.board {
      Self.core([1], method: DeviceTreeBuilder.text("spin-table"), in: &$0)
      Self.core([2], status: "disabled", in: &$0)
      Self.core([3], name: "l3-cache", in: &$0)
      Self.core([], in: &$0)
      Self.core([4], status: "okay", in: &$0)
      $0.node("cpu@5") { $0.property("device_type", text: "cpu") }
    }
    #expect(Self.cores(mixed).affinities == [4])
  }

  @Test func usesNoPSCIThatHasOtherNumbersOrNoKnownMethod() {
    #expect(Self.cores(Self.board(psci: nil)) == Found())
    #expect(Self.cores(Self.board(method: nil)) == Found())
    for method in ["", "hvc2", "hv", "HVC", "svc"] {
      #expect(Self.cores(Self.board(method: method)) == Found())
    }
    for compatible in ["arm,psci", "arm,psci-0.1", "arm,psci-1", "arm,psci-1.0.0", ""] {
      #expect(Self.cores(Self.board(psci: DeviceTreeBuilder.text(compatible))) == Found())
    }
    // The list does not end with a NUL.
    #expect(Self.cores(Self.board(psci: Array("arm,psci-0.2".utf8))) == Found())
    #expect(
      Self.cores(Self.board(psci: DeviceTreeBuilder.text("arm,psci-0.2"))).conduit == .hvc)
    #expect(Self.cores(Self.board(status: "okay")).conduit == .hvc)
    #expect(Self.cores(Self.board(status: "disabled")) == Found())
  }

  @Test func findsNoCoresWhereThereAreNone() {
    #expect(Self.cores(Self.board { _ in }) == Found(conduit: .hvc))
    let bare = DeviceTreeBuilder.tree { root in
      root.node("psci") { node in
        node.property("compatible", Self.compatible)
        node.property("method", text: "smc")
      }
    }
    #expect(Self.cores(bare) == Found(conduit: .smc))
  }

  /// Nothing traps and nothing loops, whatever one byte is and wherever the tree ends.
  @Test func survivesEveryDamagedByteAndEveryTruncation() {
    let good = Self.board()
    for index in good.indices {
      for value: UInt8 in [0, 1, 2, 3, 4, 9, 0x2f, 0x40, 0x7f, 0x80, 0xff] {
        var blob = good
        blob[index] = value
        _ = Self.cores(blob)
      }
    }
    for count in good.indices {
      var blob = Array(good.prefix(count))
      #expect(Self.cores(blob) == Found())
      guard count >= 40 else { continue }
      blob.replaceSubrange(4..<8, with: DeviceTreeBuilder.bigEndian([UInt32(count)]))
      #expect(Self.cores(blob) == Found())
    }
  }
}
