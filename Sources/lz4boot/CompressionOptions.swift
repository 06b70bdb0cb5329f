import ArgumentParser

/// The options of everything that compresses.
struct CompressionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Compression level, 1 to 12.", valueName: "n"))
  var level = 12

  @Option(
    help: ArgumentHelp(
      "Bytes per block. auto takes 64K below 4 MiB of content, 256K below 64 MiB, 1M below 256 MiB, "
        + "else 4M.", valueName: "size"))
  var blockSize = BlockSizeChoice.auto

  func validate() throws {
    guard (1...12).contains(level) else { throw ValidationError("--level takes 1 to 12") }
  }

  func form(contentByteCount: Int) -> FrameForm {
    let size = blockSize.size ?? .inParallel(contentByteCount: contentByteCount)
    let blocks = BlockLayout(contentByteCount: contentByteCount, size: size)
    return FrameForm(blocks: blocks, level: level)
  }
}

/// `--block-size`.
struct BlockSizeChoice: ExpressibleByArgument {
  static let auto = BlockSizeChoice(size: nil)
  static let allValueStrings = [auto.defaultValueDescription] + BlockSize.allCases.map(\.rawValue)

  /// nil for what decodes best in parallel.
  let size: BlockSize?

  var defaultValueDescription: String { size?.rawValue ?? "auto" }

  private init(size: BlockSize?) {
    self.size = size
  }

  init?(argument: String) {
    size = BlockSize(rawValue: argument)
    guard size != nil || argument == Self.auto.defaultValueDescription else { return nil }
  }
}
