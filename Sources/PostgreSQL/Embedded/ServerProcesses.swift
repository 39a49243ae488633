import CLinux
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// PostgreSQL's programs, run as the server's owner in one of his folders.
///
/// What root has to do in a folder of the owner's, programs do that run as he. No shell is started.
///
/// Threads that train call this when they connect again, and they have no executor to wait on; and a server has to
/// outlive the process that started it. Hence the system's own calls.
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
    func binaries() throws -> [Binaries] {
        var directories: [FilePath] = []
        if let named = firstLine(of: "pg_config", ["--bindir"]) { directories.append(FilePath(named)) }
        let debian = FilePath("/usr/lib/postgresql")
        directories += entries(of: debian).sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
            .map { debian.appending("\($0)/bin") }
        directories += (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":").map {
            FilePath("\($0)")
        }
        var binaries: [Binaries] = []
        for directory in directories where access(directory.appending("initdb").string, X_OK) == 0 {
            // “postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)”
            guard let version = firstLine(of: directory.appending("postgres").string, ["--version"]) else { continue }
            let number = version.split(separator: " ").first { $0.first?.isNumber == true } ?? ""
            let major = String(number.prefix { $0.isNumber })
            guard !binaries.contains(where: { $0.majorVersion == major }) else { continue }
            binaries.append(Binaries(majorVersion: major, directory: directory))
        }
        guard !binaries.isEmpty else { throw EmbeddedServerError.noServerInstalled }
        return binaries
    }

    /// Runs a program to its end as the server's owner.
    ///
    /// - Parameters:
    ///   - input: What it reads from standard input.
    ///   - lock: Is held until the program has ended, also when this process ends before.
    /// - Returns: What it wrote.
    /// - Throws: `EmbeddedServerError.programFailed` with the reason it printed.
    @discardableResult
    func run(
        _ program: String, _ arguments: [String], in folder: Folder, input: String = "", lock: Int32? = nil
    ) throws -> String {
        let output = try UnnamedFile()
        let source = try UnnamedFile(containing: input)
        let process = try spawn(
            asOwner: [program] + arguments, in: folder, input: source.descriptor, output: output.descriptor, lock: lock)
        let status = wait(for: process)
        let text = output.text()
        guard status == 0 else { throw EmbeddedServerError.programFailed(program, reason: Self.reason(in: text)) }
        return text
    }

    /// Starts a server that goes on when this process has ended.
    func startServer(_ words: [String], in folder: Folder, log: Int32) throws -> pid_t {
        let input = try UnnamedFile()
        return try spawn(asOwner: words, in: folder, input: input.descriptor, output: log)
    }

    /// Waits, on a thread of its own, for the end of a server that this process has started: while nobody has waited for
    /// it, a dead process keeps its number.
    func reap(_ server: pid_t) {
        var thread = pthread_t()
        let argument = UnsafeMutableRawPointer(bitPattern: Int(server))
        let result = pthread_create(
            &thread, nil,
            { argument in
                var status: Int32 = 0
                waitpid(pid_t(Int(bitPattern: argument)), &status, 0)
                return nil
            }, argument)
        if result == 0 { pthread_detach(thread) }
    }

    /// The line of a program's output that says what went wrong.
    static func reason(in output: String) -> String {
        let lines = output.split(whereSeparator: \.isNewline)
        let named = lines.last { line in ["FATAL:", "PANIC:"].contains { line.contains($0) } }
        let found =
            named ?? lines.first { line in ["error:", "ERROR:", "could not"].contains { line.contains($0) } }
        return String(found ?? lines.last ?? "it ended without a word")
    }

    private func firstLine(of program: String, _ arguments: [String]) -> String? {
        guard let output = try? UnnamedFile(), let input = try? UnnamedFile(),
            let process = try? spawn(
                [program] + arguments, input: input.descriptor, output: output.descriptor),
            wait(for: process) == 0
        else { return nil }
        return output.text().split(whereSeparator: \.isNewline).first.map(String.init)
    }

    private func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }

    /// The user is changed by a program of its own: between fork and exec of a process with threads, glibc's `setuid` may
    /// wait forever for a lock that one of them holds.
    private func spawn(
        asOwner words: [String], in folder: Folder, input: Int32, output: Int32, lock: Int32? = nil
    ) throws -> pid_t {
        var words = words
        if let substitute = owner.substitute {
            words =
                ["setpriv", "--reuid", "\(substitute.user)", "--regid", "\(substitute.group)", "--clear-groups", "--"]
                + words
        }
        return try spawn(words, in: folder.descriptor, input: input, output: output, lock: lock)
    }

    private func spawn(
        _ words: [String], in folder: Int32? = nil, input: Int32, output: Int32, lock: Int32? = nil
    ) throws -> pid_t {
        // Nothing of the caller's environment that may be secret: the server's user can read it.
        let kept = ["PATH", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
            getenv(name).map { "\(name)=\(String(cString: $0))" }
        }
        let strings = (words: CStrings(words), environment: CStrings(kept + ["LC_ALL=C"]))
        var process = pid_t()
        let error = withExtendedLifetime(strings) {
            spawn_program(
                &process, strings.words.mutablePointers, strings.environment.mutablePointers, folder ?? -1, input,
                output,
                lock ?? -1)
        }
        guard error == 0 else {
            let isMissing = error == ENOENT && !words[0].contains("/")
            throw EmbeddedServerError.programFailed(
                words[0], reason: isMissing ? "no folder of PATH has it" : String(cString: strerror(error)))
        }
        return process
    }
}

/// A file in memory that a program reads from or writes to.
private struct UnnamedFile: ~Copyable {
    let descriptor: Int32

    init(containing text: String = "") throws {
        descriptor = unnamed_file()
        guard descriptor >= 0 else { throw EmbeddedServerError.file("memfd", errno) }
        let bytes = Array(text.utf8)
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw EmbeddedServerError.file("memfd", errno)
        }
    }

    deinit { close(descriptor) }

    /// All that was written to it.
    func text() -> String {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }
}

/// The names in a directory, without `.` and `..`; empty when it cannot be read.
func entries(of directory: FilePath) -> [String] {
    guard let stream = opendir(directory.string) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}
