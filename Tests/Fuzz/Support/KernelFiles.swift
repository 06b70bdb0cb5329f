// The formats that kernels come in, read plainly: with numbers that no sum is too large for.

private func field(_ bytes: [UInt8], _ offset: Int, _ byteCount: Int) -> UInt128 {
  UInt128(number(bytes[offset..<offset + byteCount]))
}

private func slice(_ bytes: [UInt8], _ offset: UInt128, _ byteCount: UInt128) -> Range<Int>? {
  guard offset + byteCount <= UInt128(bytes.count) else { return nil }
  return Int(offset)..<Int(offset + byteCount)
}

private func text(_ bytes: [UInt8], at offset: Int, byteCountMax: Int) -> Range<Int> {
  let end = offset + byteCountMax
  return offset..<(bytes[offset..<end].firstIndex(of: 0) ?? end)
}

// MARK: EFI zboot

func isZboot(_ bytes: [UInt8]) -> Bool { bytes.starts(with: "MZ\0\0zimg".utf8) }

/// The payload, and the name of its compression.
func plainZboot(_ bytes: [UInt8]) -> (payload: Range<Int>, compression: Range<Int>)? {
  guard isZboot(bytes), bytes.count >= 64 else { return nil }
  let (start, byteCount) = (field(bytes, 8, 4), field(bytes, 12, 4))
  guard start >= 64, byteCount > 0, let payload = slice(bytes, start, byteCount) else {
    return nil
  }
  return (payload, text(bytes, at: 24, byteCountMax: 32))
}

// MARK: Android boot images

func isBootImage(_ bytes: [UInt8]) -> Bool { bytes.starts(with: "ANDROID!".utf8) }

struct PlainBootImage {
  let version: Int
  /// Kernel, ramdisk and device tree, and both parts of the command line; nil for no bytes.
  let sections: [Range<Int>?]

  init?(_ bytes: [UInt8]) {
    guard isBootImage(bytes), bytes.count >= 44, field(bytes, 40, 4) <= 4 else { return nil }
    version = Int(field(bytes, 40, 4))
    guard bytes.count >= [1632, 1648, 1660, 1580, 1584][version] else { return nil }
    let page = version < 3 ? field(bytes, 36, 4) : 4096
    guard page >= 2048, page.nonzeroBitCount == 1 else { return nil }
    // Where the sizes of all parts are, in their order in the file.
    let fields = [
      [8, 16, 24], [8, 16, 24, 1632], [8, 16, 24, 1632, 1648], [8, 12], [8, 12, 1580],
    ][version]
    var parts: [Int: Range<Int>] = [:]
    var end = page
    for sizeField in fields {
      let byteCount = field(bytes, sizeField, 4)
      guard byteCount > 0 else { continue }
      guard let part = slice(bytes, end, byteCount) else { return nil }
      parts[sizeField] = part
      while end < part.upperBound { end += page }
    }
    guard parts[8] != nil else { return nil }
    let lines =
      version < 3
      ? [text(bytes, at: 64, byteCountMax: 512), text(bytes, at: 608, byteCountMax: 1024)]
      : [text(bytes, at: 44, byteCountMax: 1536), 0..<0]
    sections =
      [parts[8], parts[version < 3 ? 16 : 12], parts[1648]] + lines.map { $0.isEmpty ? nil : $0 }
  }
}

// MARK: ELF

func isELF(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) }

struct PlainELF {
  let address: UInt64
  let entry: UInt64
  let imageByteCount: Int
  let memoryByteCount: Int
  /// The bytes of the image; none where they are too many to look at.
  let image: [UInt8]

  static let lookedAtByteCountMax = 1 << 20

  init?(_ bytes: [UInt8]) {
    guard isELF(bytes), bytes.count >= 64, bytes[4] == 2, bytes[5] == 1,
      field(bytes, 16, 2) == 2, field(bytes, 18, 2) == 183, field(bytes, 54, 2) == 56
    else { return nil }
    let count = field(bytes, 56, 2)
    guard (1...64).contains(count), let table = slice(bytes, field(bytes, 32, 8), count * 56) else {
      return nil
    }
    var loaded: [Segment] = []
    for start in stride(from: table.lowerBound, to: table.upperBound, by: 56) {
      guard field(bytes, start, 4) == 1 else { continue }
      let segment = Segment(bytes, start)
      guard segment.fileByteCount <= segment.memoryByteCount else { return nil }
      if segment.memoryByteCount > 0 { loaded.append(segment) }
    }
    loaded.sort { $0.address < $1.address }
    guard let first = loaded.first, let last = loaded.last, loaded.allSatisfy({ $0.isPlaced }),
      zip(loaded, loaded.dropFirst()).allSatisfy({ $0.end <= $1.address }),
      last.end - first.address <= 1 << 30
    else { return nil }

    let virtual = field(bytes, 24, 8)
    let entries = loaded.filter { $0.isExecutable && $0.fileByteCount >= 4 }.compactMap {
      segment -> (header: Int, address: UInt128)? in
      let (start, address) = (segment.virtualAddress, segment.address)
      guard virtual >= start, virtual + 4 <= start + segment.fileByteCount,
        (address + virtual - start) % 4 == 0
      else { return nil }
      return (segment.header, address + virtual - start)
    }
    // Virtual addresses may overlap: then the first in the table has it.
    guard let entry = entries.min(by: { $0.header < $1.header }) else { return nil }
    self.entry = UInt64(entry.address)
    address = UInt64(first.address)
    memoryByteCount = Int(last.end - first.address)
    let fileEnd = loaded.filter { $0.fileByteCount > 0 }.map { $0.address + $0.fileByteCount }
      .max()!
    imageByteCount = Int(fileEnd - first.address)
    guard imageByteCount <= Self.lookedAtByteCountMax else {
      image = []
      return
    }
    var image = [UInt8](repeating: 0, count: imageByteCount)
    for segment in loaded where segment.fileByteCount > 0 {
      let target = Int(segment.address - first.address)
      let content = bytes[segment.file!]
      image.replaceSubrange(target..<target + content.count, with: content)
    }
    self.image = image
  }

  private struct Segment {
    let header: Int
    let isExecutable: Bool
    let virtualAddress, address, fileByteCount, memoryByteCount: UInt128
    let file: Range<Int>?

    var end: UInt128 { address + memoryByteCount }
    var isPlaced: Bool {
      end <= 1 << 48 && memoryByteCount <= 1 << 30 && virtualAddress + memoryByteCount <= 1 << 64
        && (file != nil || fileByteCount == 0)
    }

    init(_ bytes: [UInt8], _ header: Int) {
      self.header = header
      isExecutable = bytes[header + 4] % 2 == 1
      virtualAddress = field(bytes, header + 16, 8)
      address = field(bytes, header + 24, 8)
      fileByteCount = field(bytes, header + 32, 8)
      memoryByteCount = field(bytes, header + 40, 8)
      file = slice(bytes, field(bytes, header + 8, 8), fileByteCount)
    }
  }
}
