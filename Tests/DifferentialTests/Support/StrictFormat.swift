/// The end-of-block rules of the format, which liblz4 may hold a block to and lz4boot does not: a
/// block with matches ends with five literals, and its last match starts twelve bytes before its
/// end.
func keepsEndOfBlockRules(_ block: [UInt8]) -> Bool {
  var position = 0
  var produced = 0
  var lastMatchStart: Int?
  func length(_ nibble: UInt8) -> Int {
    var length = Int(nibble)
    guard nibble == 15 else { return length }
    repeat {
      position += 1
      length += Int(block[position - 1])
    } while block[position - 1] == 255
    return length
  }
  // The block is valid otherwise, so nothing here runs out of it.
  while true {
    let token = block[position]
    position += 1
    let literalCount = length(token >> 4)
    position += literalCount
    produced += literalCount
    if position == block.count {
      guard let lastMatchStart else { return true }
      return literalCount >= 5 && produced - lastMatchStart >= 12
    }
    position += 2
    lastMatchStart = produced
    produced += length(token & 15) + 4
  }
}
