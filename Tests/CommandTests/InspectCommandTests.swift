import Foundation
import Testing

@Suite struct InspectCommandTests {
  /// What `--json` prints; the keys are a promise.
  private struct Listing: Decodable, Equatable {
    var file = "<stdin>"
    var source_byte_count: Int
    var content_size: Int?
    var content_size_bound: Int
    var format: String
    var frame_count = 1
    var skippable_count = 0
    var block_count: Int
    var block_maximum: Int
    var independent_blocks = true
    var block_checksums = false
    var content_checksum = false
    var has_content_size = false
    var legacy_end = "none"
    var in_place_margin: Int
  }

  let content = Samples.text(byteCount: 300_000)

  private func listing(_ source: Data) throws -> Listing {
    let outcome = try Command.run("inspect", "--json", "-", stdin: source)
    #expect(outcome.exitCode == 0)
    #expect(outcome.stderr.isEmpty)
    return try JSONDecoder().decode(Listing.self, from: outcome.stdout)
  }

  @Test func jsonOfAFrame() throws {
    let frame = Samples.frame(content)
    let found = try listing(frame)
    #expect(
      found
        == Listing(
          source_byte_count: frame.count, content_size: 300_000, content_size_bound: 300_000,
          format: "frame", block_count: 5, block_maximum: 65536, block_checksums: true,
          content_checksum: true, has_content_size: true, in_place_margin: found.in_place_margin))
    #expect(found.in_place_margin > 0)
  }

  @Test func jsonOfALinkedFrameWithoutContentSize() throws {
    let found = try listing(Samples.frame(content, .init(isLinked: true, hasContentSize: false)))
    #expect(!found.independent_blocks && !found.has_content_size)
    #expect(found.content_size == nil)
    #expect(found.content_size_bound >= 300_000)
  }

  @Test func jsonOfALegacyFrameWithItsSize() throws {
    let source = Samples.legacyFrame(content) + littleEndian(UInt32(content.count))
    let found = try listing(source)
    #expect(found.format == "legacy" && found.legacy_end == "size")
    #expect(found.block_count == 1 && found.block_maximum == 8 << 20)
    #expect(found.content_size == 300_000)
  }

  @Test func jsonOfSeveralFrames() throws {
    let skippable = littleEndian(0x184d_2a5f as UInt32) + littleEndian(0 as UInt32)
    let frame = Samples.frame(content)
    let found = try listing(skippable + frame + skippable + frame)
    #expect(found.format == "frame" && found.frame_count == 2 && found.skippable_count == 2)
    #expect(found.block_count == 10 && found.content_size == 600_000)
    #expect(try listing(skippable).format == "skippable")
  }

  @Test func unknownSizesAreNullAndFileNamesAreQuoted() throws {
    let folder = try Folder()
    try folder.write(Samples.frame(content, .init(hasContentSize: false)), as: "a \"b\"\\\n.lz4")
    let outcome = try Command.run("inspect", "--json", folder.path("a \"b\"\\\n.lz4"))
    #expect(String(decoding: outcome.stdout, as: UTF8.self).contains("\"content_size\": null"))
    let found = try JSONDecoder().decode(Listing.self, from: outcome.stdout)
    #expect(found.file == folder.path("a \"b\"\\\n.lz4"))
  }

  @Test func theTableHasOneLinePerValue() throws {
    let outcome = try Command.run("inspect", "-", stdin: Samples.frame(content))
    let lines = String(decoding: outcome.stdout, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 15)
    #expect(lines.contains { $0.hasPrefix("content bytes ") && $0.hasSuffix(" 300000") })
    #expect(lines.contains { $0.hasPrefix("block checksums ") && $0.hasSuffix(" yes") })
  }
}
