import Foundation

/// Kinds of data that compress in different ways; every one is the same for the same seed.
enum Shape: String, CaseIterable {
  case text, machineCode, executable, noise, zeros, mixed

  func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SplitMix64(seed: seed)
    switch self {
    case .text: return Self.text(count, using: &generator)
    case .machineCode: return Self.machineCode(count, using: &generator)
    case .executable: return Self.executable(count)
    case .noise: return generator.bytes(count)
    case .zeros: return [UInt8](repeating: 0, count: count)
    case .mixed:
      var bytes: [UInt8] = []
      while bytes.count < count {
        let part = min(count - bytes.count, 1 + generator.below(9000))
        let shapes: [Shape] = [.text, .machineCode, .noise, .zeros]
        bytes += shapes[generator.below(4)].bytes(part, seed: generator.next())
      }
      return bytes
    }
  }

  private static func text(_ count: Int, using generator: inout SplitMix64) -> [UInt8] {
    let words = "the of boot kernel a device tree memory at init from for is no driver page in"
      .split(separator: " ").map { [UInt8]($0.utf8) }
    var bytes: [UInt8] = []
    while bytes.count < count {
      bytes += words[generator.below(words.count)]
      bytes.append(generator.below(9) == 0 ? 10 : 32)
    }
    return [UInt8](bytes.prefix(count))
  }

  /// Words that look like AArch64: few opcodes, few registers, small immediates.
  private static func machineCode(_ count: Int, using generator: inout SplitMix64) -> [UInt8] {
    let opcodes: [UInt32] = [
      0xA9BF_7BFD, 0x9100_03FD, 0xF940_0000, 0xF900_0000, 0x9400_0000, 0xB400_0000, 0xD65F_03C0,
      0xAA00_03E0, 0xD503_201F, 0x5280_0000,
    ]
    var bytes: [UInt8] = []
    while bytes.count < count {
      var word = opcodes[generator.below(opcodes.count)]
      if generator.below(3) > 0 {
        word |= UInt32(generator.below(32)) | UInt32(generator.below(64)) << 10
      }
      for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(word >> shift & 0xFF)) }
    }
    return [UInt8](bytes.prefix(count))
  }

  /// Real code of this machine, repeated if it is short; machine words where there is none.
  private static func executable(_ count: Int) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: "/bin/sh"), !data.isEmpty else {
      return Shape.machineCode.bytes(count, seed: 1)
    }
    let bytes = [UInt8](data.prefix(count))
    return (0..<count).map { bytes[$0 % bytes.count] }
  }
}

/// A pattern of `period` bytes, over and over.
func periodic(_ count: Int, period: Int) -> [UInt8] {
  let pattern = randomBytes(period, seed: UInt64(period))
  return (0..<count).map { pattern[$0 % period] }
}
