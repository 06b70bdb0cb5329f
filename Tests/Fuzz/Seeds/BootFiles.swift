extension Seeds {
  // MARK: Kernels

  private static func set(_ value: some FixedWidthInteger, at offset: Int, in bytes: inout [UInt8])
  {
    let field = littleEndian(value)
    bytes.replaceSubrange(offset..<offset + field.count, with: field)
  }

  private static func kernel(
    imageSize: UInt64 = 4096, flags: UInt64 = 10, textOffset: UInt64 = 0
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 300)
    set(0x1400_0000_d503_201f as UInt64, at: 0, in: &bytes)
    set(textOffset, at: 8, in: &bytes)
    set(imageSize, at: 16, in: &bytes)
    set(flags, at: 24, in: &bytes)
    set(0x644d_5241 as UInt32, at: 0x38, in: &bytes)
    return bytes
  }

  /// With a section table of two sections.
  private static var efiKernel: [UInt8] {
    var bytes = kernel()
    set(0x5A4D as UInt16, at: 0, in: &bytes)
    set(0x40 as UInt32, at: 0x3C, in: &bytes)
    set(0x4550 as UInt32, at: 0x40, in: &bytes)
    set(2 as UInt16, at: 0x46, in: &bytes)
    for section in [0x58, 0x80] {
      set(100 as UInt32, at: section + 16, in: &bytes)
      set(UInt32(section), at: section + 20, in: &bytes)
    }
    return bytes
  }

  static var kernels: [[UInt8]] {
    let packed = FrameHeader(hasContentChecksum: true)
    var magics: [[UInt8]] = [
      [0x1f, 0x8b], [0x28, 0xb5, 0x2f, 0xfd], [0xfd, 0x37, 0x7a, 0x58, 0x5a], [UInt8]("BZh".utf8),
      [0x7f, 0x45, 0x4c, 0x46], [0x27, 0x05, 0x19, 0x56], [0xd0, 0x0d, 0xfe, 0xed],
      [UInt8]("ANDROID!".utf8), [UInt8]("MZ\0\0zimg".utf8), [UInt8]("MZ".utf8),
    ]
    magics = magics.map { $0 + [UInt8](repeating: 0, count: 70) }
    return [
      kernel(), kernel(imageSize: 0), kernel(flags: 1), efiKernel,
      legacyFrame([block(last: kernel())]), frame(packed, [.stored(efiKernel)]), images[1],
      [UInt8](kernel().prefix(50)), kernel(textOffset: 2 << 20), [UInt8](efiKernel.prefix(0x90)),
      [UInt8](efiKernel.prefix(150)), [UInt8](images[1].prefix(0x50)),
    ] + magics
  }

  // MARK: Packed Images

  static var images: [[UInt8]] {
    var packed = kernel()
    let fields: [UInt64] = [
      0x3154_4f4f_4234_5a4c, 8192, 5000, 0x4000, 2 << 20, 4000, 4096, 0, 0, 65536, 8192, 10, 0,
    ]
    for (index, value) in fields.enumerated() { set(value, at: 0x40 + 8 * index, in: &packed) }
    var misaligned = packed
    set(8193 as UInt64, at: 0x90, in: &misaligned)
    return [kernel(), packed, [UInt8](packed.prefix(168)), misaligned]
  }

  // MARK: Device trees

  private static func board(_ chosen: String, uart: String) -> [UInt8] {
    DeviceTreeBuilder.tree { root in
      root.property("#address-cells", cells: 2)
      root.property("#size-cells", cells: 2)
      root.node("psci") { psci in
        psci.property("compatible", DeviceTreeBuilder.text("arm,psci-1.0", "arm,psci-0.2"))
        psci.property("method", text: "smc")
      }
      root.node("cpus") { cpus in
        cpus.property("#address-cells", cells: 1)
        for core in 0..<4 as Range<UInt32> {
          cpus.node("cpu@\(core)") { cpu in
            cpu.property("device_type", text: "cpu")
            cpu.property("enable-method", text: "psci")
            cpu.property("reg", cells: core)
            if core == 2 { cpu.property("status", text: "fail") }
          }
        }
      }
      root.node("aliases") { $0.property("serial0", text: "/soc/serial@9000000") }
      root.node("chosen") { $0.property("stdout-path", text: chosen) }
      root.cell(4)
      root.node("soc") { soc in
        soc.property("#address-cells", cells: 1)
        soc.property("#size-cells", cells: 1)
        soc.property("ranges", cells: 0x7e00_0000, 0, 0x3f00_0000, 0, 0x0100_0000)
        soc.node("serial@9000000") { node in
          node.property("compatible", DeviceTreeBuilder.text("x,y", uart))
          node.property("reg", cells: 0x7e20_1000, 0x1000)
          node.property("reg-shift", cells: 2)
          node.property("reg-io-width", cells: 4)
        }
      }
    }
  }

  static var trees: [[UInt8]] {
    [
      board("serial0:115200n8", uart: "arm,pl011"), board("/soc/serial", uart: "ns16550a"),
      board("serial0", uart: "snps,dw-apb-uart"), board("/soc//serial@9000000:", uart: "none"),
      DeviceTreeBuilder.tree { _ in },
    ]
  }
}
