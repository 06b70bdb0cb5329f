import CLZ4Boot

/// What lz4boot_inspect says about a source, whether or not it accepts it.
struct SourceInfo {
  let fields: lz4boot_info
  let status: lz4boot_status
  let report: lz4boot_report

  init(_ source: MappedMemory) {
    var fields = lz4boot_info()
    var report = lz4boot_report()
    status = unsafe source.withUnsafeBytes { bytes in
      unsafe lz4boot_inspect(bytes.baseAddress, bytes.count, &fields, &report)
    }
    self.fields = fields
    self.report = report
  }

  /// nil where only decoding can tell.
  var contentByteCount: UInt64? {
    // LZ4BOOT_SIZE_UNKNOWN, a macro that Swift does not import.
    fields.content_size == .max ? nil : fields.content_size
  }

  var hasChecksum: Bool { fields.block_checksums != 0 || fields.content_checksum != 0 }

  var formatName: String {
    switch fields.format {
    case 1: "frame"
    case 2: "legacy"
    case 3: "skippable"
    default: "none"
    }
  }

  /// How the last legacy frame ended.
  var legacyEndName: String {
    switch fields.legacy_end {
    case UInt32(lz4boot_legacy_end_input.rawValue): "input"
    case UInt32(lz4boot_legacy_end_magic.rawValue): "magic"
    case UInt32(lz4boot_legacy_end_zeros.rawValue): "zeros"
    case UInt32(lz4boot_legacy_end_size.rawValue): "size"
    default: "none"
    }
  }
}
