import CLibSodium
import Glibc

/// Bytes that nobody is to see: kept out of swap where the system allows it, between guard pages, and
/// overwritten at the end.
@safe
final class SecretMemory {
  let byteCount: Int
  private let start: UnsafeMutablePointer<UInt8>

  /// Reserves memory; `name` is the file that it is for.
  init(byteCount: Int, for name: String) throws(CommandFailure) {
    // sodium_init may be called again; it is 1 then.
    guard sodium_init() >= 0, let memory = unsafe sodium_malloc(byteCount) else {
      throw .system(name: name, action: "cannot reserve memory for a key", code: ENOMEM)
    }
    self.byteCount = byteCount
    unsafe start = memory.assumingMemoryBound(to: UInt8.self)
  }

  deinit {
    unsafe sodium_free(start)
  }

  func withUnsafePointer<Result>(_ body: (UnsafeMutablePointer<UInt8>) -> Result) -> Result {
    unsafe body(start)
  }
}
