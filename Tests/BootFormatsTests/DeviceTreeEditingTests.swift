import Testing

@testable import BootFormats

@Suite struct DeviceTreeEditingTests {
  /// What is to be different in /chosen.
  struct Changes {
    var append = ""
    var initrd: (start: UInt64, end: UInt64)?
    var timingByteCount = 0
    /// nil leaves the command line alone.
    var arguments: [UInt8]?
  }

  /// A copy with changes, and where the times lie; nil if there is no room or no root.
  static func edited(
    _ blob: [UInt8], capacity: Int = 4096, _ change: (inout Changes) -> Void
  ) -> (blob: [UInt8], timing: Int)? {
    var changes = Changes(arguments: blob)
    change(&changes)
    // Behind the capacity nothing is written.
    let memory = unsafe UnsafeMutableBufferPointer<UInt8>.allocate(aligned: capacity + 64)
    defer { unsafe memory.deallocate() }
    for index in memory.indices { unsafe memory[index] = 0xee }
    let timing: Int? =
      withTree(blob) { tree in
        guard
          let copy = unsafe tree.copy(unsafeTo: memory.baseAddress!, capacity: capacity),
          copy.open(capacity: capacity)
        else { return nil }
        return apply(changes, to: copy, capacity: capacity)
      } ?? nil
    #expect(unsafe memory[capacity...].allSatisfy { $0 == 0xee })
    guard let timing else { return nil }
    return withTree(unsafe Array(memory)) { written in
      (unsafe Array(memory[..<written.byteCount]), timing)
    }
  }

  private static func apply(
    _ changes: Changes, to copy: FlattenedDeviceTree, capacity: Int
  ) -> Int? {
    if let arguments = changes.arguments {
      let text = Array(changes.append.utf8)
      let isSet = withTree(arguments) { source in
        unsafe (text + [0xee]).withUnsafeBufferPointer {
          unsafe copy.setArguments(
            of: source, unsafeAppend: $0.baseAddress!, byteCount: text.count, capacity: capacity)
        }
      }
      guard isSet == true else { return nil }
    }
    if let (start, end) = changes.initrd {
      guard copy.set(.initrdStart, number: start, capacity: capacity),
        copy.set(.initrdEnd, number: end, capacity: capacity)
      else { return nil }
    }
    guard changes.timingByteCount > 0 else { return 0 }
    let place = copy.set(.timing, byteCount: changes.timingByteCount, capacity: capacity)
    guard place > 0 else { return nil }
    for offset in stride(from: 0, to: changes.timingByteCount, by: 4) {
      copy.store(0, at: place + offset)
    }
    return place
  }

  static func bigEndian(_ values: UInt64...) -> [UInt8] {
    values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) } }
  }

  /// With things on all sides that must stay as they are.
  static func board(chosen: ((inout DeviceTreeBuilder) -> Void)?) -> [UInt8] {
    var builder = DeviceTreeBuilder()
    builder.reservations = [(0x4000_0000, 0x1000), (0x1_0000_0000, 0x2000)]
    builder.bootCore = 3
    builder.node("") { root in
      root.property("compatible", text: "board")
      root.node("soc") { soc in
        soc.property("bootargs", text: "another")
        soc.node("chosen") { $0.property("bootargs", text: "another") }
      }
      if let chosen { root.node("chosen", chosen) }
      root.node("memory@40000000") { $0.property("reg", cells: 0, 0x4000_0000, 0, 0x1000_0000) }
    }
    return builder.blob()
  }

  static let text = "ro quiet"

  @Test func setsEverythingAndLeavesTheRest() throws {
    let blob = Self.board { chosen in
      chosen.property("kaslr-seed", cells: 1, 2)
      chosen.property("linux,initrd-end", cells: 5)
      chosen.property("bootargs", text: "console=ttyAMA0")
      chosen.property("linux,initrd-start", cells: 4)
      chosen.property("stdout-path", text: "/x")
      chosen.node("framebuffer") { $0.property("bootargs", text: "another") }
    }
    let result = Self.edited(blob) { changes in
      changes.append = Self.text
      changes.initrd = (0x1_2345_6789, 0x1_3456_789a)
      changes.timingByteCount = 24
    }
    let (edited, timing) = try #require(result)
    var expected = PlainDeviceTree(blob)
    let index = try #require(expected.root.children.firstIndex { $0.name == "chosen" })
    expected.root.children[index].properties = [
      .init(name: "lz4boot,timing", value: [UInt8](repeating: 0, count: 24)),
      .init(name: "linux,initrd-end", value: Self.bigEndian(0x1_3456_789a)),
      .init(name: "linux,initrd-start", value: Self.bigEndian(0x1_2345_6789)),
      .init(name: "bootargs", value: Array("console=ttyAMA0 ro quiet\0".utf8)),
      .init(name: "kaslr-seed", value: DeviceTreeBuilder.bigEndian([1, 2])),
      .init(name: "stdout-path", value: DeviceTreeBuilder.text("/x")),
    ]
    #expect(PlainDeviceTree(edited) == expected)
    #expect(timing % 4 == 0)
    var marked = edited
    marked[timing] = 0x77
    #expect(PlainDeviceTree(marked)["chosen"]?["lz4boot,timing"]?.first == 0x77)
  }

  @Test func makesChosenWhereThereIsNone() throws {
    let blob = Self.board(chosen: nil)
    let (edited, _) = try #require(Self.edited(blob) { $0.initrd = (0x1000, 0x2000) })
    var expected = PlainDeviceTree(blob)
    expected.root.children.insert(
      .init(
        name: "chosen",
        properties: [
          .init(name: "linux,initrd-end", value: Self.bigEndian(0x2000)),
          .init(name: "linux,initrd-start", value: Self.bigEndian(0x1000)),
          .init(name: "bootargs", value: [0]),
        ]), at: 0)
    #expect(PlainDeviceTree(edited) == expected)
  }

  @Test func whatIsNotSetStays() throws {
    let blob = Self.board { chosen in
      chosen.property("linux,initrd-start", cells: 4)
      chosen.property("linux,initrd-end", cells: 5)
      chosen.property("bootargs", text: "a b")
      chosen.property("lz4boot,timing", cells: 1)
    }
    let (same, timing) = try #require(Self.edited(blob) { $0.arguments = nil })
    #expect(PlainDeviceTree(same) == PlainDeviceTree(blob))
    #expect(timing == 0)
  }

  @Test(arguments: [
    (nil, true, "ro quiet"), (nil, false, ""), ("", true, "ro quiet"), ("x", true, "x ro quiet"),
    ("x", false, "x"), ("x\0y", true, "x ro quiet"),
  ])
  func putsTheCommandLineTogether(before: String?, appends: Bool, after: String) throws {
    let blob = Self.board { chosen in
      if let before { chosen.property("bootargs", text: before) }
    }
    let result = Self.edited(blob) { if appends { $0.append = Self.text } }
    let (edited, _) = try #require(result)
    #expect(PlainDeviceTree(edited)["chosen"]?["bootargs"] == Array(after.utf8) + [0])
  }

  /// For a tree that replaces the loader's.
  @Test func takesTheCommandLineOfAnotherTree() throws {
    let packed = Self.board { $0.property("bootargs", text: "packed") }
    let loaders = Self.board { $0.property("bootargs", text: "loader's") }
    let (edited, _) = try #require(Self.edited(packed) { $0.arguments = loaders })
    #expect(PlainDeviceTree(edited)["chosen"]?["bootargs"] == Array("loader's\0".utf8))
  }

  @Test func readsWhatTheLoaderSays() {
    func read(_ chosen: @escaping (inout DeviceTreeBuilder) -> Void) -> [UInt64] {
      withTree(Self.board(chosen: chosen)) { [$0.initrd.start, $0.initrd.end] } ?? []
    }
    #expect(
      read {
        $0.property("linux,initrd-start", cells: 0x4800_0000)
        $0.property("linux,initrd-end", cells: 0, 0x4900_0000)
      } == [0x4800_0000, 0x4900_0000])
    #expect(
      read {
        $0.property("linux,initrd-start", cells: 1, 0)
        $0.property("linux,initrd-end", cells: 1, 0x1000)
      } == [0x1_0000_0000, 0x1_0000_1000])
    #expect(read { $0.property("linux,initrd-start", cells: 1) } == [0, 0])
    #expect(
      read {
        $0.property("linux,initrd-start", cells: 2)
        $0.property("linux,initrd-end", cells: 2)
      } == [0, 0])
    #expect(
      read {
        $0.property("linux,initrd-start", cells: 1)
        $0.property("linux,initrd-end", [1, 2])
      } == [0, 0])
  }

  @Test func failsWithTooLittleRoom() throws {
    let blob = Self.board { $0.property("bootargs", text: "x") }
    let (edited, _) = try #require(Self.edited(blob) { $0.append = Self.text })
    for capacity in 0...edited.count {
      let result = Self.edited(blob, capacity: capacity) { $0.append = Self.text }
      #expect((result != nil) == (capacity == edited.count), "\(capacity) of \(edited.count)")
    }
  }

  /// Whatever one byte is and wherever the tree ends: it fails, or what it writes can be written
  /// again.
  @Test func survivesEveryDamagedByteAndEveryTruncation() {
    let good = Self.board { $0.property("bootargs", text: "x") }
    func edit(_ blob: [UInt8]) {
      guard
        let (edited, _) = Self.edited(
          blob,
          {
            $0.append = Self.text
            $0.initrd = (1, 2)
          })
      else { return }
      #expect(withTree(edited) { $0.initrd.end } == 2)
      #expect(Self.edited(edited) { $0.timingByteCount = 8 } != nil)
    }
    for index in good.indices {
      for value: UInt8 in [0, 1, 2, 3, 4, 9, 0x2f, 0x40, 0x7f, 0x80, 0xff] {
        var blob = good
        blob[index] = value
        edit(blob)
      }
    }
    for count in 40..<good.count {
      var blob = Array(good.prefix(count))
      blob.replaceSubrange(4..<8, with: DeviceTreeBuilder.bigEndian([UInt32(count)]))
      edit(blob)
    }
  }

  /// The copy is all that is changed, and what lies behind the tree's blocks is left.
  @Test func copiesWhatBelongsToTheTree() throws {
    let good = Self.board { $0.property("bootargs", text: "x") }
    var padded = good + [UInt8](repeating: 0xcc, count: 1000)
    padded.replaceSubrange(4..<8, with: DeviceTreeBuilder.bigEndian([UInt32(padded.count)]))
    let (copy, _) = try #require(Self.edited(padded) { $0.arguments = nil })
    #expect(PlainDeviceTree(copy) == PlainDeviceTree(good))
    #expect(copy.count < 2 * good.count + 64)
    for capacity in 0..<copy.count {
      #expect(Self.edited(padded, capacity: capacity) { $0.arguments = nil } == nil)
    }
  }
}

extension UnsafeMutableBufferPointer<UInt8> {
  fileprivate static func allocate(aligned byteCount: Int) -> Self {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 8)
    return unsafe memory.bindMemory(to: UInt8.self)
  }
}
