// Flattened device trees: what is found must not depend on what lies behind the tree, nor on NOPs
// between its tokens; and what is put in is there, and all else as it was.
@testable import BootFormats
@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testDeviceTree(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  var blob = input.payload
  // The sizes in the header are right in most runs.
  if input.choice(below: 8) != 7, blob.count >= 40 { repairTreeHeader(&blob) }
  // Nothing lies behind the tree.
  blob = [UInt8](blob.prefix(FlattenedDeviceTree.byteCount(ofHeader: blob.span) ?? blob.count))
  guard let found = withTree(blob, { Found(in: $0) }) else { return 0 }
  expectSame(
    withTree(blob + [0xFF, 0, 1], { Found(in: $0) }), found, "bytes behind the tree")
  if let padded = withTree(blob, { withNops($0, blob) }) ?? nil,
    padded.count <= FlattenedDeviceTree.byteCountMax
  {
    expectSame(withTree(padded) { Found(in: $0) }, found, "NOPs")
  }
  let fault = withTree(blob) { $0.structureFault } ?? nil
  expectSame(fault == nil, hasPlainTokens(blob), "the structure is whole")
  checkEditing(of: blob, found, &input)
  return 0
}

private func hasPlainTokens(_ blob: [UInt8]) -> Bool {
  withTree(blob) { tree in
    let strings = blob[tree.field(.strings)..<tree.stringsEnd]
    return PlainTree.tokens(blob[tree.field(.structure)..<tree.structureEnd], strings) != nil
  } ?? false
}

/// All that the stub looks for.
private struct Found: Equatable {
  let console: SerialConsole?
  let conduit: PSCIConduit?
  var cores: [UInt64] = []
  let arguments: [UInt8]
  let initrd: [UInt64]

  init(in tree: FlattenedDeviceTree) {
    console = tree.console()
    conduit = tree.psciConduit()
    var walk = tree.firstCore()
    while let core = tree.nextCore(&walk) { cores.append(core) }
    let line = tree.bootArguments
    arguments = (0..<line.byteCount).map { tree.byte(at: line.position + $0) }
    initrd = [tree.initrd.start, tree.initrd.end]
    if let console { Self.check(console) }
    guard cores.allSatisfy({ $0 & ~0xFF_00FF_FFFF == 0 }), !arguments.contains(0) else {
      fail("cores \(cores), arguments \(arguments)")
    }
  }

  /// What the stub relies on when it writes to the registers.
  private static func check(_ console: SerialConsole) {
    let width = UInt64(console.accessByteCount)
    guard width == 1 || width == 4, console.dataAddress % width == 0,
      console.statusAddress % width == 0, console.dataAddress > 0,
      console.dataAddress < 1 << 48 + 64, console.statusAddress < 1 << 48 + 64,
      console.readyStatus & ~console.statusMask == 0
    else { fail("\(console)") }
  }
}

/// The same tree with a NOP in front of every token; nil if one of them is damaged or the first is no
/// node, as what is looked for then starts inside it.
private func withNops(_ tree: FlattenedDeviceTree, _ blob: [UInt8]) -> [UInt8]? {
  var structure: [UInt8] = []
  var position = tree.field(.structure)
  var isAtEnd = false
  while !isAtEnd {
    let start = position
    let token = tree.next(&position)
    isAtEnd = token.kind == FlattenedDeviceTree.Kind.none
    // The end reads as none: [9:u32be].
    guard position <= tree.structureEnd, !isAtEnd || tree.cell(at: position - 4) == 9,
      !structure.isEmpty || token.kind == FlattenedDeviceTree.Kind.node,
      token.kind != FlattenedDeviceTree.Kind.property || token.name < tree.stringsEnd
    else { return nil }
    structure += [0, 0, 0, 4] + blob[start..<position]
  }
  // A name of the strings may end behind them.
  let strings = blob[tree.field(.strings)...]
  let stringsOffset = 40 + structure.count
  return DeviceTreeBuilder.bigEndian([
    0xd00d_feed, UInt32(stringsOffset + strings.count), 40, UInt32(stringsOffset), 40, 17, 16, 0,
    UInt32(tree.field(.stringsByteCount)), UInt32(structure.count),
  ]) + structure + strings
}

// MARK: Editing

/// What is to be different in /chosen.
private struct Changes {
  var setsArguments: Bool
  var append: [UInt8]
  var initrd: [UInt64]
  var timing: [UInt8]

  /// Nothing.
  init() { (setsArguments, append, initrd, timing) = (false, [], [], []) }

  init(_ input: inout FuzzInput) {
    let which = input.choice(below: 16)
    setsArguments = which & 1 == 0
    append = which & 2 == 0 ? [UInt8]("ro quiet".utf8.prefix(input.choice(below: 9))) : []
    initrd = which & 4 == 0 ? [0x1_2345_6789, 0x1_3456_789A] : []
    timing = which & 8 == 0 ? counted(4 * input.choice(below: 40)) : []
  }

  /// Makes these changes in a copy, or returns false for lack of room.
  func make(in copy: FlattenedDeviceTree, from source: FlattenedDeviceTree, capacity: Int) -> Bool {
    if setsArguments {
      // A text ends in memory where it ends.
      let text = HeapBytes(append)
      guard
        unsafe copy.setArguments(
          of: source, unsafeAppend: text.start.assumingMemoryBound(to: UInt8.self),
          byteCount: append.count, capacity: capacity)
      else { return false }
    }
    if !initrd.isEmpty {
      guard copy.set(.initrdStart, number: initrd[0], capacity: capacity),
        copy.set(.initrdEnd, number: initrd[1], capacity: capacity)
      else { return false }
    }
    guard !timing.isEmpty else { return true }
    let place = copy.set(.timing, byteCount: timing.count, capacity: capacity)
    guard place > 0 else { return false }
    for offset in stride(from: 0, to: timing.count, by: 4) {
      let cell = timing[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      copy.store(cell, at: place + offset)
    }
    return true
  }

  /// The same in a tree that was read plainly.
  func make(in tree: inout PlainTree) {
    if setsArguments { tree.set("bootargs", line(behind: tree.arguments) + [0]) }
    if !initrd.isEmpty {
      tree.set("linux,initrd-start", PlainTree.bytes(initrd[0]))
      tree.set("linux,initrd-end", PlainTree.bytes(initrd[1]))
    }
    if !timing.isEmpty { tree.set("lz4boot,timing", timing) }
  }

  func line(behind arguments: [UInt8]) -> [UInt8] {
    arguments + (arguments.isEmpty || append.isEmpty ? [] : [0x20]) + append
  }
}

private func checkEditing(of blob: [UInt8], _ found: Found, _ input: inout FuzzInput) {
  let changes = Changes(&input)
  let plain = PlainTree(blob)
  // Each of three blocks may be all of the tree.
  guard let edited = edit(blob, changes, capacity: 3 * blob.count + 512) else {
    return expectSame(plain, nil, "not edited")
  }
  guard let now = withTree(edited, { Found(in: $0) }) else { fail("edited, and no tree") }
  // A name of a damaged tree may be another one once there are more strings, so that more is found.
  if changes.setsArguments {
    expectSame(now.arguments, changes.line(behind: found.arguments), "arguments")
  }
  if !changes.initrd.isEmpty { expectSame(now.initrd, changes.initrd, "initrd") }
  if var plain {
    expectSame(found.arguments, plain.arguments, "arguments, read plainly")
    expectSame(found.initrd, plain.initrd, "initrd, read plainly")
    // The stub reads all in a copy.
    let copy = edit(blob, Changes(), capacity: 3 * blob.count + 512) ?? []
    expectSame(withTree(copy) { Found(in: $0) }, found, "copied")
    changes.make(in: &plain)
    expectSame(PlainTree(edited), plain, "edited")
  }
  // It takes as much room as it says.
  expectSame(edit(blob, changes, capacity: edited.count), edited, "all of the room")
  let less = edited.count - 1 - input.choice(below: 256) * input.choice(below: 16) % edited.count
  expectSame(edit(blob, changes, capacity: less), nil, "less room")
}

/// The bytes of a copy with changes, in memory that has no more than its capacity; nil if there was no
/// room, or no root.
private func edit(_ blob: [UInt8], _ changes: Changes, capacity: Int) -> [UInt8]? {
  let memory = HeapBytes(capacity, filledWith: 0xEE, alignment: 8)
  return withTree(blob) { tree in
    guard
      let copy = unsafe tree.copy(
        unsafeTo: memory.start.assumingMemoryBound(to: UInt8.self), capacity: capacity),
      copy.open(capacity: capacity), changes.make(in: copy, from: tree, capacity: capacity)
    else { return nil }
    return memory.prefix(copy.byteCount)
  } ?? nil
}
