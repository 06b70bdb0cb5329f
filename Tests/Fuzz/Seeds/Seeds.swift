import Glibc

/// Writes the seeds: `seeds FOLDER` makes a folder for every target in it.
@main
enum Seeds {
  static func main() {
    let folder = CommandLine.arguments[1]
    write(blocks, for: ["block"], in: folder)
    write(sources, for: ["frame", "split", "in_place", "inspect", "peek"], in: folder)
    write(sources.filter { $0.count < 4096 } + teamSources, for: ["team"], in: folder)
    write(kernels + sources.filter { $0.count < 4096 }, for: ["kernel"], in: folder)
    write(trees, for: ["device_tree"], in: folder)
    write(images, for: ["image"], in: folder)
    write(calls, for: ["calls"], in: folder, choices: [[]])
  }

  /// Choices that repair the source and decode it with enough room, and others.
  private static let choices: [[UInt8]] = [
    [0, 0, 0, 0, 0, 0, 0, 0], [0, 2, 2, 1, 9, 3, 2, 1], [7, 4, 8, 2, 3, 0, 1, 2],
    [0, 3, 3, 3, 1, 5, 0, 0], [1, 0, 6, 1, 40, 2, 3, 9],
  ]

  /// Every seed once, with each choice in turn.
  private static func write(
    _ seeds: [[UInt8]], for targets: [String], in folder: String, choices: [[UInt8]] = choices
  ) {
    for target in targets {
      unsafe mkdir("\(folder)/\(target)", 0o777)
      for (index, seed) in seeds.enumerated() {
        let bytes = choices[index % choices.count] + seed
        let path = "\(folder)/\(target)/\(index)"
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
        let written = unsafe Glibc.write(descriptor, bytes, bytes.count)
        guard written == bytes.count, close(descriptor) == 0 else { fail("cannot write \(path)") }
      }
    }
  }
}
