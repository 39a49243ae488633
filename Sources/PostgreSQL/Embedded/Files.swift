import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The few operations on files that the embedded server needs.
extension FilePath {
    var isDirectory: Bool { (try? stat().type) == .directory }

    /// The same place without links; unchanged when it is not there.
    var resolved: FilePath {
        guard let path = realpath(string, nil) else { return self }
        defer { free(path) }
        return FilePath(platformString: path)
    }

    var isExecutable: Bool { access(string, X_OK) == 0 }

    var isOwnedByThisUser: Bool { (try? stat().userID.rawValue) == geteuid() }

    /// Makes this directory and those above it; one that is there already is left as it is.
    func makeDirectory(permissions: mode_t = 0o700) throws {
        guard !isDirectory else { return }
        let parent = removingLastComponent()
        if !parent.isEmpty, !parent.isDirectory { try parent.makeDirectory(permissions: 0o755) }
        guard mkdir(string, permissions) == 0 || errno == EEXIST else { throw EmbeddedServerError.file(string, errno) }
        // Whatever the umask took away.
        guard chmod(string, permissions) == 0 else { throw EmbeddedServerError.file(string, errno) }
    }

    /// - Parameter template: Ends in `XXXXXX`, which are replaced so that the directory is new; its mode is 0700.
    static func makeTemporaryDirectory(_ template: FilePath) throws -> FilePath {
        var name = Array(template.string.utf8CString)
        guard mkdtemp(&name) != nil else { throw EmbeddedServerError.file(template.string, errno) }
        return FilePath(platformString: name)
    }

    /// The names in a directory, without `.` and `..`; empty when it can't be read.
    var entries: [String] {
        guard let stream = opendir(string) else { return [] }
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

    /// Removes a file, or a directory with all that is in it; links are removed, not followed.
    func removeTree() throws {
        guard let status = try? stat(followTargetSymlink: false) else { return }
        if status.type == .directory {
            for entry in entries { try appending(entry).removeTree() }
            guard rmdir(string) == 0 else { throw EmbeddedServerError.file(string, errno) }
        } else {
            guard unlink(string) == 0 else { throw EmbeddedServerError.file(string, errno) }
        }
    }

    /// The first lines of a small text file; `nil` when it can't be read.
    func firstLines(_ count: Int) -> [String]? {
        guard let text = contents() else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(count)
        return lines.map { String($0) }
    }

    /// The last line of a small text file that contains a word.
    func lastLine(containing word: String) -> String? {
        contents()?.split(whereSeparator: \.isNewline).last { $0.contains(word) }.map(String.init)
    }

    /// Bytes; 0 when there is no such file.
    var size: Int64 { (try? stat().size) ?? 0 }

    private func contents() -> String? {
        guard let file = try? FileDescriptor.open(self, .readOnly, options: .closeOnExec) else { return nil }
        defer { try? file.close() }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while let count = try? buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
            text += buffer[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }

    func append(_ text: String) throws {
        do {
            let file = try FileDescriptor.open(self, .writeOnly, options: [.append, .closeOnExec])
            _ = try file.closeAfter { try file.writeAll(text.utf8) }
        } catch let error as Errno {
            throw EmbeddedServerError.file(string, error.rawValue)
        }
    }
}

/// A lock between processes, released by the kernel when its holder ends in whatever way.
enum FileLock {
    static func withLock<Value>(on path: FilePath, _ body: () async throws -> Value) async throws -> Value {
        let descriptor = open(path.string, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw EmbeddedServerError.file(path.string, errno) }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw EmbeddedServerError.file(path.string, errno) }
            try await Task.sleep(for: .milliseconds(5))
        }
        return try await body()
    }
}
