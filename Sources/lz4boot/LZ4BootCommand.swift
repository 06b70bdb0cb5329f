import ArgumentParser
import Glibc

@main
struct LZ4BootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lz4boot",
    abstract: "Decode LZ4 safely and make self-extracting arm64 kernel Images.",
    discussion: """
      Exit status: 0; 1 when data is refused, with one line on stderr that says where and why \
      (lz4boot: FILE: block 3, byte 812: offset_out_of_range: ...); 64 for bad usage; 74 when a \
      file or memory fails.
      """,
    version: "lz4boot 0.1.0",
    subcommands: [
      DecodeCommand.self, VerifyCommand.self, InspectCommand.self, CompressCommand.self,
      PackCommand.self,
    ]
  )

  static func main() {
    _ = Run.start
    // A file beyond the size limit is then an error, which cleans up, and no signal.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as CommandFailure {
      writeError("lz4boot: \(failure.message)\n")
      Glibc.exit(failure.exitCode)
    } catch {
      exit(withError: error)
    }
  }
}
