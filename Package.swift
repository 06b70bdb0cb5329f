// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "lz4boot",
  products: [
    .library(name: "LZ4Boot", targets: ["LZ4Boot"]),
    .executable(name: "lz4boot", targets: ["LZ4BootCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // The C contract, and the system's liblz4 and libsodium (host only).
    .systemLibrary(name: "CLZ4Boot"),
    .systemLibrary(
      name: "CLibSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CLibLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),

    // Freestanding: the Makefile compiles the same sources as Embedded Swift.
    .target(name: "LZ4Boot", dependencies: ["CLZ4Boot"], swiftSettings: strict),
    .target(name: "BootFormats", swiftSettings: strict),
    .target(name: "StubCryptoInstructions"),
    .target(name: "StubCrypto", dependencies: ["StubCryptoInstructions"], swiftSettings: strict),

    .executableTarget(
      name: "LZ4BootCommand",
      dependencies: [
        "BootFormats", "CLZ4Boot", "CLibLZ4", "CLibSodium", "LZ4Boot",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/lz4boot",
      swiftSettings: strict
    ),

    .testTarget(
      name: "LZ4BootTests", dependencies: ["CLZ4Boot", "LZ4Boot"], swiftSettings: strict),
    .testTarget(
      name: "DifferentialTests", dependencies: ["CLZ4Boot", "CLibLZ4", "LZ4Boot"],
      swiftSettings: strict),
    .testTarget(name: "BootFormatsTests", dependencies: ["BootFormats"], swiftSettings: strict),
    .testTarget(
      name: "StubCryptoTests",
      dependencies: ["CLibSodium", "StubCrypto"], exclude: ["rfc8032.txt"],
      swiftSettings: strict),
    .testTarget(name: "ObjectTests", exclude: ["size.sh", "stack.sh"], swiftSettings: strict),
    .testTarget(
      name: "CommandTests", dependencies: ["CLibLZ4", "CLibSodium", "LZ4BootCommand"],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
