/// What is to be different in /chosen. What is not set stays as it was.
@safe
public struct ChosenChanges {
  /// The command line: that of this tree, and behind it, if there is any, a text.
  public var arguments: FlattenedDeviceTree?
  fileprivate var append: UnsafePointer<UInt8>?
  fileprivate var appendByteCount = 0
  /// Where the initrd lies; from 0 to 0 for none.
  public var initrd: (start: UInt64, end: UInt64) = (0, 0)
  /// Bytes of "lz4boot,timing", which are 0.
  public var timingByteCount = 0

  public init() {}

  /// Sets the text, which is not empty and stays where it is.
  public mutating func setAppend(unsafeStart start: UnsafePointer<UInt8>, byteCount: Int) {
    unsafe append = start
    appendByteCount = byteCount
  }
}

extension FlattenedDeviceTree {
  /// Where the blocks end that make up the tree.
  var usedByteCount: Int {
    max(reservationsEnd, max(structureEnd, stringsEnd))
  }

  /// The memory reservation block (section 5.3): [address:u64be][byte count:u64be] each, the last one
  /// 0. What is not in the tree reads as 0.
  private var reservationsEnd: Int {
    var position = field(.reservations) & ~7
    while cell(at: position) | cell(at: position &+ 4) | cell(at: position &+ 8)
      | cell(at: position &+ 12) != 0
    {
      position &+= 16
    }
    return min(position &+ 16, byteCount)
  }

  /// Copies the tree, without what lies behind its blocks.
  ///
  /// - Parameters:
  ///   - target: memory at a multiple of 8.
  ///   - capacity: bytes there; a multiple of 8.
  /// - Returns: whether there was room.
  public func copy(to target: UnsafeMutableRawPointer, capacity: Int) -> Bool {
    // In words, as memory may be Device memory, where each access takes its time. The tree ends with
    // its last cell, if not with a word.
    let count = usedByteCount
    guard count <= capacity else { return false }
    var position = 0
    // SAFETY: below the capacity.
    while position &+ 4 <= count {
      unsafe (target + position).storeBytes(of: cell(at: position).bigEndian, as: UInt32.self)
      position &+= 4
    }
    while position < count {
      unsafe (target + position).storeBytes(of: byte(at: position), as: UInt8.self)
      position &+= 1
    }
    unsafe (target + Field.byteCount.rawValue)
      .storeBytes(of: UInt32(truncatingIfNeeded: count).bigEndian, as: UInt32.self)
    return true
  }

  /// Writes the tree with changes: `[header][reservations][strings, and new names][structure]`.
  /// Reservations, strings and structure stay as they were but for /chosen, which is made if there is
  /// none.
  ///
  /// - Parameters:
  ///   - target: memory at a multiple of 8.
  ///   - capacity: bytes there.
  /// - Returns: where "lz4boot,timing" lies, or 0 if it was not asked for; nil if the tree is damaged
  ///   or there is no room, and what is in the target means nothing.
  public func write(
    to target: UnsafeMutableRawPointer, capacity: Int, with changes: ChosenChanges
  ) -> Int? {
    var writer = unsafe Writer(tree: self, target: target, capacity: capacity, changes: changes)
    return writer.write() ? writer.timingPosition : nil
  }

  @safe
  private struct Writer {
    let tree: FlattenedDeviceTree
    let target: UnsafeMutableRawPointer
    let capacity: Int
    let changes: ChosenChanges
    var position = FlattenedDeviceTree.headerByteCount
    var timingPosition = 0
    /// Of the new names in the strings.
    var names = 0

    init(
      tree: FlattenedDeviceTree, target: UnsafeMutableRawPointer, capacity: Int,
      changes: ChosenChanges
    ) {
      self.tree = tree
      unsafe self.target = target
      self.capacity = capacity
      self.changes = changes
    }

    mutating func write() -> Bool {
      copy(tree.field(.reservations) & ~7, tree.reservationsEnd)
      let strings = position
      copy(tree.field(.strings), tree.stringsEnd)
      names = position &- strings
      for index in 0..<newNames.utf8CodeUnitCount { put(byte: unsafe newNames.utf8Start[index]) }
      let stringsByteCount = position &- strings
      align()
      let structure = position
      guard copyStructure(), position <= capacity else { return false }
      let end = position
      position = 0
      put(cell: 0xd00d_feed)
      put(cell: end)
      put(cell: structure)
      put(cell: strings)
      put(cell: FlattenedDeviceTree.headerByteCount)
      put(cell: 17)
      put(cell: 16)
      put(cell: tree.field(.bootCore))
      put(cell: stringsByteCount)
      put(cell: end &- structure)
      return true
    }

    private mutating func copyStructure() -> Bool {
      var source = tree.field(.structure)
      var depth = 0
      var isChosen = false
      var wasChosen = false
      while true {
        let start = source
        let token = tree.next(&source)
        switch token.kind {
        case Kind.node:
          depth &+= 1
          copy(start, source)
          if depth == 2, !wasChosen, tree.isNamed(token, Text("chosen")) {
            isChosen = true
            wasChosen = true
            putProperties()
          }
          continue
        case Kind.property:
          if isChosen, depth == 2, isReplaced(token) { continue }
        case Kind.endNode:
          if depth == 1, !wasChosen {
            put(cell: Int(Kind.node))
            put(cell: 0x6368_6f73)  // "chos"
            put(cell: 0x656e_0000)  // "en", NUL, padding
            putProperties()
            put(cell: Int(Kind.endNode))
            wasChosen = true
          }
          if depth == 2 { isChosen = false }
          depth &-= 1
        case Kind.end:
          copy(start, source)
          return depth == 0 && wasChosen
        default:
          return false
        }
        copy(start, source)
      }
    }

    private mutating func putProperties() {
      if let arguments = changes.arguments {
        let value = arguments.bootArguments
        let append = changes.appendByteCount
        let separator = value.byteCount > 0 && append > 0 ? 1 : 0
        put(property: 0, byteCount: value.byteCount &+ separator &+ append &+ 1)
        for index in 0..<value.byteCount { put(byte: arguments.byte(at: value.position &+ index)) }
        if separator > 0 { put(byte: UInt8(ascii: " ")) }
        // SAFETY: there are as many bytes.
        for index in 0..<append { put(byte: unsafe changes.append.unsafelyUnwrapped[index]) }
        put(byte: 0)
        align()
      }
      if changes.initrd.end > 0 {
        put(property: 9, byteCount: 8)
        put(number: changes.initrd.start)
        put(property: 28, byteCount: 8)
        put(number: changes.initrd.end)
      }
      if changes.timingByteCount > 0 {
        put(property: 45, byteCount: changes.timingByteCount)
        timingPosition = position
        for _ in 0..<changes.timingByteCount { put(byte: 0) }
      }
    }

    /// Whether a property of /chosen is one that is set. Each name by its place in `newNames`.
    private func isReplaced(_ token: Token) -> Bool {
      changes.arguments != nil && tree.isNamed(token, Text("bootargs"))
        || changes.initrd.end > 0
          && (tree.isNamed(token, Text("linux,initrd-start"))
            || tree.isNamed(token, Text("linux,initrd-end")))
        || changes.timingByteCount > 0 && tree.isNamed(token, Text("lz4boot,timing"))
    }

    private var newNames: StaticString {
      "bootargs\0linux,initrd-start\0linux,initrd-end\0lz4boot,timing\0"
    }

    private mutating func put(property name: Int, byteCount: Int) {
      put(cell: Int(Kind.property))
      put(cell: byteCount)
      put(cell: names &+ name)
    }

    private mutating func put(number: UInt64) {
      put(cell: Int(truncatingIfNeeded: number &>> 32))
      put(cell: Int(truncatingIfNeeded: number))
    }

    @inline(never)
    private mutating func put(cell: Int) {
      put(byte: UInt8(truncatingIfNeeded: cell &>> 24))
      put(byte: UInt8(truncatingIfNeeded: cell &>> 16))
      put(byte: UInt8(truncatingIfNeeded: cell &>> 8))
      put(byte: UInt8(truncatingIfNeeded: cell))
    }

    /// Copies from one position of the tree to another.
    @inline(never)
    private mutating func copy(_ start: Int, _ end: Int) {
      var source = start
      while source < end {
        put(byte: tree.byte(at: source))
        source &+= 1
      }
    }

    private mutating func align() {
      while position & 3 != 0 { put(byte: 0) }
    }

    /// Counts what has no room, so that the end tells.
    @inline(never)
    private mutating func put(byte: UInt8) {
      // SAFETY: below the capacity.
      if position < capacity {
        unsafe target.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
      }
      position &+= 1
    }
  }
}
