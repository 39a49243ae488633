// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled in Swift 6 mode with warnings as errors.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// The kernels are compiled once per instruction set, from one folder, and optimised in debug builds too.
func kernels(_ name: String, _ flags: [String]) -> Target {
    .target(
        name: name,
        dependencies: ["KernelTypes"],
        swiftSettings: strict + [.unsafeFlags(["-Ounchecked", "-wmo", "-num-threads", "2"] + flags)])
}

#if arch(x86_64)
let kernelTargets = [
    kernels("KernelsBaseline", []),
    kernels("KernelsV3", ["-Xcc", "-march=x86-64-v3", "-DKERNELS_V3"]),
    kernels("KernelsV4", ["-Xcc", "-march=x86-64-v4", "-DKERNELS_V4"]),
]
#else
let kernelTargets = [kernels("KernelsBaseline", [])]
#endif

/// Of make fuzz: the archive of libFuzzer, which sees what an input does in code that is compiled so.
let libFuzzer = Context.environment["LIBFUZZER"]
let watched: [SwiftSetting] = libFuzzer == nil ? [] : [.unsafeFlags(["-sanitize=fuzzer,address"])]
let watchedC: [CSetting] = libFuzzer == nil ? [] : [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])]
let fuzzTargets: [Target] =
    libFuzzer.map { archive in
        [
            .systemLibrary(name: "CLibFuzzer", path: "Fuzzing/CLibFuzzer"),
            .executableTarget(
                name: "fuzz-readers",
                dependencies: [
                    "CLibFuzzer", "Datasets", "NeuralNetwork", "TestData",
                    .product(name: "SystemPackage", package: "swift-system"),
                ],
                path: "Fuzzing/FuzzReaders",
                swiftSettings: strict + watched,
                linkerSettings: [.unsafeFlags(["-sanitize=address", "-Xlinker", archive]), .linkedLibrary("stdc++")]),
        ]
    } ?? []

let package = Package(
    name: "registry",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: kernelTargets + fuzzTargets + [
        .target(name: "CPUFeatures"),
        .target(name: "KernelTypes", swiftSettings: strict),
        .target(
            name: "Kernels",
            dependencies: ["CPUFeatures", "KernelTypes"] + kernelTargets.map { .init(stringLiteral: $0.name) },
            swiftSettings: strict),
        .target(name: "Samples", swiftSettings: strict + watched),
        .target(
            name: "NeuralNetwork", dependencies: ["CPUFeatures", "KernelTypes", "Samples"],
            swiftSettings: strict + watched),
        .target(
            name: "CPictures", cSettings: watchedC, linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png16")]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "Datasets",
            dependencies: [
                "CPictures", "CZip", "CZlib", "Samples",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            // It measures every pixel: without optimisation an import of MNIST takes a minute.
            swiftSettings: strict + watched + [.unsafeFlags(["-O"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(name: "CLinux"),
        .target(
            name: "PostgreSQL",
            dependencies: [
                "CLibPQ", "CLinux",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .executableTarget(name: "sql-embedder", swiftSettings: strict),
        .plugin(name: "EmbedSQL", capability: .buildTool(), dependencies: ["sql-embedder"]),
        .target(
            name: "Store",
            dependencies: ["PostgreSQL", "Samples", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict,
            plugins: ["EmbedSQL"]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .target(name: "Reporting", dependencies: ["CPNG"], swiftSettings: strict),
        .target(
            name: "Trainer",
            dependencies: [
                "NeuralNetwork", "PostgreSQL", "Samples", "Store",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .target(
            name: "Judgement",
            dependencies: ["NeuralNetwork", "PostgreSQL", "Reporting", "Samples", "Store", "Trainer"],
            swiftSettings: strict),
        .executableTarget(
            name: "registry",
            dependencies: [
                "Datasets", "Judgement", "Kernels", "KernelTypes", "NeuralNetwork", "PostgreSQL", "Reporting",
                "Samples", "Store", "Trainer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "engine-benchmark",
            dependencies: [
                "Datasets", "KernelProbes", "Kernels", "KernelTypes", "NeuralNetwork", "Reporting", "Samples",
                "TestData", "Trainer",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Benchmarks/EngineBenchmark",
            swiftSettings: strict),
        .executableTarget(
            name: "queue-benchmark",
            dependencies: [
                "PostgreSQL", "Reporting", "Store", "TestServer",
            ],
            path: "Benchmarks/QueueBenchmark",
            swiftSettings: strict),
        .target(
            name: "TestServer",
            dependencies: ["PostgreSQL", .product(name: "SystemPackage", package: "swift-system")],
            path: "Tests/TestServer",
            swiftSettings: strict),
        .target(
            name: "KernelProbes",
            dependencies: ["KernelTypes"] + kernelTargets.map { .init(stringLiteral: $0.name) },
            path: "Tests/KernelProbes",
            swiftSettings: strict),
        .target(
            name: "TestData",
            dependencies: ["CZlib", "Datasets", .product(name: "SystemPackage", package: "swift-system")],
            path: "Tests/TestData",
            // It computes every pixel of made images, and loses what JPEG loses.
            swiftSettings: strict + [.unsafeFlags(["-O"])]),
        .testTarget(
            name: "PostgreSQLTests",
            dependencies: [
                "PostgreSQL", "TestServer", .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "DatasetsTests",
            dependencies: [
                "Datasets", "Samples", "TestData", .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "NeuralNetworkTests",
            dependencies: [
                "KernelProbes", "Kernels", "KernelTypes", "NeuralNetwork", "Samples", "TestData",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            resources: [
                .copy("Resources/architectures"), .copy("Resources/onnx"), .copy("Resources/pytorch"),
                .copy("Resources/safetensors"),
            ],
            swiftSettings: strict),
        .testTarget(name: "ReportingTests", dependencies: ["Reporting"], swiftSettings: strict),
        .testTarget(
            name: "registryTests",
            dependencies: [
                "Datasets", "NeuralNetwork", "PostgreSQL", "Samples", "TestData", "TestServer", "Trainer", "registry",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            resources: [.copy("Resources")],
            swiftSettings: strict),
        .testTarget(
            name: "StoreTests",
            dependencies: ["PostgreSQL", "Samples", "Store", "TestServer"],
            swiftSettings: strict),
        .testTarget(
            name: "TrainerTests", dependencies: ["NeuralNetwork", "Samples", "Store", "Trainer"], swiftSettings: strict),
    ]
)
