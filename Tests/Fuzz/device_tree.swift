// Flattened device trees: what is found must not depend on what lies behind the tree, nor on NOPs
// between its tokens; and a copy with changes holds these, and the rest as it was.
@testable import BootFormats
@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testDeviceTree(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  var blob = input.payload
  // The sizes in the header are right in most runs.
  if input.choice(below: 8) != 7, blob.count >= 40 { repairHeader(&blob) }
  guard let found = withTree(blob, { Found(in: $0) }) else { return 0 }
  expectSame(withTree(blob + [0xFF, 0, 1]) { Found(in: $0) }, found, "bytes behind the tree")
  let plain = withTree(blob) { tokens(of: $0, blob) } ?? []
  let padded = withNops(plain)
  if padded.count <= FlattenedDeviceTree.byteCountMax {
    expectSame(withTree(padded) { Found(in: $0) }, found, "NOPs")
  }
  edit(blob, plain, choosingFrom: &input)
  return 0
}

/// Calls `body` with a tree at a multiple of 8 that AddressSanitizer knows the end of; nil if its
/// header is not that of one.
private func withTree<Result>(
  _ blob: [UInt8], _ body: (FlattenedDeviceTree) -> Result
) -> Result? {
  let memory = HeapBytes(blob, alignment: 8)
  return withExtendedLifetime(memory) {
    unsafe FlattenedDeviceTree(
      unsafeStart: memory.start.assumingMemoryBound(to: UInt8.self), limit: blob.count
    ).map(body)
  }
}

/// All that the stub looks for.
private struct Found: Equatable {
  private let console: SerialConsole?
  private let conduit: PSCIConduit?
  private var cores: [UInt64] = []
  private let arguments: [UInt8]
  private let initrd: [UInt64]

  init(in tree: FlattenedDeviceTree) {
    console = tree.console()
    conduit = tree.psciConduit()
    var walk = tree.firstCore()
    while let affinity = tree.nextCore(&walk) {
      guard affinity & ~FlattenedDeviceTree.affinityMask == 0 else { fail("core \(affinity)") }
      cores.append(affinity)
    }
    let (position, count) = tree.bootArguments
    arguments = (0..<count).map { tree.byte(at: position + $0) }
    if arguments.contains(0) { fail("a NUL in the command line") }
    initrd = [tree.initrd.start, tree.initrd.end]
    if let console { Self.check(console) }
    guard initrd == [0, 0] || initrd[0] < initrd[1] else { fail("initrd \(initrd)") }
  }

  /// What the stub relies on when it writes to the registers.
  private static func check(_ console: SerialConsole) {
    let width = UInt64(console.accessByteCount)
    guard width == 1 || width == 4, console.dataAddress % width == 0,
      console.statusAddress % width == 0, console.dataAddress < 1 << 48 + 0x30,
      console.readyStatus & ~console.statusMask == 0
    else { fail("\(console)") }
  }
}

// MARK: Tokens, read plainly

private struct Token: Equatable {
  var kind: Int
  /// Of a node or a property.
  var name: [UInt8] = []
  var value: [UInt8] = []
}

private func cell(_ blob: [UInt8], at offset: Int) -> Int {
  blob[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
}

/// The bytes of `blob` from a position to the next NUL or the end.
private func text(_ blob: [UInt8], at position: Int) -> [UInt8] {
  [UInt8](blob[min(position, blob.count)...].prefix { $0 != 0 })
}

/// Those of the structure, up to its end or the first that is damaged.
private func tokens(of tree: FlattenedDeviceTree, _ blob: [UInt8]) -> [Token] {
  let blob = [UInt8](blob.prefix(tree.byteCount))
  var position = cell(blob, at: 8)
  let end = position + cell(blob, at: 36)
  var tokens: [Token] = []
  while position + 4 <= end {
    let kind = cell(blob, at: position)
    position += 4
    var token = Token(kind: kind)
    switch kind {
    case 1:
      token.name = text(blob, at: position)
      position = (position + token.name.count + 4) & ~3
    case 2: break
    case 3:
      guard position + 8 <= end else { return tokens }
      let count = cell(blob, at: position)
      let name = cell(blob, at: position + 4)
      position += 8
      guard position + count <= end, name < cell(blob, at: 32) else { return tokens }
      token.name = text(blob, at: cell(blob, at: 12) + name)
      token.value = [UInt8](blob[position..<position + count])
      position = (position + count + 3) & ~3
    case 4: continue
    case 9:
      tokens.append(token)
      return tokens
    default: return tokens
    }
    guard position <= end else { return tokens }
    tokens.append(token)
  }
  return tokens
}

// MARK: Changes

private func bigEndian(_ number: UInt64) -> [UInt8] {
  DeviceTreeBuilder.bigEndian([UInt32(number >> 32), UInt32(truncatingIfNeeded: number)])
}

/// The kernel's command line of a tree, as far as the first NUL.
private func arguments(_ tree: FlattenedDeviceTree) -> [UInt8] {
  let (position, count) = tree.bootArguments
  return (0..<count).map { tree.byte(at: position + $0) }
}

private func edit(_ blob: [UInt8], _ before: [Token], choosingFrom input: inout FuzzInput) {
  let append = [UInt8](repeating: 0x61, count: input.choice(below: 8))
  let timing = 8 * input.choice(below: 3)
  let capacity = (blob.count + 64 + (input.choice(below: 4) == 3 ? 0 : 200)) & ~7
  let target = HeapBytes(capacity, filledWith: 0xCC, alignment: 8)
  let text = HeapBytes(append)
  let isSet =
    withTree(blob) { tree in
      guard
        let copy = unsafe tree.copy(
          unsafeTo: target.start.assumingMemoryBound(to: UInt8.self), capacity: capacity),
        unsafe copy.setArguments(
          of: tree, unsafeAppend: text.start.assumingMemoryBound(to: UInt8.self),
          byteCount: append.count, capacity: capacity),
        copy.set(.initrdStart, number: 0x1_0000_0004, capacity: capacity),
        copy.set(.initrdEnd, number: 0x1_0000_0008, capacity: capacity)
      else { return false }
      guard timing > 0 else { return true }
      let place = copy.set(.timing, byteCount: timing, capacity: capacity)
      guard place > 0 else { return false }
      for offset in stride(from: 0, to: timing, by: 4) { copy.store(offset, at: place + offset) }
      return true
    } ?? false
  guard isSet else { return }
  let written = target.prefix(capacity)
  let old = withTree(blob) { arguments($0) } ?? []
  let line = old + (old.isEmpty || append.isEmpty ? [] : [0x20]) + append + [0]
  var expected = [("bootargs", line)]
  expected.insert(("linux,initrd-start", bigEndian(0x1_0000_0004)), at: 0)
  expected.insert(("linux,initrd-end", bigEndian(0x1_0000_0008)), at: 0)
  if timing > 0 {
    let cells = (0..<timing / 4).map { UInt32(4 * $0) }
    expected.insert(("lz4boot,timing", DeviceTreeBuilder.bigEndian(cells)), at: 0)
  }
  let after = withTree(written) { tokens(of: $0, written) } ?? []
  // In a copy there are more names: a token may be whole there that is damaged in the tree.
  guard before.last?.kind == 9 else { return }
  expectSame(after, changed(before, expected), "tokens of the copy")
}

/// The tokens with these properties in the first /chosen, which is made in front of the first child of
/// the root if there is none.
private func changed(_ before: [Token], _ properties: [(String, [UInt8])]) -> [Token]? {
  let added = properties.map { Token(kind: 3, name: [UInt8]($0.0.utf8), value: $0.1) }
  var after = before
  guard before.first?.kind == 1 else { return nil }
  var depth = 0
  var firstChild: Int?
  for (index, token) in before.enumerated() {
    if depth == 1, token.kind != 3, firstChild == nil { firstChild = index }
    if token.kind == 2 { depth -= 1 }
    if token.kind == 9 || depth == 0 && index > 0 { break }
    guard token.kind == 1 else { continue }
    depth += 1
    guard depth == 2, token.name.starts(with: "chosen".utf8),
      token.name.count == 6 || token.name[6] == UInt8(ascii: "@")
    else { continue }
    let own = before[(index + 1)...].prefix { $0.kind == 3 }
    var kept = [Token](own)
    for (name, _) in properties {
      // The first of a name is what counts, and what goes.
      if let place = kept.firstIndex(where: { $0.name.elementsEqual(name.utf8) }) {
        kept.remove(at: place)
      }
    }
    after.replaceSubrange(own.indices, with: added + kept)
    return after
  }
  let place = firstChild ?? before.count
  after.insert(
    contentsOf: [Token(kind: 1, name: [UInt8]("chosen".utf8))] + added + [Token(kind: 2)], at: place
  )
  return after
}

// MARK: Making trees

private func setCell(_ value: Int, at offset: Int, in blob: inout [UInt8]) {
  blob.replaceSubrange(
    offset..<offset + 4, with: DeviceTreeBuilder.bigEndian([UInt32(truncatingIfNeeded: value)]))
}

/// Magic, size, versions, and the structure and strings where they were, to the end of the tree at
/// most.
private func repairHeader(_ blob: inout [UInt8]) {
  setCell(0xd00d_feed, at: 0, in: &blob)
  setCell(blob.count, at: 4, in: &blob)
  setCell(17, at: 20, in: &blob)
  setCell(16, at: 24, in: &blob)
  for (offset, size) in [(8, 36), (12, 32)] {
    let start = cell(blob, at: offset) % (blob.count + 1) & ~3
    setCell(start, at: offset, in: &blob)
    let byteCount = min(cell(blob, at: size), blob.count - start)
    setCell(offset == 8 ? byteCount & ~3 : byteCount, at: size, in: &blob)
  }
}

/// The same tree with a NOP in front of every token up to the end or the first that is damaged.
private func withNops(_ tokens: [Token]) -> [UInt8] {
  var builder = DeviceTreeBuilder()
  for token in tokens {
    builder.cell(4)
    switch token.kind {
    case 1: builder.beginNode(token.name)
    case 3: builder.property(token.name, token.value)
    default: builder.cell(UInt32(token.kind))
    }
  }
  // Where it ends early, it does so here.
  return builder.blob(endsWith: tokens.last?.kind == 9 ? [] : [7])
}
