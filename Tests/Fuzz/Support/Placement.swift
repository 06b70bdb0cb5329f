/// Where a source lies inside its target.
struct Placement {
  let capacity: Int
  let sourceStart: Int
  /// How far the source ends behind the end of the output.
  let margin: Int

  /// With the margin that is enough, or one around it.
  init(
    of source: [UInt8], outputByteCount: Int, enough: Int, choosingFrom input: inout FuzzInput
  ) {
    let wanted = [enough, enough, enough - 1, input.choice(below: 256) - 128]
    let end = outputByteCount + wanted[input.choice(below: 4)]
    sourceStart = max(0, end - source.count)
    margin = sourceStart + source.count - outputByteCount
    capacity =
      max(sourceStart + source.count, outputByteCount) + [0, 0, 1, 40][input.choice(below: 4)]
  }

  /// The target with the source in it.
  func memory(_ source: [UInt8]) -> HeapBytes {
    let memory = HeapBytes(capacity, filledWith: 0xEE)
    memory.put(source[...], at: sourceStart)
    return memory
  }
}
