import Foundation
import Testing

@Suite struct VerifyCommandTests {
  let content = Samples.text(byteCount: 300_000)

  private func line(for source: Data) throws -> String {
    let outcome = try Command.run("verify", "-", stdin: source)
    #expect(outcome.exitCode == 0)
    #expect(outcome.stderr.isEmpty)
    return String(decoding: outcome.stdout, as: UTF8.self)
  }

  @Test func saysSizesAndWhatWasVerified() throws {
    let frame = Samples.frame(content)
    #expect(
      try line(for: frame)
        == "<stdin>: ok: \(frame.count) bytes decode to 300000; 1 frame, 5 blocks; "
        + "verified: block checksums, content checksum, content size\n")
  }

  @Test func namesOnlyTheChecksumsThatThereAre() throws {
    let frame = Samples.frame(content, .init(hasBlockChecksums: false, hasContentSize: false))
    #expect(try line(for: frame).hasSuffix("; verified: content checksum\n"))
  }

  @Test func notesWhereNothingIsCovered() throws {
    let note = "note: no checksum covers this data"
    let frame = Samples.frame(content, .init(hasBlockChecksums: false, hasContentChecksum: false))
    #expect(try line(for: frame).hasSuffix("; verified: content size; \(note)\n"))
    #expect(try line(for: Samples.legacyFrame(content)).contains("; \(note); "))
  }

  @Test func looksAtTheChecksumsOfEveryFrame() throws {
    let frame = Samples.frame(content)
    #expect(try line(for: frame + frame).contains("; checksums verified in every frame"))
    #expect(
      try line(for: frame + Samples.legacyFrame(content))
        .contains("; note: there are frames that no checksum covers; "))
  }

  @Test func saysHowALegacyFrameEnded() throws {
    let legacy = Samples.legacyFrame(content)
    let size = littleEndian(UInt32(content.count))
    for (source, end) in [
      (legacy, "ends with the input"),
      (legacy + Data(count: 512), "ends before zero padding"),
      (legacy + size, "ends with its size, which is right"),
      (legacy + Samples.frame(content), "ends before another frame"),
    ] {
      #expect(try line(for: source).hasSuffix("; the legacy frame \(end)\n"))
    }
  }

  @Test func writesNoFile() throws {
    let folder = try Folder()
    try folder.write(Samples.frame(content), as: "in.lz4")
    #expect(try Command.run("verify", folder.path("in.lz4")).exitCode == 0)
    #expect(try folder.names == ["in.lz4"])
  }
}
