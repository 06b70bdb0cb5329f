import Testing

@testable import BootFormats

@Suite struct DeviceTreeEditingTests {
  /// What `write` makes of a tree, and where the times lie; nil if it fails.
  static func edited(
    _ blob: [UInt8], capacity: Int = 4096, _ change: (inout ChosenChanges) -> Void
  ) -> (blob: [UInt8], timing: Int)? {
    withTree(blob) { tree in
      var changes = ChosenChanges()
      changes.arguments = tree
      change(&changes)
      return write(tree, capacity: capacity, changes)
    } ?? nil
  }

  static func write(
    _ tree: FlattenedDeviceTree, capacity: Int, _ changes: ChosenChanges
  ) -> (blob: [UInt8], timing: Int)? {
    // Behind the capacity nothing is written.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity + 64, alignment: 8)
    defer { unsafe memory.deallocate() }
    for index in memory.indices { unsafe memory[index] = 0xee }
    let timing = unsafe tree.write(to: memory.baseAddress!, capacity: capacity, with: changes)
    #expect(unsafe memory[capacity...].allSatisfy { $0 == 0xee })
    guard let timing else { return nil }
    return withTree(unsafe Array(memory)) { written in
      (unsafe Array(memory[..<written.byteCount]), timing)
    }
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

  static let text = Array("ro quiet".utf8)

  static func append(_ changes: inout ChosenChanges) {
    // It outlives the test.
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: text.count)
    for index in text.indices { unsafe memory[index] = text[index] }
    unsafe changes.setAppend(unsafeStart: memory, byteCount: text.count)
  }

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
      Self.append(&changes)
      changes.initrd = (0x1_2345_6789, 0x1_3456_789a)
      changes.timingByteCount = 24
    }
    let (edited, timing) = try #require(result)
    var expected = PlainDeviceTree(blob)
    let index = try #require(expected.root.children.firstIndex { $0.name == "chosen" })
    expected.root.children[index].properties = [
      .init(name: "bootargs", value: Array("console=ttyAMA0 ro quiet\0".utf8)),
      .init(name: "linux,initrd-start", value: Self.bigEndian(0x1_2345_6789)),
      .init(name: "linux,initrd-end", value: Self.bigEndian(0x1_3456_789a)),
      .init(name: "lz4boot,timing", value: [UInt8](repeating: 0, count: 24)),
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
    expected.root.children.append(
      .init(
        name: "chosen",
        properties: [
          .init(name: "bootargs", value: [0]),
          .init(name: "linux,initrd-start", value: Self.bigEndian(0x1000)),
          .init(name: "linux,initrd-end", value: Self.bigEndian(0x2000)),
        ]))
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
    let result = Self.edited(blob) { changes in if appends { Self.append(&changes) } }
    let (edited, _) = try #require(result)
    #expect(PlainDeviceTree(edited)["chosen"]?["bootargs"] == Array(after.utf8) + [0])
  }

  /// For a tree that replaces the loader's.
  @Test func takesTheCommandLineOfAnotherTree() throws {
    let packed = Self.board { $0.property("bootargs", text: "packed") }
    let loaders = Self.board { $0.property("bootargs", text: "loader's") }
    let result: (blob: [UInt8], timing: Int)??? = withTree(packed) { packed in
      withTree(loaders) { loaders in
        var changes = ChosenChanges()
        changes.arguments = loaders
        return Self.write(packed, capacity: 4096, changes)
      }
    }
    let (edited, _) = try #require((result ?? nil) ?? nil)
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
    let (edited, _) = try #require(Self.edited(blob) { Self.append(&$0) })
    for capacity in 0...edited.count {
      let result = Self.edited(blob, capacity: capacity) { Self.append(&$0) }
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
            Self.append(&$0)
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

  @Test func copiesWhatBelongsToTheTree() throws {
    let good = Self.board { $0.property("bootargs", text: "x") }
    var padded = good + [UInt8](repeating: 0xcc, count: 1000)
    padded.replaceSubrange(4..<8, with: DeviceTreeBuilder.bigEndian([UInt32(padded.count)]))
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: good.count + 8, alignment: 8)
    defer { unsafe memory.deallocate() }
    for index in memory.indices { unsafe memory[index] = 0xee }
    let isCopied = withTree(padded) {
      unsafe $0.copy(to: memory.baseAddress!, capacity: good.count)
    }
    #expect(isCopied == true)
    #expect(unsafe Array(memory) == good + [UInt8](repeating: 0xee, count: 8))
    #expect(
      withTree(padded) { unsafe $0.copy(to: memory.baseAddress!, capacity: good.count - 1) }
        == false)
  }
}
