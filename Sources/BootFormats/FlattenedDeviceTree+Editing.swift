// A tree that is to be changed is copied first, to memory that has room, with its structure behind
// everything else: what is put into the structure then moves nothing but the rest of it.
//
//     [header][reservations][strings, and the names of all that may be put in][structure] room

extension FlattenedDeviceTree {
  /// What may be put into /chosen, by the place of its name in `names`.
  public enum Property: Int, Sendable {
    case arguments = 0
    case initrdStart = 9
    case initrdEnd = 28
    case timing = 45
  }

  private static var names: StaticString {
    "bootargs\0linux,initrd-start\0linux,initrd-end\0lz4boot,timing\0"
  }

  /// Where the memory reservation block ends (section 5.3): [address:u64be][byte count:u64be] each,
  /// the last one 0. What is not in the tree reads as 0.
  private var reservationsEnd: Int {
    var position = field(.reservations) & ~7
    var bits: UInt32 = 1
    while bits != 0 {
      bits = 0
      for _ in 0..<4 {
        bits |= cell(at: position)
        position &+= 4
      }
    }
    return position
  }

  /// Copies the tree so that it can be changed. Reservations, strings and structure stay as they are.
  ///
  /// - Parameters:
  ///   - target: memory at a multiple of 8.
  ///   - capacity: bytes there.
  /// - Returns: the copy, or nil if there is no room.
  public func copy(
    unsafeTo target: UnsafeMutablePointer<UInt8>, capacity: Int
  ) -> FlattenedDeviceTree? {
    let reservations = field(.reservations) & ~7
    let strings = Self.headerByteCount &+ reservationsEnd &- reservations
    let names = strings &+ field(.stringsByteCount)
    let namesEnd = names &+ Self.names.utf8CodeUnitCount
    let structure = (namesEnd &+ 3) & ~3
    let end = structure &+ field(.structureByteCount)
    guard end <= capacity else { return nil }
    let copy = unsafe FlattenedDeviceTree(start: UnsafePointer(target))
    copy.fill(from: self, at: 0, to: 0, Self.headerByteCount)
    copy.fill(from: self, at: reservations, to: Self.headerByteCount, strings)
    copy.fill(from: self, at: field(.strings), to: strings, names)
    unsafe copy.fill(from: Self.names.utf8Start, to: names, namesEnd)
    copy.fill(from: self, at: field(.structure), to: structure, end)
    copy.store(end, at: Field.byteCount.rawValue)
    copy.store(structure, at: Field.structure.rawValue)
    copy.store(strings, at: Field.strings.rawValue)
    copy.store(Self.headerByteCount, at: Field.reservations.rawValue)
    copy.store(namesEnd &- strings, at: Field.stringsByteCount.rawValue)
    return copy
  }

  /// Puts a property in front of all others of /chosen, which is made if there is none, and takes away
  /// what had the name before. Of a copy.
  ///
  /// - Returns: where its value goes, at a multiple of 4; 0 if there is no room, or no root.
  public func set(_ name: Property, byteCount: Int, capacity: Int) -> Int {
    let node = chosen(capacity: capacity)
    let old = unsafe find(Kind.property, Self.names.utf8Start + name.rawValue, in: node)
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
      field(.stringsByteCount) &- Self.names.utf8CodeUnitCount &+ name.rawValue, at: node &+ 8)
    return node &+ 12
  }

  /// Sets a property to a number of two cells; false if there is no room.
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
    let root = root
    let chosen = child("chosen", of: root)
    guard chosen.kind == Kind.none else { return chosen.body }
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
    // What is in a root that has no end may be said to lie behind the structure.
    guard place <= position, position &+ count <= capacity else { return false }
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
    unsafe UnsafeMutableRawPointer(mutating: start).storeBytes(
      of: UInt32(truncatingIfNeeded: cell).bigEndian, toByteOffset: position, as: UInt32.self)
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
