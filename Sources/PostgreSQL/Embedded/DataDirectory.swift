import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a server's data directory tells about the server, without starting a process.
struct DataDirectory {
    /// A server that accepts connections.
    struct RunningServer {
        let process: Int32
        let port: Int
        let socketDirectory: String
    }

    let path: FilePath

    init(_ path: FilePath) {
        self.path = path
    }

    /// E.g. `15`; `nil` when this is not a data directory.
    var majorVersion: String? {
        path.appending("PG_VERSION").firstLines(1)?.first
    }

    private var processFile: FilePath { path.appending("postmaster.pid") }

    /// The server that runs on this directory and answers on its socket.
    ///
    /// - Source: PostgreSQL, `src/include/miscadmin.h`: the lines of `postmaster.pid` are process, data directory, start
    ///   time, port, socket directory, listen address, shared memory, status.
    var runningServer: RunningServer? {
        guard let lines = processFile.firstLines(8), lines.count == 8, lines[7].hasPrefix("ready"),
            let process = Int32(lines[0]), let port = Int(lines[3]), !lines[4].isEmpty,
            Self.answers(socket: FilePath(lines[4]).appending(".s.PGSQL.\(port)"))
        else { return nil }
        return RunningServer(process: process, port: port, socketDirectory: lines[4])
    }

    /// Whether a server's process lives, be it one that answers or not.
    var hasServer: Bool {
        guard let line = processFile.firstLines(1)?.first, let process = Int32(line) else { return false }
        return isServer(process)
    }

    /// A killed server leaves `postmaster.pid` and its socket's lock file behind. PostgreSQL itself takes no notice of
    /// them when the process is gone, but refuses to start when the number belongs to another process of the same user
    /// by now, or to a dead one that nobody has waited for.
    func removeStaleLocks(socketDirectory: FilePath) throws {
        for file in [processFile, socketDirectory.appending(".s.PGSQL.5432.lock")] {
            guard let line = file.firstLines(1)?.first, let process = Int32(line), !isServer(process) else { continue }
            guard unlink(file.string) == 0 || errno == ENOENT else {
                throw EmbeddedServerError.file(file.string, errno)
            }
        }
    }

    /// A server's working directory is its data directory.
    private func isServer(_ process: Int32) -> Bool {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/\(process)/cwd", &target, target.count - 1)
        guard length > 0 else { return errno == EACCES }
        return FilePath(platformString: target) == path.resolved
    }

    /// Whether a server answers there. That a connection is accepted is not enough: a process that is being killed still
    /// accepts.
    private static func answers(socket path: FilePath) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.string.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else { return false }
        // `SSLRequest`: its length and the number 80877103. The answer is one byte, on a Unix socket always “N”.
        let question: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]
        guard send(descriptor, question, question.count, Int32(MSG_NOSIGNAL)) == question.count else {
            return false
        }
        var readable = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var answer: UInt8 = 0
        return poll(&readable, 1, 5_000) == 1 && recv(descriptor, &answer, 1, 0) == 1
    }
}
