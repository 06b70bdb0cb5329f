import BootFormats

/// The kernel to be packed, whatever it came in.
///
/// A file is one of `[container: part [LZ4: kernel]]`, `[container: kernel]`, `[LZ4: kernel]` and
/// `[kernel]`, where the kernel is an Image or an ELF file: nothing is unpacked more often than that.
struct KernelSource {
  /// The file, as messages call it.
  let name: String
  /// What the file was: for the summary.
  let origin: String
  /// The bytes of the kernel, as they lie in memory.
  let image: MappedMemory
  let placement: PackedImage.Placement
  /// What else the file holds, if it is an Android boot image.
  let bootImage: AndroidBootImage?

  /// Finds the kernel by what the bytes are, not by the file's name.
  init(_ file: InputFile) throws(CommandFailure) {
    guard file.byteCount > 0 else { throw .refused(name: file.name, reason: "the file is empty") }
    let container = try KernelContainer(file)
    let (content, format, what) = try container.unpacked()
    name = file.name
    bootImage = container.bootImage
    if content.withSpan({ $0.isELF }) {
      (image, placement) = try Self.program(in: content, name: file.name, what: what)
      origin = container.origin + (format.map { "\($0) of an ELF file" } ?? "ELF file")
    } else {
      image = content
      placement = .image(try Self.header(of: content, name: file.name, what: what))
      origin = container.origin + (format ?? "raw Image")
    }
  }

  /// What of the file is not used, for the summary.
  var unused: [String] {
    guard let bootImage else { return [] }
    let parts = [
      ("ramdisk", bootImage.ramdisk), ("command line", bootImage.commandLine),
      ("rest of the command line", bootImage.extraCommandLine),
      ("device tree", bootImage.deviceTree),
    ]
    return parts.filter { $0.1.byteCount > 0 }.map { name, section in
      "\(name) of the boot image, \(section.byteCount) bytes at byte \(section.offset)"
    }
  }

  private static func program(in content: MappedMemory, name: String, what: String)
    throws(CommandFailure) -> (MappedMemory, PackedImage.Placement)
  {
    try content.withSpan { (bytes) throws(CommandFailure) in
      let program: ELF64
      do throws(LocatedError<ELF64Error>) {
        program = try ELF64(parsing: bytes)
      } catch {
        throw .refused(
          name: name, reason: "\(what) an ELF file that cannot be packed: \(error.reason)")
      }
      let byteCount = Int(program.imageByteCount)
      let image = try MappedMemory(capacity: byteCount, for: name)
      image.pad(to: byteCount)
      image.withMutableSpan { program.copySegments(of: bytes, to: &$0) }
      return (
        image,
        .fixed(
          address: program.address, memoryByteCount: program.memoryByteCount,
          entryOffset: program.entryOffset)
      )
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
        let whole = extent == .max ? ", not even all of its headers" : " of \(extent)"
        throw .refused(
          name: name, reason: "the Image is cut off: it has \(bytes.count) bytes\(whole)")
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
      return "\(what) \(kind.name), not an arm64 Image\(kind.andAdvice)"
    case .imageSizeMissing:
      return "the Image has image_size 0, so nobody can tell how much memory it needs"
    case .bigEndian:
      return "the Image is a big-endian kernel, which the stub cannot start"
    case .textOffsetTooLarge:
      return "the Image has a text_offset of 2 MiB or more"
    }
  }
}

extension Span<UInt8> {
  /// How an ELF file starts, be it one that can be packed or not.
  fileprivate var isELF: Bool {
    count >= 4 && self[0] == 0x7f && self[1] == 0x45 && self[2] == 0x4c && self[3] == 0x46
  }
}
