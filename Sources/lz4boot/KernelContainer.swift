import BootFormats

/// What a file holds a kernel in, and the part of it that is the kernel, compressed or not.
struct KernelContainer {
  /// For the summary, in front of what the kernel is.
  let origin: String
  let bootImage: AndroidBootImage?
  private let file: InputFile
  private let zboot: EFIZboot?

  private var part: FileSection? { zboot?.payload ?? bootImage?.kernel }

  /// A file in no container is all kernel.
  init(_ file: InputFile) throws(CommandFailure) {
    self.file = file
    zboot = try Self.zboot(file)
    bootImage = try zboot == nil ? Self.bootImage(file) : nil
    origin =
      zboot != nil
      ? "EFI zboot image, " : bootImage.map { "Android boot image v\($0.version), " } ?? ""
  }

  /// The kernel, the name of the LZ4 format that it was in, and how a sentence about it starts.
  func unpacked() throws(CommandFailure) -> (MappedMemory, format: String?, what: String) {
    guard let part else {
      guard let (content, format) = try Self.decoded(file) else {
        return (file.memory, nil, "this is")
      }
      return (content, format, "the LZ4 data holds")
    }
    let source = InputFile(
      name: file.name, memory: try MappedMemory(copying: part, of: file.memory, for: file.name))
    let place = "at byte \(part.offset)"
    do throws(CommandFailure) {
      if let (content, format) = try Self.decoded(source) {
        return (content, format, "the LZ4 data \(place) holds")
      }
    } catch {
      guard case .refused(let name, let reason) = error else { throw error }
      throw .refused(name: name, reason: "the LZ4 data \(place): \(reason)")
    }
    guard zboot == nil else {
      let kind = source.memory.withSpan { ContentKind(of: $0)?.name ?? "something else" }
      throw .refused(
        name: file.name,
        reason: "the zboot payload, \(part.byteCount) bytes \(place), is \(kind), not LZ4 data")
    }
    return (source.memory, nil, "the kernel, \(part.byteCount) bytes \(place), is")
  }

  /// nil where the source is no LZ4 data.
  private static func decoded(_ source: InputFile) throws(CommandFailure)
    -> (MappedMemory, format: String)?
  {
    let info = SourceInfo(source.memory)
    guard source.byteCount >= 4, info.status != .unknown_format else { return nil }
    return (
      try Decoding(source).output, info.formatName == "legacy" ? "legacy LZ4" : "LZ4 frame"
    )
  }

  private static func zboot(_ file: InputFile) throws(CommandFailure) -> EFIZboot? {
    try file.memory.withSpan { (bytes) throws(CommandFailure) in
      let zboot: EFIZboot
      do throws(LocatedError<EFIZbootError>) {
        zboot = try EFIZboot(parsing: bytes)
      } catch {
        guard error.cause != .wrongMagic else { return nil }
        throw .refused(
          name: file.name,
          reason: "this is an EFI zboot image that cannot be packed: \(error.reason)")
      }
      guard zboot.isLZ4 else {
        throw .refused(name: file.name, reason: reason(otherCompressionOf: zboot, bytes))
      }
      return zboot
    }
  }

  private static func reason(otherCompressionOf zboot: EFIZboot, _ bytes: Span<UInt8>) -> String {
    let name = bytes.text(zboot.compression)
    // The names are those of comp-type-y in the kernel's Makefile.zboot.
    let tools = [
      "gzip": "gzip -d", "lzma": "xz -d -F lzma", "lzo": "lzop -d", "xzkern": "xz -d",
      "zstd": "zstd -d", "zstd22": "zstd -d",
    ]
    let advice = tools[name].map { tool in
      "; unpack its \(zboot.payload.byteCount) bytes at byte \(zboot.payload.offset) "
        + "with \(tool) first"
    }
    return "this is an EFI zboot image compressed with \"\(name)\", not lz4" + (advice ?? "")
  }

  private static func bootImage(_ file: InputFile) throws(CommandFailure) -> AndroidBootImage? {
    try file.memory.withSpan { (bytes) throws(CommandFailure) in
      do throws(LocatedError<AndroidBootImageError>) {
        return try AndroidBootImage(parsing: bytes)
      } catch {
        guard error.cause != .wrongMagic else { return nil }
        throw .refused(
          name: file.name,
          reason: "this is an Android boot image that cannot be packed: \(error.reason)")
      }
    }
  }
}

extension Span<UInt8> {
  /// The printable characters of a field, with ? for others.
  fileprivate func text(_ section: FileSection) -> String {
    let bytes = (section.offset..<section.offset + section.byteCount).map { self[$0] }
    return String(decoding: bytes.map { (0x20...0x7e).contains($0) ? $0 : 0x3f }, as: UTF8.self)
  }
}
