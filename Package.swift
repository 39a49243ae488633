// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled in Swift 6 mode with warnings as errors.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "registry",
    targets: []
)
