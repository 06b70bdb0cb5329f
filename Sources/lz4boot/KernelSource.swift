import BootFormats
import CLZ4Boot

/// The arm64 Image to be packed, whatever it came in.
struct KernelSource {
  /// The file, as messages call it.
  let name: String
  /// What the file was: for the summary.
  let origin: String
  let image: MappedMemory
  let header: Arm64Image

  /// Takes a raw Image, or LZ4 data that holds one.
  init(_ file: InputFile) throws(CommandFailure) {
    name = file.name
    guard file.byteCount > 0 else { throw .refused(name: name, reason: "the file is empty") }
    let info = SourceInfo(file.memory)
    if file.byteCount >= 4, info.status != .unknown_format {
      image = try Decoding(file).output
      origin = info.formatName == "legacy" ? "legacy LZ4" : "LZ4 frame"
      header = try Self.header(of: image, name: name, what: "the LZ4 data holds")
    } else {
      image = file.memory
      origin = "raw Image"
      header = try Self.header(of: image, name: name, what: "this is")
    }
  }

  private static func header(of image: MappedMemory, name: String, what: String)
    throws(CommandFailure) -> Arm64Image
  {
    try image.withSpan { (bytes) throws(CommandFailure) in
      let header: Arm64Image
      do throws(Arm64ImageError) {
        header = try Arm64Image(parsing: bytes)
      } catch {
        throw .refused(name: name, reason: reason(error, bytes, what: what))
      }
      guard !PackedImage.isPacked(bytes) else {
        throw .refused(name: name, reason: "\(what) a self-extracting Image already")
      }
      if let extent = PEExtent.fileByteCount(of: bytes), extent > UInt64(bytes.count) {
        throw .refused(
          name: name, reason: "the Image is cut off: it has \(bytes.count) bytes of \(extent)")
      }
      return header
    }
  }

  private static func reason(_ error: Arm64ImageError, _ bytes: Span<UInt8>, what: String) -> String
  {
    switch error {
    case .wrongMagic, .truncated:
      guard let kind = ContentKind(of: bytes) else {
        return "\(what) not an arm64 Image: it has no ARM\\x64 at byte 56"
      }
      return "\(what) \(kind.name), not an arm64 Image" + (kind.advice.map { "; \($0)" } ?? "")
    case .imageSizeMissing:
      return "the Image has image_size 0, so nobody can tell how much memory it needs"
    case .bigEndian:
      return "the Image is a big-endian kernel, which the stub cannot start"
    case .textOffsetTooLarge:
      return "the Image has a text_offset of 2 MiB or more"
    }
  }
}
