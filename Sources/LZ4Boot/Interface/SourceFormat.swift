/// Of `lz4boot_report.format`.
enum SourceFormat: UInt32 {
  case none, frame, legacy, skippable, rawBlock
}
