// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled in Swift 6 mode with warnings as errors.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "registry",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "PostgreSQL",
            dependencies: [
                "CLibPQ",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .executableTarget(name: "sql-embedder", swiftSettings: strict),
        .plugin(name: "EmbedSQL", capability: .buildTool(), dependencies: ["sql-embedder"]),
        .target(
            name: "Store",
            dependencies: ["PostgreSQL", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict,
            plugins: ["EmbedSQL"]),
        .target(
            name: "TestServer",
            dependencies: ["PostgreSQL", .product(name: "SystemPackage", package: "swift-system")],
            path: "Tests/TestServer",
            swiftSettings: strict),
        .testTarget(
            name: "PostgreSQLTests",
            dependencies: [
                "PostgreSQL", "TestServer", .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .testTarget(name: "StoreTests", dependencies: ["PostgreSQL", "Store", "TestServer"], swiftSettings: strict),
    ]
)
