/// The bytes of hexadecimal digits; nothing but `-` is no bytes.
func bytes(hex: some StringProtocol) -> [UInt8] {
  guard hex != "-" else { return [] }
  let digits = hex.compactMap(\.hexDigitValue)
  precondition(digits.count == hex.count && digits.count % 2 == 0, "not hexadecimal: \(hex)")
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
