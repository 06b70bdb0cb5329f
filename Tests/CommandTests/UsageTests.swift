import Testing

@Suite struct UsageTests {
  @Test(arguments: [
    ["explode"], ["verify"], ["verify", "--loud", "x"], ["decode", "a", "b"], ["pack", "Image"],
    ["pack", "Image", "-o", "out", "--level", "13"],
    ["pack", "Image", "-o", "out", "--level", "0"],
    ["pack", "Image", "-o", "out", "--level", "high"], ["inspect", "--json"],
    ["pack", "Image", "-o", "out", "--block-size", "2M"],
    ["compress", "in"], ["compress", "-o", "out"], ["compress", "in", "-o", "out", "--level", "0"],
    ["compress", "in", "-o", "out", "--block-size", "2M"],
    ["compress", "in", "-o", "out", "--block-size", ""],
  ])
  func badUsage(_ arguments: [String]) throws {
    let outcome = try Command.run(arguments)
    #expect(outcome.exitCode == 64)
    #expect(!outcome.stderr.isEmpty && outcome.stdout.isEmpty)
  }

  @Test(arguments: [
    ["--help"], ["decode", "--help"], ["verify", "--help"], ["inspect", "--help"],
    ["compress", "--help"], ["pack", "--help"], ["--version"],
  ])
  func helpAndVersion(_ arguments: [String]) throws {
    let outcome = try Command.run(arguments)
    #expect(outcome.exitCode == 0)
    #expect(!outcome.stdout.isEmpty && outcome.stderr.isEmpty)
  }
}
