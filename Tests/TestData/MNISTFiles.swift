import Datasets
import FoundationEssentials
import SystemPackage

/// The real MNIST: from a folder that lies beside the project, or fetched once and kept with the build.
package enum MNISTFiles {
    private static let root = FilePath(#filePath).removingLastComponent().appending("../..").lexicallyNormalized()
    private static let near = root.appending("../shared/data/mnist").lexicallyNormalized()
    private static let cache = root.appending(".build/datasets")

    private static let loading = Task { () throws -> ImageDataset in
        guard let known = KnownDataset.named("mnist") else { throw DatasetError.unknown("mnist") }
        let isNear = FileManager.default.fileExists(atPath: near.string)
        return try await DatasetFetcher(cache: cache, report: { _ in }).fetch(known, from: isNear ? near : nil)
    }

    /// Images and labels.
    package static func dataset() async throws -> ImageDataset { try await loading.value }

    /// A folder with the four files.
    package static func folder() async throws -> FilePath {
        _ = try await loading.value
        return FileManager.default.fileExists(atPath: near.string) ? near : cache.appending("mnist")
    }
}
