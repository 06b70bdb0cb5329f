/// The magic numbers that a frame may start with ("Frame Descriptions", "Skippable Frames", "Legacy
/// frame").
enum Magic {
  case frame, legacy, skippable

  private static let frameValue: UInt32 = 0x184D_2204
  private static let legacyValue: UInt32 = 0x184C_2102
  /// "any value from 0x184D2A50 to 0x184D2A5F".
  private static let skippableValue: UInt32 = 0x184D_2A50
  private static let skippableMask: UInt32 = 0xFFFF_FFF0

  @inline(never)
  init?(_ word: UInt32) {
    if word == Self.frameValue {
      self = .frame
    } else if word == Self.legacyValue {
      self = .legacy
    } else if word & Self.skippableMask == Self.skippableValue {
      self = .skippable
    } else {
      return nil
    }
  }

  /// Whether a magic may start with these bytes, 1 to 4 of them, in the low end of `word`.
  static func canStart(with word: UInt32, byteCount: Int) -> Bool {
    let mask = UInt32.max >> UInt32(truncatingIfNeeded: 32 &- 8 &* byteCount)
    return word == frameValue & mask || word == legacyValue & mask
      || word & skippableMask == skippableValue & mask
  }
}
