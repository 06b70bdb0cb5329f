/// A flattened device tree is damaged, or deeper than anything that is looked for in it here.
public enum DeviceTreeError: UInt8, Error {
  case truncated = 1
  case wrongMagic = 2
  case unsupportedVersion = 3
  /// A block, token, property or name does not lie where it must.
  case malformed = 4
}

/// The block structure of a flattened device tree (Devicetree Specification 0.4, chapter 5).
///
///     [magic:u32be=0xd00dfeed][totalsize][off_dt_struct][off_dt_strings][off_mem_rsvmap]
///     [version][last_comp_version][boot_cpuid_phys][size_dt_strings][size_dt_struct]
///
/// Only positions are kept; every call takes the bytes again. Whatever they hold, nothing outside
/// them is read, and every walk goes forward by at least one token of four bytes. What several
/// callers share is not inlined: all of this is for the one line that the stub may print, and
/// should be small.
public struct FlattenedDeviceTree: Sendable {
  public static let headerByteCount = 40
  /// The kernel's boot protocol allows no larger tree.
  public static let byteCountMax = 2 << 20

  let structure: Range<Int>
  let strings: Range<Int>

  /// A node, by the position of what follows its name: its properties, then its children.
  public struct Node: Equatable, Sendable {
    let body: Int
  }

  /// `totalsize` of a header, or nil if these are not the first bytes of a device tree.
  public static func byteCount(ofHeader bytes: borrowing Span<UInt8>) -> Int? {
    guard bytes.count >= headerByteCount, bytes.bigEndian32(at: 0) == 0xd00d_feed else {
      return nil
    }
    let byteCount = Int(bytes.bigEndian32(at: 4))
    return byteCount >= headerByteCount && byteCount <= byteCountMax ? byteCount : nil
  }

  /// Checks the header of the tree that `blob` starts with.
  public init(parsing blob: borrowing Span<UInt8>) throws(DeviceTreeError) {
    guard blob.count >= Self.headerByteCount else { throw .truncated }
    guard let byteCount = Self.byteCount(ofHeader: blob) else { throw .wrongMagic }
    guard byteCount <= blob.count else { throw .truncated }
    // Version 17 brought size_dt_struct; all later ones must say that a reader of 17 will do.
    guard blob.bigEndian32(at: 20) >= 17, blob.bigEndian32(at: 24) <= 17 else {
      throw .unsupportedVersion
    }
    structure = try Self.block(
      at: blob.bigEndian32(at: 8), byteCount: blob.bigEndian32(at: 36), limit: byteCount)
    strings = try Self.block(
      at: blob.bigEndian32(at: 12), byteCount: blob.bigEndian32(at: 32), limit: byteCount)
    guard structure.lowerBound % 4 == 0 else { throw .malformed }
  }

  private static func block(
    at offset: UInt32, byteCount: UInt32, limit: Int
  ) throws(DeviceTreeError) -> Range<Int> {
    let start = Int(offset)
    guard start <= limit, Int(byteCount) <= limit - start else { throw .malformed }
    return start..<(start + Int(byteCount))
  }
}
