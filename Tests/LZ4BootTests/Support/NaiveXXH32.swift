/// XXH32 as its specification reads, one byte at a time; independent of the decoder's.
func naiveXXH32(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
  let prime1: UInt32 = 2_654_435_761
  let prime2: UInt32 = 2_246_822_519
  let prime3: UInt32 = 3_266_489_917
  let prime4: UInt32 = 668_265_263
  let prime5: UInt32 = 374_761_393
  func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
    (value << count) | (value >> (32 - count))
  }
  func word(_ index: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << UInt32(8 * $1) }
  }
  var index = 0
  var hash = seed &+ prime5
  if bytes.count >= 16 {
    var lanes = [seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1]
    while bytes.count - index >= 16 {
      for lane in 0..<4 {
        let sum = lanes[lane] &+ word(index + 4 * lane) &* prime2
        lanes[lane] = rotate(sum, 13) &* prime1
      }
      index += 16
    }
    hash = rotate(lanes[0], 1) &+ rotate(lanes[1], 7)
    hash = hash &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
  }
  hash = hash &+ UInt32(truncatingIfNeeded: bytes.count)
  while bytes.count - index >= 4 {
    hash = rotate(hash &+ word(index) &* prime3, 17) &* prime4
    index += 4
  }
  for byte in bytes[index...] {
    hash = rotate(hash &+ UInt32(byte) &* prime5, 11) &* prime1
  }
  hash = (hash ^ (hash >> 15)) &* prime2
  hash = (hash ^ (hash >> 13)) &* prime3
  return hash ^ (hash >> 16)
}
