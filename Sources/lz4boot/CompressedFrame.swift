import CLZ4Boot
import Glibc

/// A frame of independent blocks that was appended to a memory, and what was given for them.
struct CompressedFrame {
  let byteCount: Int
  let form: FrameForm
  /// Bytes of the same frame with linked blocks of 4 MiB, which are for one core only and nearly
  /// always the smallest.
  let linkedByteCount: Int

  /// Compresses `source` and checks that the frame decodes to it; `name` is the source's.
  init(
    _ form: FrameForm, of source: MappedMemory, appendedTo target: MappedMemory, name: String
  ) throws(CommandFailure) {
    let start = target.byteCount
    let linked = form.linked
    let scratch = try MappedMemory(capacity: linked.byteCountMax, for: name)
    var appended: Result<Int, CommandFailure>?
    var measured: Result<Int, CommandFailure>?
    // Only the other frame itself tells what independent blocks cost. It takes as long, but on
    // another core.
    runConcurrently {
      var bar = ProgressBar("compressing")
      appended = appendFrame(form, of: source, to: target, name: name) {
        bar.update(done: $0, total: source.byteCount)
      }
    } beside: {
      measured = appendFrame(linked, of: source, to: scratch, name: name) { _ in }
    }
    byteCount = try appended!.get()
    linkedByteCount = try measured!.get()
    self.form = form
    try Self.verify(target, from: start, against: source, name: name)
  }

  /// Decodes what is about to be written and compares it with the content.
  private static func verify(
    _ memory: MappedMemory, from start: Int, against content: MappedMemory, name: String
  ) throws(CommandFailure) {
    let decoded = try MappedMemory(capacity: content.byteCount, for: name)
    var status = lz4boot_status.ok
    unsafe memory.withUnsafeBytes { bytes in
      let frame = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
      unsafe decoded.append { target in
        var report = lz4boot_report()
        status = unsafe lz4boot_decode(
          frame.baseAddress, frame.count, target.baseAddress, target.count,
          lz4boot_flag_require_checksums.rawValue, &report)
        return Int(report.target_byte_count)
      }
    }
    guard status == .ok, decoded.holdsSameBytes(as: content) else {
      throw .refused(
        name: name, reason: "what was compressed does not decode to itself; this is a bug")
    }
  }

  /// For a summary: the size, its share of what `content` names, and what the choice of blocks cost.
  func summary(of content: String) -> String {
    let share =
      form.blocks.contentByteCount == 0
      ? "" : ", \(percent(byteCount, of: form.blocks.contentByteCount)) of the \(content)"
    return "\(byteCount) bytes\(share) (LZ4 level \(form.level)); \(cost)"
  }

  private var cost: String {
    let difference = byteCount - linkedByteCount
    let amount = "\(abs(difference)) bytes (\(percent(abs(difference), of: linkedByteCount)))"
    return "\(amount) \(difference < 0 ? "less" : "more") than in linked blocks of 4 MiB"
  }
}

/// A share with one decimal.
private func percent(_ part: Int, of whole: Int) -> String {
  let permille = (part * 1000 + whole / 2) / whole
  return "\(permille / 10).\(permille % 10) %"
}

extension MappedMemory {
  fileprivate func holdsSameBytes(as other: MappedMemory) -> Bool {
    unsafe withUnsafeBytes { bytes in
      unsafe other.withUnsafeBytes { otherBytes in
        unsafe bytes.count == otherBytes.count
          && memcmp(bytes.baseAddress!, otherBytes.baseAddress!, bytes.count) == 0
      }
    }
  }
}
