// Flattened device trees: what is found must not depend on what lies behind the tree, nor on NOPs
// between its tokens.
@testable import BootFormats
@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testDeviceTree(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  var blob = input.payload
  let bootCore = UInt64(input.choice(below: 4))
  // The sizes in the header are right in most runs.
  if input.choice(below: 8) != 7, blob.count >= 40 { repairHeader(&blob) }
  let found = Found(in: blob, besides: bootCore)
  guard let tree = try? FlattenedDeviceTree(parsing: blob.span) else { return 0 }
  expectSame(Found(in: blob + [0xFF, 0, 1], besides: bootCore), found, "bytes behind the tree")
  let padded = withNops(tree, blob)
  if padded.count <= FlattenedDeviceTree.byteCountMax {
    expectSame(Found(in: padded, besides: bootCore), found, "NOPs")
  }
  return 0
}

/// All that the stub looks for.
private struct Found: Equatable {
  private enum Answer<Value: Equatable>: Equatable {
    case value(Value)
    case error(DeviceTreeError)

    init(_ body: () throws(DeviceTreeError) -> Value) {
      do throws(DeviceTreeError) { self = .value(try body()) } catch { self = .error(error) }
    }
  }

  private let header: Answer<Bool>
  private var console: Answer<SerialConsole?>?
  private var cores: Answer<[UInt64]?>?

  init(in bytes: [UInt8], besides bootCore: UInt64) {
    // Spans of arrays are checked at every access.
    let blob = bytes.span
    var parsed: FlattenedDeviceTree?
    header = Answer { () throws(DeviceTreeError) in
      parsed = try FlattenedDeviceTree(parsing: blob)
      return true
    }
    guard let tree = parsed else { return }
    console = Answer { () throws(DeviceTreeError) in try tree.console(in: blob) }
    if case .value(.some(let console)) = console { Self.check(console) }
    cores = Answer { () throws(DeviceTreeError) in
      guard let cores = try tree.secondaryCores(besides: bootCore, in: blob) else { return nil }
      let affinities = (0..<cores.count).map { cores.affinities[$0] }
      Self.check(affinities, besides: bootCore)
      return [UInt64(cores.conduit.rawValue)] + affinities
    }
  }

  /// What the stub relies on when it writes to the registers.
  private static func check(_ console: SerialConsole) {
    let width = UInt64(console.accessByteCount)
    guard console.address < 1 << 48, width == 1 || width == 4, console.registerShift <= 3,
      console.kind == .pl011 || console.address % width == 0 && width <= 1 << console.registerShift
    else { fail("\(console)") }
  }

  private static func check(_ affinities: [UInt64], besides bootCore: UInt64) {
    guard affinities.count <= SecondaryCores.countMax, !affinities.contains(bootCore),
      Set(affinities).count == affinities.count,
      affinities.allSatisfy({ $0 & ~SecondaryCores.affinityMask == 0 })
    else { fail("cores \(affinities) besides \(bootCore)") }
  }
}

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
    let start = Int(blob.span.bigEndian32(at: offset)) % (blob.count + 1) & ~3
    setCell(start, at: offset, in: &blob)
    let byteCount = Int(blob.span.bigEndian32(at: size))
    setCell(min(byteCount, blob.count - start), at: size, in: &blob)
  }
}

/// The same tree with a NOP in front of every token up to the end or the first that is damaged.
private func withNops(_ tree: FlattenedDeviceTree, _ blob: [UInt8]) -> [UInt8] {
  var structure: [UInt8] = []
  var position = tree.structure.lowerBound
  while true {
    let start = position
    guard let token = try? tree.nextToken(at: &position, in: blob.span) else {
      position = start
      break
    }
    structure += [0, 0, 0, 4] + blob[start..<position]
    if case .end = token { break }
  }
  structure += blob[position..<tree.structure.upperBound]
  let strings = blob[tree.strings]
  let stringsOffset = 40 + structure.count
  return DeviceTreeBuilder.bigEndian([
    0xd00d_feed, UInt32(stringsOffset + strings.count), 40, UInt32(stringsOffset), 40, 17, 16, 0,
    UInt32(strings.count), UInt32(structure.count),
  ]) + structure + strings
}
