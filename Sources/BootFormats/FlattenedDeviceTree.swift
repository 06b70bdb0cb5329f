/// A flattened device tree in memory (Devicetree Specification 0.4, chapter 5).
///
///     [magic:u32be=0xd00dfeed][totalsize][off_dt_struct][off_dt_strings][off_mem_rsvmap]
///     [version][last_comp_version][boot_cpuid_phys][size_dt_strings][size_dt_struct]
///
/// Whatever the bytes are, nothing outside them is read: `byte(at:)` and `cell(at:)` alone touch
/// memory, and what lies elsewhere reads as 0. A token that is damaged reads as one that ends every
/// walk, so there are no errors to hand on; and every walk goes forward by at least one token of
/// four bytes. Accesses are aligned, as memory may be Device memory. Small, as all of this is in
/// the stub and runs once: what several callers share is not inlined.
@safe
public struct FlattenedDeviceTree: @unchecked Sendable {
  public static let headerByteCount = 40
  /// The kernel's boot protocol allows no larger tree.
  public static let byteCountMax = 2 << 20

  /// All that there is, so that it is passed on in a register.
  let start: UnsafePointer<UInt8>

  /// `totalsize` of a header of 40 bytes, or nil if these are not the first bytes of a device tree.
  /// They lie at a multiple of 4.
  public static func byteCount(unsafeHeader start: UnsafePointer<UInt8>) -> Int? {
    let tree = unsafe Self(unsafeCopy: start)
    guard tree.field(.magic) == 0xd00d_feed, tree.byteCount >= headerByteCount,
      tree.byteCount <= byteCountMax
    else { return nil }
    return tree.byteCount
  }

  /// The same of bytes that lie anywhere.
  public static func byteCount(ofHeader bytes: borrowing Span<UInt8>) -> Int? {
    guard bytes.count >= headerByteCount else { return nil }
    var header: [10 of UInt32] = .init(repeating: 0)
    for index in header.indices { header[index] = bytes.bigEndian32(at: 4 * index).bigEndian }
    return unsafe header.span.withUnsafeBufferPointer { words in
      unsafe byteCount(
        unsafeHeader: UnsafeRawPointer(words.baseAddress.unsafelyUnwrapped)
          .assumingMemoryBound(to: UInt8.self))
    }
  }

  /// A tree in memory that is readable for as long as this is used, and that nobody writes to.
  ///
  /// - Parameters:
  ///   - start: at a multiple of 8.
  ///   - limit: bytes that are there.
  /// - Returns: nil if its header is not that of a tree, or of one that is longer.
  public init?(unsafeStart start: UnsafePointer<UInt8>, limit: Int) {
    guard limit >= Self.headerByteCount, let byteCount = unsafe Self.byteCount(unsafeHeader: start),
      byteCount <= limit
    else { return nil }
    unsafe self.start = start
    // Version 17 brought size_dt_struct; all later ones must say that a reader of 17 will do.
    guard field(.version) >= 17, field(.lastCompatibleVersion) <= 17,
      (field(.structure) | field(.structureByteCount)) & 3 == 0, structureEnd <= byteCount,
      stringsEnd <= byteCount, field(.stringsByteCount) == 0 || byte(at: stringsEnd &- 1) == 0
    else { return nil }
  }

  /// One that such a tree was copied to.
  public init(unsafeCopy start: UnsafePointer<UInt8>) { unsafe self.start = start }

  /// The fields of the header, by their positions.
  enum Field: Int {
    case magic = 0
    case byteCount = 4
    case structure = 8
    case strings = 12
    case reservations = 16
    case version = 20
    case lastCompatibleVersion = 24
    case bootCore = 28
    case stringsByteCount = 32
    case structureByteCount = 36
  }

  func field(_ field: Field) -> Int {
    // SAFETY: a header was there when this was made.
    Int(
      unsafe UnsafeRawPointer(start).load(fromByteOffset: field.rawValue, as: UInt32.self).bigEndian
    )
  }

  public var byteCount: Int { field(.byteCount) }
  var structureEnd: Int { field(.structure) &+ field(.structureByteCount) }
  var stringsEnd: Int { field(.strings) &+ field(.stringsByteCount) }

  /// The byte at a position of the tree, or 0 elsewhere.
  @inline(never)
  func byte(at position: Int) -> UInt8 {
    // SAFETY: it is one of the tree's. A negative number is larger than all of them.
    UInt(bitPattern: position) < UInt(bitPattern: byteCount) ? unsafe start[position] : 0
  }

  /// The big-endian cell at a multiple of 4, or 0 elsewhere.
  @inline(never)
  func cell(at position: Int) -> UInt32 {
    // SAFETY: as in byte(at:); a tree has 40 bytes or more.
    guard UInt(bitPattern: position) <= UInt(bitPattern: byteCount &- 4) else { return 0 }
    return unsafe UnsafeRawPointer(start).load(fromByteOffset: position, as: UInt32.self).bigEndian
  }

  // MARK: Tokens

  /// What starts a token (section 5.4.1). A damaged one is `none`.
  enum Kind {
    static let none: UInt32 = 0
    /// [1:u32be][name, NUL, padding to 4]
    static let node: UInt32 = 1
    /// [2:u32be]
    static let endNode: UInt32 = 2
    /// [3:u32be][value's byte count:u32be][name's offset in the strings:u32be][value, padding to 4]
    static let property: UInt32 = 3
    /// [4:u32be]
    static let nop: UInt32 = 4
  }

  struct Token {
    var kind: UInt32
    /// Where its name starts.
    var name: Int
    /// Where its value starts, or what is in the node.
    var body: Int
    /// Bytes of the value.
    var byteCount: Int
  }

  /// The token at `position`, which moves behind it. NOPs are skipped; the end is `none`.
  @inline(never)
  func next(_ position: inout Int) -> Token {
    // What lies behind the structure is read as well, and is none of its tokens in the end.
    var next = position
    var kind: UInt32
    repeat {
      kind = cell(at: next)
      next &+= 4
    } while kind == Kind.nop
    var token = Token(kind: kind, name: next, body: 0, byteCount: 0)
    if kind == Kind.node {
      while byte(at: next) != 0 { next &+= 1 }
      next = (next &+ 4) & ~3
      token.body = next
    } else if kind == Kind.property {
      token.byteCount = Int(cell(at: next))
      // A name that is none of the strings reads as whatever is there.
      token.name = field(.strings) &+ Int(cell(at: next &+ 4))
      token.body = next &+ 8
      next = (token.body &+ token.byteCount &+ 3) & ~3
    }
    // 1 to 3 are nodes, their ends, and properties.
    if next > structureEnd || kind &- Kind.node > Kind.property &- Kind.node {
      token.kind = Kind.none
    }
    position = next
    return token
  }

  // MARK: Lookup

  /// A name that is looked for, of this program or in a tree. It ends in front of a NUL, a slash or a
  /// colon, which are in no name: so a path starts with a name, and one goes without its length.
  typealias Name = UnsafePointer<UInt8>

  /// Whether a byte ends a name.
  @inline(__always)
  static func isEnd(_ byte: UInt8) -> Bool {
    byte == 0 || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ":")
  }

  @inline(never)
  static func end(of name: Name) -> Name {
    // SAFETY: a name has an end.
    var end = unsafe name
    while unsafe !isEnd(end.pointee) { unsafe end += 1 }
    return unsafe end
  }

  /// The byte behind `name` if it stands at `position`; else 1, which is in no name.
  @inline(never)
  func behind(_ name: Name, at position: Int) -> UInt8 {
    var index = 0
    // SAFETY: a name has an end.
    while unsafe !Self.isEnd(name[index]) {
      guard unsafe byte(at: position &+ index) == name[index] else { return 1 }
      index &+= 1
    }
    return byte(at: position &+ index)
  }

  /// Whether a property has this name, or a node, which need not say the unit address.
  func isNamed(_ token: Token, _ name: Name) -> Bool {
    let end = unsafe behind(name, at: token.name)
    return end == 0 || end == UInt8(ascii: "@") && token.kind == Kind.node
  }

  /// The body of the root; 0, where nothing is found, if there is none.
  @inline(never)
  var root: Int {
    var position = field(.structure)
    let token = next(&position)
    return token.kind == Kind.node ? token.body : 0
  }

  /// A property of a node, or its next child of that name, from a position on, which is so many nodes
  /// below the one that is searched.
  @inline(never)
  func find(_ kind: UInt32, _ name: Name, from start: Int, depth: Int) -> Token {
    var position = start
    var depth = depth
    while true {
      let token = next(&position)
      if token.kind == kind, depth == 0, unsafe isNamed(token, name) { return token }
      switch token.kind {
      case Kind.property: continue
      // Properties precede the children.
      case Kind.node where kind == Kind.node: depth &+= 1
      case Kind.endNode where depth > 0: depth &-= 1
      default: return Token(kind: Kind.none, name: 0, body: 0, byteCount: 0)
      }
    }
  }

  @inline(never)
  func property(_ name: Name, of node: Int) -> Token {
    unsafe find(Kind.property, name, from: node, depth: 0)
  }

  @inline(__always)
  func property(_ name: StaticString, of node: Int) -> Token {
    unsafe property(name.utf8Start, of: node)
  }

  /// The first of that name.
  @inline(never)
  func child(_ name: Name, of node: Int) -> Token {
    unsafe find(Kind.node, name, from: node, depth: 0)
  }

  @inline(__always)
  func child(_ name: StaticString, of node: Int) -> Token {
    unsafe child(name.utf8Start, of: node)
  }

  /// The first string of a value; nil if there is no property, or no NUL. Of reasonable length, as it
  /// will be compared often.
  @inline(never)
  func string(_ value: Token) -> Name? {
    var index = 0
    while index < value.byteCount, index <= 256 {
      // SAFETY: up to the NUL, all of these bytes are the tree's.
      if byte(at: value.body &+ index) == 0 { return unsafe start + value.body }
      index &+= 1
    }
    return nil
  }

  /// Whether a text, which ends with a NUL, is a string of a property.
  @inline(never)
  func lists(_ value: Token, _ text: UnsafePointer<UInt8>) -> Bool {
    var position = value.body
    let end = position &+ value.byteCount
    guard byte(at: end &- 1) == 0 else { return false }
    while position < end {
      if unsafe behind(text, at: position) == 0 { return true }
      while byte(at: position) != 0 { position &+= 1 }
      position &+= 1
    }
    return false
  }

  /// The number in one or two cells of a value; if there is none, `other`.
  @inline(never)
  func number(_ value: Token, cell index: Int, cells count: Int, else other: UInt64) -> UInt64 {
    guard count > 0, 4 &* (index &+ count) <= value.byteCount else { return other }
    let low = UInt64(cell(at: value.body &+ 4 &* (index &+ count &- 1)))
    return count == 1 ? low : UInt64(cell(at: value.body &+ 4 &* index)) &<< 32 | low
  }

  /// A cell count of a bus; 0 if it is none that fits an address into 64 bits (PCI has 3).
  func cells(_ name: StaticString, of bus: Int, default count: UInt64) -> Int {
    let value = property(name, of: bus)
    let number = number(value, cell: 0, cells: 1, else: value.kind == Kind.none ? count : 0)
    return number == 1 || number == 2 ? Int(truncatingIfNeeded: number) : 0
  }
}
