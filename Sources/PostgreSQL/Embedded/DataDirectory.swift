import CLinux
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a server's data directory tells about the server, without starting a process.
struct DataDirectory {
    static let name = "data"
    static let processFile = "postmaster.pid"

    private let folder: Folder
    let path: FilePath
    /// E.g. `15`.
    let majorVersion: String

    /// - Parameter parent: The folder of the server's files.
    /// - Returns: `nil` when there is none yet, or an empty one.
    /// - Throws: `EmbeddedServerError.notAFolder`, `.notADataDirectory`.
    init?(in parent: Folder) throws {
        guard try parent.status(of: Self.name) != nil else { return nil }
        folder = try parent.folder(Self.name)
        path = folder.realPath
        try folder.check(owner: parent.status().st_uid)
        guard let version = folder.text(of: "PG_VERSION")?.split(separator: "\n").first, Int(version) != nil else {
            if entries(of: path).isEmpty { return nil }
            throw EmbeddedServerError.notADataDirectory(path.string)
        }
        majorVersion = String(version)
    }

    /// Whether a server runs on this directory.
    enum Server {
        case none
        /// It is being started, recovers or ends.
        case busy(process: pid_t)
        /// It is ready, but does not answer: it is stopped, or the machine is.
        case silent(process: pid_t)
        /// It is ready, but nobody can reach it: its socket is gone, or its directory was moved.
        case unreachable(process: pid_t)
        case answering(process: pid_t, socketFolder: String)

        var process: pid_t? {
            switch self {
            case .none: nil
            case .busy(let process), .silent(let process), .unreachable(let process), .answering(let process, _):
                process
            }
        }
    }

    /// - Source: PostgreSQL, `src/include/miscadmin.h`: the lines of `postmaster.pid` are process, data directory, start
    ///   time, port, socket directory, listen address, shared memory, status.
    func server() throws -> Server {
        let lines = folder.text(of: Self.processFile)?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
        // The file may be cut short, or a copy that came with the directory.
        guard lines.count >= 8, lines[1] == path.string, let process = pid_t(lines[0]) else {
            return runningProcess().map { .unreachable(process: $0) } ?? .none
        }
        var probe = Probe.unreachable
        if lines[7].hasPrefix("ready"), lines[3] == "5432" {
            probe = try Self.probe(socket: FilePath("\(lines[4])/.s.PGSQL.5432"), owner: folder.status().st_uid)
        }
        if case .answered = probe { return .answering(process: process, socketFolder: String(lines[4])) }
        // Its number may have gone to another process.
        guard isServer(process) else { return runningProcess().map { .unreachable(process: $0) } ?? .none }
        if !lines[7].hasPrefix("ready") { return .busy(process: process) }
        return probe == .silent ? .silent(process: process) : .unreachable(process: process)
    }

    /// The first process of a server of this directory, found without `postmaster.pid`.
    private func runningProcess() -> pid_t? {
        let processes = entries(of: "/proc").compactMap { pid_t($0) }.filter(isServer)
        return processes.first { process in
            // “…) S PARENT …”: the name in the brackets may have brackets itself.
            guard let proc = try? Folder(FilePath("/proc/\(process)")), let text = proc.text(of: "stat"),
                let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 1,
                let parent = pid_t(fields[1])
            else { return false }
            return !processes.contains(parent)
        }
    }

    /// A server's working directory is its data directory.
    private func isServer(_ process: pid_t) -> Bool {
        guard let directory = linkTarget("/proc/\(process)/cwd"), directory == path.string,
            let program = linkTarget("/proc/\(process)/exe")
        else { return false }
        return FilePath(program.replacing(" (deleted)", with: "")).lastComponent == "postgres"
    }

    private enum Probe {
        case answered, silent, unreachable
    }

    /// Whether a server of that user answers there. That a connection is accepted is not enough: a process that is
    /// stopped or is being killed still accepts.
    private static func probe(socket path: FilePath, owner: uid_t) -> Probe {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.string.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return .unreachable }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return .silent }
        defer { close(descriptor) }
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        // With as many waiting as the socket's queue holds: try again.
        guard isConnected else { return errno == EAGAIN ? .silent : .unreachable }
        guard peer_user(descriptor) == owner else { return .unreachable }
        // `SSLRequest`: its length and the number 80877103. The answer is one byte, on a Unix socket always “N”.
        let question: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]
        guard send(descriptor, question, question.count, Int32(MSG_NOSIGNAL)) == question.count else {
            return .unreachable
        }
        var readable = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&readable, 1, 2_000) == 1 else { return .silent }
        var answer: UInt8 = 0
        return recv(descriptor, &answer, 1, 0) == 1 ? .answered : .unreachable
    }
}
