import Glibc

/// Writes the seeds: `seeds FOLDER` makes a folder for every target in it.
@main
enum Seeds {
  static func main() {
    let folder = CommandLine.arguments[1]
    let small = sources.filter { $0.count < 4096 }
    for target in ["frame", "split", "in_place", "inspect", "peek"] {
      write(sources, for: target, in: folder)
      write(damaged, for: target, in: folder, choices: [unrepaired])
    }
    write(blocks, for: "block", in: folder)
    write(small + teamSources, for: "team", in: folder, choices: teamChoices)
    write(kernels + small + damaged + [sizeThatIsABlocks], for: "kernel", in: folder)
    write(kernels + kernelFiles, for: "kernel", in: folder, choices: [[1, 0, 0, 0, 0, 0, 0, 0]])
    write(trees, for: "device_tree", in: folder)
    // With everything put in, and nearly nothing.
    for which: UInt8 in [0, 3, 7] {
      write(openTrees, for: "device_tree", in: folder, choices: [[0, which, 8, 17, 1, 0, 0, 0]])
    }
    write(treesWithWrongSizes, for: "device_tree", in: folder, choices: [[0, 7, 0, 0, 0, 0, 0, 0]])
    write([packed] + kernelFiles, for: "image", in: folder)
    write(boots, for: "stub", in: folder, choices: bootChoices)
    write(contents, for: "compress", in: folder, choices: contentChoices)
    write(calls, for: "calls", in: folder, choices: [[]])
  }

  private static let unrepaired: [UInt8] = [7, 4, 0, 0, 0, 0, 0, 0]
  /// Choices that repair the source and decode it with enough room, and others.
  private static let choices: [[UInt8]] = [
    [0, 0, 0, 0, 0, 0, 0, 0], [0, 2, 2, 1, 9, 3, 2, 1], unrepaired, [0, 3, 3, 3, 1, 5, 0, 0],
    [1, 0, 6, 1, 40, 2, 3, 9],
  ]
  /// With as many threads as there are, apart, in place and with less room.
  private static let teamChoices: [[UInt8]] = [
    [0, 7, 0, 0, 0, 0, 0, 0], [0, 7, 0, 6, 0, 0, 0, 0], [0, 7, 3, 0, 0, 0, 0, 0],
    [0, 6, 0, 6, 0, 0, 0, 0], [7, 3, 1, 5, 200, 0, 0, 0], [0, 3, 3, 90, 3, 0, 0, 0],
  ]
  /// One by one what can be different: what is packed, flags and address, damage, the place of the device
  /// tree, the firmware, the exception level, the console, the place of the Image.
  static let bootChoices: [[UInt8]] = [
    [0], [4], [0x30], [8], [0x3c], [1], [2], [0, 1], [4, 5], [0x3c, 7], [0, 2], [0, 0x78],
    [0, 0x80],
    [1, 0x80], [2, 0x81], [3, 0x90], [0, 0, 31], [3, 9, 31], [0, 0, 0, 13], [8, 0, 0, 14],
    [0, 0, 0, 15], [0, 0, 0, 0, 2], [0, 0, 0, 0, 3], [0, 0, 0, 0, 4], [0, 0, 0, 0, 5],
    [0, 0, 0, 0, 0, 1], [0, 2, 0, 0, 0, 0, 255], [0, 0, 0, 0, 0, 0, 0, 31],
  ].map { $0 + [UInt8](repeating: 0, count: 8 - $0.count) }
  /// Blocks of content, bytes more or fewer, block size, level, bytes in front.
  private static let contentChoices: [[UInt8]] = [
    [0, 0, 0, 0, 0, 0, 0, 0], [1, 128, 0, 11, 9, 0, 0, 0], [3, 127, 0, 2, 0, 0, 0, 0],
    [4, 129, 1, 8, 1, 0, 0, 0], [2, 0, 2, 5, 0, 0, 0, 0], [1, 0, 4, 3, 3, 0, 0, 0],
  ]
  nonisolated(unsafe) private static var fileCount = 0

  /// Every seed once, with each choice in turn.
  private static func write(
    _ seeds: [[UInt8]], for target: String, in folder: String, choices: [[UInt8]] = choices
  ) {
    unsafe mkdir("\(folder)/\(target)", 0o777)
    for (index, seed) in seeds.enumerated() {
      let bytes = choices[index % choices.count] + seed
      unsafe fileCount += 1
      let path = unsafe "\(folder)/\(target)/\(fileCount)"
      let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
      let written = unsafe Glibc.write(descriptor, bytes, bytes.count)
      guard written == bytes.count, close(descriptor) == 0 else { fail("cannot write \(path)") }
    }
  }
}
