import Subprocess
import SystemPackage

/// PostgreSQL's server programs, run as the server's owner.
struct ServerProcesses {
    let owner: ServerOwner

    /// The programs of one release.
    struct Binaries {
        let majorVersion: String
        let directory: FilePath
    }

    /// The installed releases: the one `pg_config` tells of, then `/usr/lib/postgresql/*/bin`, newest first, then `PATH`.
    ///
    /// - Throws: `EmbeddedServerError.noServerInstalled`.
    func binaries() async throws -> [Binaries] {
        var directories: [FilePath] = []
        if let named = try? await output(of: .name("pg_config"), ["--bindir"]) { directories.append(FilePath(named)) }
        let debian = FilePath("/usr/lib/postgresql")
        directories += debian.entries.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { debian.appending("\($0)/bin") }
        if let found = try? await Executable.name("postgres").resolveExecutablePath(in: .inherit) {
            directories.append(found.removingLastComponent())
        }
        var binaries: [Binaries] = []
        for directory in directories where directory.appending("initdb").isExecutable {
            guard !binaries.contains(where: { $0.directory == directory }),
                let version = try? await output(of: .path(directory.appending("postgres")), ["--version"])
            else { continue }
            // “postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)”
            let number = version.split(separator: " ").first { $0.first?.isNumber == true } ?? ""
            binaries.append(Binaries(majorVersion: String(number.prefix { $0.isNumber }), directory: directory))
        }
        guard !binaries.isEmpty else { throw EmbeddedServerError.noServerInstalled }
        return binaries
    }

    /// The programs that a new cluster is made with.
    func newestBinaries() async throws -> FilePath {
        let found = try await binaries()
        guard let newest = found.max(by: { (Int($0.majorVersion) ?? 0) < (Int($1.majorVersion) ?? 0) }) else {
            throw EmbeddedServerError.noServerInstalled
        }
        return newest.directory
    }

    /// Runs a program to its end as the server's owner.
    ///
    /// - Throws: `EmbeddedServerError.programFailed` with the last line it printed.
    func run(_ program: FilePath, _ arguments: [String]) async throws {
        var options = PlatformOptions()
        // A session of its own: Ctrl-C in the terminal must not reach the server.
        options.createSession = true
        let (executable, arguments) = command(program, arguments)
        let result = try await Subprocess.run(
            executable, arguments: Arguments(arguments),
            environment: .inherit.updating(["LC_ALL": "C", "PGDATA": nil]), workingDirectory: "/",
            platformOptions: options, output: .discarded, error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            let lines = result.standardError.split(whereSeparator: \.isNewline)
            throw EmbeddedServerError.programFailed(
                program.string, reason: lines.suffix(2).joined(separator: "; "))
        }
    }

    /// The user is changed by a program of its own: between fork and exec of a process with threads, glibc's `setuid` may
    /// wait forever for a lock that one of them holds.
    private func command(_ program: FilePath, _ arguments: [String]) -> (Executable, [String]) {
        guard let substitute = owner.substitute else { return (.path(program), arguments) }
        let identity = ["--reuid", "\(substitute.user)", "--regid", "\(substitute.group)", "--clear-groups", "--"]
        return (.name("setpriv"), identity + [program.string] + arguments)
    }

    private func output(of program: Executable, _ arguments: [String]) async throws -> String? {
        let result = try await Subprocess.run(
            program, arguments: Arguments(arguments), output: .string(limit: 4096), error: .discarded)
        guard result.terminationStatus.isSuccess else { return nil }
        return result.standardOutput.split(whereSeparator: \.isNewline).first.map(String.init)
    }
}
