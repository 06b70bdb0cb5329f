import Foundation
import Testing

/// Files and devices that fail: exit code 74, one line with the name and the system's reason.
@Suite struct FileTests {
  let folder = try! Folder()
  let content = Samples.text(byteCount: 300_000)

  private func expectFailure(
    _ outcome: Outcome, _ name: String, _ reason: String,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.exitCode == 74, sourceLocation: location)
    #expect(outcome.stderr == "lz4boot: \(name): \(reason)\n", sourceLocation: location)
  }

  @Test(arguments: ["decode", "verify", "inspect"])
  func aMissingFile(_ subcommand: String) throws {
    let path = folder.path("missing.lz4")
    expectFailure(try Command.run(subcommand, path), path, "No such file or directory")
  }

  @Test(arguments: ["verify", "inspect"])
  func aDirectory(_ subcommand: String) throws {
    expectFailure(
      try Command.run(subcommand, folder.url.path), folder.url.path, "Is a directory")
  }

  @Test(.enabled("root may read everything") { geteuid() != 0 })
  func anUnreadableFile() throws {
    try folder.write(Samples.frame(content), as: "in.lz4")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0], ofItemAtPath: folder.path("in.lz4"))
    let path = folder.path("in.lz4")
    expectFailure(try Command.run("verify", path), path, "Permission denied")
  }

  @Test func aLoopOfLinks() throws {
    let path = folder.path("loop.lz4")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
    expectFailure(
      try Command.run("verify", path), path, "Too many levels of symbolic links")
  }

  @Test func anOutputFolderThatDoesNotExist() throws {
    try folder.write(Samples.frame(content), as: "in.lz4")
    let path = folder.path("nowhere/out")
    expectFailure(
      try Command.run("decode", folder.path("in.lz4"), "-o", path), path,
      "No such file or directory")
  }

  @Test func anOutputThatIsAFolder() throws {
    try folder.write(Samples.frame(content), as: "in.lz4")
    let path = folder.url.path
    expectFailure(
      try Command.run("decode", folder.path("in.lz4"), "-o", path), path, "Is a directory")
  }

  @Test func aFullDevice() throws {
    try folder.write(Samples.frame(content), as: "in.lz4")
    let reason = "No space left on device"
    let file = folder.path("in.lz4")
    expectFailure(try Command.run("decode", "-o", "/dev/full", file), "/dev/full", reason)
    for arguments in [["decode", "-o", "-", file], ["verify", file], ["inspect", file]] {
      expectFailure(
        try Command.run(arguments, stdout: "/dev/full"), "<stdout>", reason)
    }
  }

  @Test func aWriteErrorLeavesNothingBehind() throws {
    try folder.write(Samples.frame(content), as: "in.lz4")
    try folder.write(Data("mine".utf8), as: "existing")
    for name in ["new", "existing"] {
      // 100 blocks of 512 bytes: the output is larger.
      let outcome = try Command.run(
        after: "ulimit -f 100", "decode", "-o", folder.path(name), folder.path("in.lz4"))
      expectFailure(outcome, folder.path(name), "File too large")
    }
    #expect(try folder.names == ["existing", "in.lz4"])
    #expect(try folder.read("existing") == Data("mine".utf8))
  }

  @Test func memoryThatIsNotThere() throws {
    // What is in the blocks does not matter: each may decode to 8 MiB.
    let block = littleEndian(40_000 as UInt32) + Data(repeating: 0x11, count: 40_000)
    let source = (0..<64).reduce(into: littleEndian(0x184c_2102 as UInt32)) { all, _ in all += block
    }
    try folder.write(source, as: "in.lz4")
    let outcome = try Command.run(
      after: "ulimit -v 400000", "decode", "-o", folder.path("out"), folder.path("in.lz4"))
    expectFailure(
      outcome, folder.path("in.lz4"),
      "cannot reserve \(512 << 20) bytes of memory: Cannot allocate memory")
    #expect(try folder.names == ["in.lz4"])
  }

  @Test func aDeviceIsWrittenToAndNotReplaced() throws {
    try folder.write(Samples.frame(content), as: "in.lz4")
    #expect(
      try Command.run("decode", "-o", "/dev/null", folder.path("in.lz4")).exitCode == 0)
    let type = try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type]
    #expect(type as? FileAttributeType == .typeCharacterSpecial)
  }

  @Test func aLinkStaysALink() throws {
    try folder.write(Samples.frame(content), as: "in.lz4")
    try folder.write(Data("old".utf8), as: "real")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: "real")
    #expect(
      try Command.run("decode", "-o", folder.path("link"), folder.path("in.lz4")).exitCode == 0)
    #expect(try folder.read("real") == content)
    let type = try FileManager.default.attributesOfItem(atPath: folder.path("link"))[.type]
    #expect(type as? FileAttributeType == .typeSymbolicLink)
  }

  @Test func aReplacedFileKeepsItsPermissions() throws {
    try folder.write(Samples.frame(Samples.text(byteCount: 1000)), as: "in.lz4")
    try folder.write(Data("private".utf8), as: "out")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: folder.path("out"))
    let outcome = try Command.run("decode", "-o", folder.path("out"), folder.path("in.lz4"))
    #expect(outcome.exitCode == 0)
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("out"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(attributes[.size] as? Int == 1000)
  }

  @Test func permissionsAreThoseOfTheUmask() throws {
    try folder.write(Samples.frame(content), as: "in.lz4")
    let outcome = try Command.run(
      after: "umask 027", "decode", "-o", folder.path("out"), folder.path("in.lz4"))
    #expect(outcome.exitCode == 0)
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("out"))
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o640)
  }
}
