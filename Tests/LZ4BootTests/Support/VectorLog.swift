import CLZ4Boot
import Foundation
import Synchronization

/// Writes down what calls were made and what came of them, so that Tests/TargetTests/vectors.c can repeat them on another
/// archive: to the file that LZ4BOOT_VECTORS names, if it is set. Each is written once, none if it takes over 64 KiB.
///
/// The layout is that of `struct vector` there, then the source, padded to 8 bytes.
enum VectorLog {
  enum Call: UInt32 { case source, block, peek, inspect }

  private static let byteCountMax = 1 << 16
  /// Several test modules append to the same file: each vector is a single write.
  private static let file: Int32? = ProcessInfo.processInfo.environment["LZ4BOOT_VECTORS"].map {
    let file = unsafe open($0, O_WRONLY | O_CREAT | O_APPEND, 0o666)
    precondition(file >= 0, "cannot write \($0)")
    return file
  }
  private static let written = Mutex<Set<[UInt8]>>([])

  /// - Parameter output: what is to be compared besides the report.
  static func add(
    _ call: Call, _ source: [UInt8], capacity: Int, flags: UInt32 = 0, _ report: lz4boot_report,
    output: UnsafeRawBufferPointer
  ) {
    guard let file, source.count + capacity <= byteCountMax else { return }
    var vector: [UInt8] = []
    func append<Value>(_ value: Value) {
      unsafe withUnsafeBytes(of: value) { unsafe vector.append(contentsOf: $0) }
    }
    append(call.rawValue)
    append(flags)
    append(UInt64(source.count))
    append(UInt64(capacity))
    append(report)
    append(unsafe fnv1a(output))
    vector += source
    vector += [UInt8](repeating: 0, count: -source.count & 7)
    guard written.withLock({ $0.insert(vector).inserted }) else { return }
    let count = unsafe write(file, vector, vector.count)
    precondition(count == vector.count, "a vector is not written")
  }

  private static func fnv1a(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    unsafe bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
