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
  private static let entryCount = 512
  private static let pageByteCount: UInt64 = 4 << 10
  private static let blockByteCount: UInt64 = 2 << 20

  private let memory: UnsafeMutablePointer<UInt64>
  private let usesEL2Format: Bool
  private var tableCount = 0

  /// - Parameter unsafeMemory: `STUB_TABLE_COUNT` pages, aligned to a page.
  init(unsafeMemory: UnsafeMutablePointer<UInt64>, usesEL2Format: Bool) {
    unsafe memory = unsafeMemory
    self.usesEL2Format = usesEL2Format
    _ = makeTable()
  }

  /// Maps the pages that hold what lies from `start` to `end` to themselves: blocks of 2 MiB where
  /// they fit, else pages.
  mutating func map(_ start: UInt64, _ end: UInt64, _ rights: AccessRights) {
    let attributes = attributes(for: rights)
    var address = start & ~(Self.pageByteCount &- 1)
    // Ends: every round goes on by a page at least.
    while address < end {
      let isBlock =
        address % Self.blockByteCount == 0 && end &- address >= Self.blockByteCount
      var table = 0
      for level in 0..<(isBlock ? 2 : 3) {
        table = nextTable(in: table, at: index(of: address, level: level))
      }
      if isBlock {
        // Level 2, [63:48 upper attributes][47:21 address][11:2 lower attributes][0b01: block]
        set(address | attributes | 0b01, in: table, at: index(of: address, level: 2))
        address &+= Self.blockByteCount
      } else {
        // Level 3, [63:48 upper attributes][47:12 address][11:2 lower attributes][0b11: page]
        set(address | attributes | 0b11, in: table, at: index(of: address, level: 3))
        address &+= Self.pageByteCount
      }
    }
  }

  /// Bits 54 and 53 forbid execution, 7:6 are AP, 9:8 the shareability, 10 the access flag, 4:2 the
  /// index into MAIR (0).
  private func attributes(for rights: AccessRights) -> UInt64 {
    let accessed: UInt64 = 1 << 10
    let innerShareable: UInt64 = 0b11 << 8
    let readOnly: UInt64 = rights == .readWrite ? 0 : 1 << 7
    let common = accessed | innerShareable | readOnly
    if usesEL2Format {
      // One exception level, so there is one XN (54), and AP[1] (6) is RES1.
      return common | 1 << 6 | (rights == .readExecute ? 0 : 1 << 54)
    }
    // UXN (54) always, as EL0 has no business here; PXN (53) is for this exception level.
    return common | 1 << 54 | (rights == .readExecute ? 0 : 1 << 53)
  }

  private func index(of address: UInt64, level: Int) -> Int {
    Int(truncatingIfNeeded: address >> UInt64(39 &- 9 &* level)) & (Self.entryCount &- 1)
  }

  /// The table one level below, which is made if there is none.
  private mutating func nextTable(in table: Int, at index: Int) -> Int {
    // SAFETY: tables are numbers below tableCount, indices below 512.
    let entry = unsafe memory[table &* Self.entryCount &+ index]
    let base = unsafe UInt64(UInt(bitPattern: memory))
    if entry != 0 {
      return Int(truncatingIfNeeded: ((entry & ~0xfff) &- base) / Self.pageByteCount)
    }
    let next = makeTable()
    // [47:12 address][0b11: table]
    set((base &+ UInt64(next) &* Self.pageByteCount) | 0b11, in: table, at: index)
    return next
  }

  /// Levels 0, 1 and 2 need at most 1, 2 and 2 tables for an Image below 1 GiB. Pages are needed
  /// only in the 2 MiB around the ends of stub, payload, work area (two), kernel and initrd: 6 at
  /// most. A program elsewhere needs 4 more, but no tables around a kernel in the Image.
  private mutating func makeTable() -> Int {
    precondition(tableCount < Int(STUB_TABLE_COUNT), "more tables than a 1 GiB Image can need")
    let table = tableCount
    tableCount &+= 1
    for index in 0..<Self.entryCount { set(0, in: table, at: index) }
    return table
  }

  private func set(_ entry: UInt64, in table: Int, at index: Int) {
    // SAFETY: tables are numbers below tableCount, indices below 512.
    unsafe memory[table &* Self.entryCount &+ index] = entry
  }
}
