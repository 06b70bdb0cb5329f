// A tree that is to be changed is copied first, and its structure once more behind everything else: what
// is put into the structure then moves nothing but the rest of it. The strings reach to the names of
// all that may be put in, whatever is between.
//
//     [as it was][names][structure] room

extension FlattenedDeviceTree {
  /// What may be put into /chosen or is looked for there, by the place of its name in `names`.
  public struct Property: Sendable {
    let nameOffset: Int
    public static var arguments: Self { Self(nameOffset: 0) }
    public static var initrdStart: Self { Self(nameOffset: 9) }
    public static var initrdEnd: Self { Self(nameOffset: 28) }
    public static var timing: Self { Self(nameOffset: 45) }
  }

  private static var names: StaticString {
    "bootargs\0linux,initrd-start\0linux,initrd-end\0lz4boot,timing\0"
  }

  @inline(__always)
  func property(_ name: Property, of chosen: Int) -> Token {
    unsafe property(Self.names.utf8Start + name.nameOffset, of: chosen)
  }

  /// Copies what is used of the tree.
  ///
  /// - Parameters:
  ///   - target: memory at a multiple of 8.
  ///   - capacity: bytes there.
  /// - Returns: the copy, or nil if there is no room, or the blocks have another order.
  public func copy(
    unsafeTo target: UnsafeMutablePointer<UInt8>, capacity: Int
  ) -> FlattenedDeviceTree? {
    let end = max(structureEnd, stringsEnd)
    // Reservations lie between header and structure (section 5.1).
    guard end &+ 3 <= capacity, field(.reservations) >= Self.headerByteCount,
      field(.reservations) <= field(.structure)
    else { return nil }
    let copy = unsafe FlattenedDeviceTree(unsafeCopy: UnsafePointer(target))
    // What the last cell has behind the end.
    copy.store(0, at: (end &- 1) & ~3)
    copy.fill(from: self, at: 0, to: 0, end)
    copy.store(end, at: Field.byteCount.rawValue)
    return copy
  }

  /// Makes a copy one that can be changed; false if there is no room.
  public func open(capacity: Int) -> Bool {
    let names = (byteCount &+ 3) & ~3
    // The names are a multiple of 4 bytes.
    let structure = names &+ Self.names.utf8CodeUnitCount
    let end = structure &+ field(.structureByteCount)
    guard end <= capacity else { return false }
    store(end, at: Field.byteCount.rawValue)
    unsafe fill(from: Self.names.utf8Start, to: names, structure)
    fill(from: self, at: field(.structure), to: structure, end)
    store(structure, at: Field.structure.rawValue)
    store(structure &- field(.strings), at: Field.stringsByteCount.rawValue)
    return true
  }

  /// Puts a property in front of all others of /chosen, which is made if there is none, and takes away
  /// what had the name before. Of a copy that is open.
  ///
  /// - Returns: where its value goes, at a multiple of 4; 0 if there is no room, or no root.
  public func set(_ name: Property, byteCount: Int, capacity: Int) -> Int {
    let node = chosen(capacity: capacity)
    let old = property(name, of: node)
    if old.kind != Kind.none {
      var position = old.body &- 12
      while position < old.body &+ old.byteCount {
        store(Int(Kind.nop), at: position)
        position &+= 4
      }
    }
    guard node != 0, insert(12 &+ (byteCount &+ 3) & ~3, at: node, capacity: capacity) else {
      return 0
    }
    store(Int(Kind.property), at: node)
    store(byteCount, at: node &+ 4)
    store(
      field(.stringsByteCount) &- Self.names.utf8CodeUnitCount &+ name.nameOffset, at: node &+ 8)
    return node &+ 12
  }

  /// Sets a property to a number of two cells; false if there is no room.
  @inline(never)
  public func set(_ name: Property, number: UInt64, capacity: Int) -> Bool {
    let value = set(name, byteCount: 8, capacity: capacity)
    guard value > 0 else { return false }
    store(Int(truncatingIfNeeded: number &>> 32), at: value)
    store(Int(truncatingIfNeeded: number), at: value &+ 4)
    return true
  }

  /// Sets the command line to that of another tree and, behind it, a text, of which there may be
  /// nothing; false if there is no room.
  public func setArguments(
    of source: FlattenedDeviceTree, unsafeAppend text: UnsafePointer<UInt8>, byteCount: Int,
    capacity: Int
  ) -> Bool {
    let arguments = source.bootArguments
    let separator = arguments.byteCount > 0 && byteCount > 0 ? 1 : 0
    let count = arguments.byteCount &+ separator &+ byteCount
    let value = set(.arguments, byteCount: count &+ 1, capacity: capacity)
    guard value > 0 else { return false }
    // What is not overwritten of the last cell is NUL and padding.
    let end = value &+ count
    let middle = value &+ arguments.byteCount
    store(0, at: end & ~3)
    fill(from: source, at: arguments.position, to: value, middle)
    unsafe fill(from: (" " as StaticString).utf8Start, to: middle, middle &+ separator)
    unsafe fill(from: text, to: middle &+ separator, end)
    return true
  }

  /// /chosen, made in front of the root's children if there is none; 0 if there is no room or no root.
  private func chosen(capacity: Int) -> Int {
    let chosen = chosen
    guard chosen == 0 else { return chosen }
    let root = root
    var position = root
    var end = root
    while next(&position).kind == Kind.property { end = position }
    guard root != 0, insert(16, at: end, capacity: capacity) else { return 0 }
    store(Int(Kind.node), at: end)
    store(0x6368_6f73, at: end &+ 4)  // "chos"
    store(0x656e_0000, at: end &+ 8)  // "en", NUL, padding
    store(Int(Kind.endNode), at: end &+ 12)
    return end &+ 12
  }

  /// Makes room in the structure, which holds what it held before.
  private func insert(_ count: Int, at place: Int, capacity: Int) -> Bool {
    var position = byteCount
    guard position &+ count <= capacity else { return false }
    store(position &+ count, at: Field.byteCount.rawValue)
    store(field(.structureByteCount) &+ count, at: Field.structureByteCount.rawValue)
    while position > place {
      position &-= 4
      store(Int(cell(at: position)), at: position &+ count)
    }
    return true
  }

  /// Stores a big-endian cell at a multiple of 4 of a copy.
  @inline(never)
  public func store(_ cell: Int, at position: Int) {
    // SAFETY: the memory of a copy is the caller's to write to, and so long.
    unsafe (UnsafeMutableRawPointer(mutating: start) + position)
      .assumingMemoryBound(to: UInt32.self).pointee = UInt32(truncatingIfNeeded: cell).bigEndian
  }

  /// Fills a copy from `position` to `end` with bytes of another tree. In cells where that is
  /// possible, as memory may be Device memory, where each access takes its time.
  @inline(never)
  func fill(from tree: FlattenedDeviceTree, at place: Int, to position: Int, _ end: Int) {
    var (source, position) = (place, position)
    while position < end {
      if (source | position) & 3 == 0, position &+ 4 <= end {
        store(Int(tree.cell(at: source)), at: position)
        (source, position) = (source &+ 4, position &+ 4)
      } else {
        // SAFETY: as in store.
        unsafe UnsafeMutablePointer(mutating: start)[position] = tree.byte(at: source)
        (source, position) = (source &+ 1, position &+ 1)
      }
    }
  }

  /// The same with bytes of something else, of which there are so many.
  @inline(never)
  func fill(from bytes: UnsafePointer<UInt8>, to position: Int, _ end: Int) {
    // SAFETY: as in store.
    var index = 0
    while position &+ index < end {
      unsafe UnsafeMutablePointer(mutating: start)[position &+ index] = bytes[index]
      index &+= 1
    }
  }
}
