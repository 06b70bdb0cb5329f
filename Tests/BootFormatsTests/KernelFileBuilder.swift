/// Files that kernels come in, well-formed unless told otherwise.
enum KernelFileBuilder {
  static func set(_ value: some FixedWidthInteger, at offset: Int, in bytes: inout [UInt8]) {
    for index in 0..<value.bitWidth / 8 {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }

  // MARK: EFI zboot

  /// With something behind the payload, as there is: the size that is not counted, and code.
  static func zboot(_ payload: [UInt8], compression: String = "lz4", offset: Int = 0x60) -> [UInt8]
  {
    var bytes = [UInt8](repeating: 0, count: offset)
    bytes.replaceSubrange(0..<8, with: Array("MZ\0\0zimg".utf8))
    set(UInt32(offset), at: 8, in: &bytes)
    set(UInt32(payload.count), at: 12, in: &bytes)
    bytes.replaceSubrange(24..<24 + compression.utf8.count, with: Array(compression.utf8))
    set(0x8182_23cd as UInt32, at: 0x38, in: &bytes)
    return bytes + payload + [0x78, 0x56, 0x34, 0x12, 0xee]
  }

  // MARK: Android boot image

  struct BootImage {
    var version: UInt32
    var page = 2048
    var kernel: [UInt8]
    var ramdisk: [UInt8] = []
    var second: [UInt8] = []
    var recovery: [UInt8] = []
    var deviceTree: [UInt8] = []
    var signature: [UInt8] = []
    var commandLine = ""
    var extraCommandLine = ""

    var bytes: [UInt8] { version < 3 ? old : new }

    private var old: [UInt8] {
      var bytes = [UInt8](repeating: 0, count: page)
      bytes.replaceSubrange(0..<8, with: Array("ANDROID!".utf8))
      let fields = [
        kernel.count, 0x8000, ramdisk.count, 0x100_0000, second.count, 0xf0_0000, 0x100, page,
        Int(version), 0x1234_5678,
      ]
      for (index, field) in fields.enumerated() {
        set(UInt32(field), at: 8 + 4 * index, in: &bytes)
      }
      bytes.replaceSubrange(64..<64 + commandLine.utf8.count, with: Array(commandLine.utf8))
      bytes.replaceSubrange(
        608..<608 + extraCommandLine.utf8.count, with: Array(extraCommandLine.utf8))
      if version > 0 {
        set(UInt32(recovery.count), at: 1632, in: &bytes)
        set(UInt32(version == 1 ? 1648 : 1660), at: 1644, in: &bytes)
      }
      if version > 1 { set(UInt32(deviceTree.count), at: 1648, in: &bytes) }
      let parts = [kernel, ramdisk, second, recovery, deviceTree]
      // One more in each of these versions.
      return parts.prefix(3 + Int(version)).reduce(bytes, appendPages)
    }

    private var new: [UInt8] {
      var bytes = [UInt8](repeating: 0, count: 4096)
      bytes.replaceSubrange(0..<8, with: Array("ANDROID!".utf8))
      set(UInt32(kernel.count), at: 8, in: &bytes)
      set(UInt32(ramdisk.count), at: 12, in: &bytes)
      set(UInt32(version == 3 ? 1580 : 1584), at: 20, in: &bytes)
      set(version, at: 40, in: &bytes)
      bytes.replaceSubrange(44..<44 + commandLine.utf8.count, with: Array(commandLine.utf8))
      if version > 3 { set(UInt32(signature.count), at: 1580, in: &bytes) }
      return [kernel, ramdisk, signature].prefix(Int(version) - 1).reduce(bytes, appendPages)
    }

    private func appendPages(_ bytes: [UInt8], _ part: [UInt8]) -> [UInt8] {
      let page = version < 3 ? page : 4096
      let padded = (part.count + page - 1) / page * page
      return bytes + part + [UInt8](repeating: 0, count: padded - part.count)
    }
  }

  // MARK: ELF

  struct Segment {
    var type: UInt32 = 1
    var flags: UInt32 = 5
    var virtualAddress: UInt64?
    var address: UInt64
    var content: [UInt8]
    /// Of zeros behind the content.
    var zeroByteCount: UInt64 = 0
  }

  static func elf(_ segments: [Segment], entry: UInt64, type: UInt16 = 2) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 64 + 56 * segments.count)
    bytes.replaceSubrange(0..<7, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
    set(type, at: 16, in: &bytes)
    set(183 as UInt16, at: 18, in: &bytes)
    set(1 as UInt32, at: 20, in: &bytes)
    set(entry, at: 24, in: &bytes)
    set(64 as UInt64, at: 32, in: &bytes)
    set(64 as UInt16, at: 52, in: &bytes)
    set(56 as UInt16, at: 54, in: &bytes)
    set(UInt16(segments.count), at: 56, in: &bytes)
    for (index, segment) in segments.enumerated() {
      let header = 64 + 56 * index
      set(segment.type, at: header, in: &bytes)
      set(segment.flags, at: header + 4, in: &bytes)
      let fields = [
        UInt64(bytes.count), segment.virtualAddress ?? segment.address, segment.address,
        UInt64(segment.content.count), UInt64(segment.content.count) &+ segment.zeroByteCount, 8,
      ]
      for (field, value) in fields.enumerated() {
        set(value, at: header + 8 + 8 * field, in: &bytes)
      }
      bytes += segment.content
    }
    return bytes
  }
}
