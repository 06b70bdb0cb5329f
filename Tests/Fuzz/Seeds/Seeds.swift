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
    write(images + kernelFiles, for: "image", in: folder)
    // Template, fault, memory of its own, placement, parts.
    for choices in [
      [1], [1, 11], [1, 12], [1, 13], [1, 14], [1, 15], [0, 0, 3], [0, 0, 3, 1], [0, 0, 0, 1],
    ] as [[UInt8]] {
      write(layouts, for: "image", in: folder, choices: [padded(choices)])
    }
    write(boots, for: "stub", in: folder, choices: bootChoices)
    write(bootsOfManyTables, for: "stub", in: folder, choices: [[0], [64]].map(padded))
    write(programs, for: "stub", in: folder, choices: [padded([64])])
    write(largeTrees, for: "stub", in: folder, choices: [[0], [129]].map(padded))
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
  /// One by one: flags, what is damaged, the exception level and the console, the firmware, the place of
  /// the Image, the place of the device tree.
  static let bootChoices: [[UInt8]] = [
    [0], [1], [2], [4], [8], [16], [32], [64], [128], [0xEF], [0, 31], [0, 30], [0, 29], [8, 29],
    [16, 30], [0, 0, 1], [3, 0, 0, 2], [3, 0, 0, 3], [3, 0, 0, 4], [3, 0, 0, 5], [0, 0, 0, 0, 31],
    [1, 0, 0, 0, 0, 10], [0, 0, 0, 0, 0, 11], [0, 0, 0, 0, 0, 12], [0, 0, 0, 0, 0, 13],
    [3, 0, 0, 0, 0, 14], [3, 0, 0, 0, 0, 15], [3, 0, 255], [7],
  ].map(padded)

  private static func padded(_ choices: [UInt8]) -> [UInt8] {
    choices + [UInt8](repeating: 0, count: 8 - choices.count)
  }

  /// Blocks of content, bytes more or fewer, block size, level, bytes in front.
  private static let contentChoices: [[UInt8]] = [
    [0, 0, 0, 0, 0, 0, 0, 0], [1, 128, 0, 11, 9, 0, 0, 0], [3, 127, 0, 2, 0, 0, 0, 0],
    [4, 129, 1, 8, 1, 0, 0, 1], [2, 0, 2, 5, 0, 0, 0, 1], [1, 0, 4, 3, 3, 0, 0, 0],
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
