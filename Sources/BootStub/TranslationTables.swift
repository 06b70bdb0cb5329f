import BootStubEntry

/// What the stub may do with some memory. Nothing is both written and executed.
enum AccessRights {
  case readExecute
  case readOnly
  case readWrite
}

/// Translation tables of one stage, 4 KiB granule, 48-bit addresses, four levels, every address
/// mapped to itself as Normal memory (Arm ARM, "VMSAv8-64 translation table format descriptors").
///
/// They lie in the stub's work area and are written with the MMU off.
@safe
struct TranslationTables {
  private typealias Table = UnsafeMutablePointer<UInt64>
  private static let entryCount = 512
  /// Address bits that a level-3 and a level-2 entry do not decide.
  private static let pageShift: UInt64 = 12
  private static let blockShift: UInt64 = 21

  private let root: Table
  private let end: Table
  /// Where the next table is made.
  private var free: Table
  /// The attributes that all have, and those that forbid execution.
  private let common: UInt64
  private let executeNever: UInt64

  /// - Parameter unsafeMemory: `STUB_TABLE_COUNT` pages, aligned to a page, of which the first is 0.
  init(unsafeMemory: UnsafeMutablePointer<UInt64>, usesEL2Format: Bool) {
    // 10 is the access flag, 9:8 the shareability (inner), 4:2 the index into MAIR (0).
    let normal: UInt64 = 1 << 10 | 0b11 << 8
    // At EL1, UXN (54) always, as EL0 has no business here; PXN (53) is for this exception level. At
    // EL2 there is one XN (54), and AP[1] (6) is RES1.
    common = normal | (usesEL2Format ? 1 << 6 : 1 << 54)
    executeNever = usesEL2Format ? 1 << 54 : 1 << 53
    unsafe root = unsafeMemory
    unsafe end = unsafeMemory + Int(STUB_TABLE_COUNT) * Self.entryCount
    unsafe free = unsafeMemory + Self.entryCount
  }

  /// Maps the pages that hold what lies from `start` to `end` to themselves: blocks of 2 MiB where
  /// they fit, else pages.
  @inline(never)
  mutating func map(_ start: UInt64, _ end: UInt64, _ rights: AccessRights) {
    var attributes = common
    if rights != .readExecute { attributes |= executeNever }
    // AP[2]
    if rights != .readWrite { attributes |= 1 << 7 }
    var address = start & ~((1 << Self.pageShift) &- 1)
    // Ends: every round goes on by a page at least.
    while address < end {
      let isBlock =
        address % (1 << Self.blockShift) == 0 && (end &- address) >> Self.blockShift != 0
      let lastShift = isBlock ? Self.blockShift : Self.pageShift
      var table = unsafe root
      var shift: UInt64 = 39
      while true {
        // SAFETY: tables have 512 entries.
        let entry = unsafe table + Int(truncatingIfNeeded: address &>> shift & 511)
        guard shift != lastShift else {
          // [63:48 upper attributes][47:12 address][11:2 lower attributes][0b01: block, 0b11: page]
          unsafe entry.pointee = address | attributes | (isBlock ? 0b01 : 0b11)
          break
        }
        // [47:12 address][0b11: table]
        if unsafe entry.pointee == 0 { unsafe entry.pointee = makeTable() | 0b11 }
        unsafe table = Table(bitPattern: UInt(entry.pointee & ~0xfff)).unsafelyUnwrapped
        shift &-= 9
      }
      address &+= 1 &<< lastShift
    }
  }

  /// Levels 0, 1 and 2 need at most 1, 2 and 2 tables for an Image below 1 GiB. Pages are needed
  /// only in the 2 MiB around the ends of stub, payload, work area (two), kernel and initrd: 6 at
  /// most. A program elsewhere needs 4 more, but no tables around a kernel in the Image.
  private mutating func makeTable() -> UInt64 {
    precondition(unsafe free != end, "more tables than a 1 GiB Image can need")
    let table = unsafe free
    unsafe free += Self.entryCount
    // SAFETY: it lies in front of `end`.
    var entry = unsafe table
    repeat {
      unsafe entry.pointee = 0
      unsafe entry += 1
    } while unsafe entry != free
    return UInt64(UInt(bitPattern: table))
  }
}
