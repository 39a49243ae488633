#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What the server said since it was started last.
///
/// The file stands in the home and is opened by whoever starts the server; the server has but its descriptor.
final class ServerLog {
    static let name = "postgresql.log"

    let descriptor: Int32
    private let start: off_t

    deinit { close(descriptor) }

    /// Opens the log for a start; one of more than 1 MiB becomes `postgresql.log.old` first.
    init(in home: Folder) throws {
        let path = home.path.appending(Self.name).string
        if let status = try home.status(of: Self.name), status.st_mode & S_IFMT == S_IFREG, status.st_size > 1 << 20 {
            renameat(home.descriptor, Self.name, home.descriptor, "\(Self.name).old")
        }
        let flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let descriptor = openat(home.descriptor, Self.name, flags, 0o600)
        guard descriptor >= 0 else {
            throw errno == ELOOP ? EmbeddedServerError.notAFile(path) : .file(path, errno)
        }
        var status = stat()
        // A file of several names may be an important one under another.
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 else {
            close(descriptor)
            throw EmbeddedServerError.notAFile(path)
        }
        self.descriptor = descriptor
        start = status.st_size
    }

    /// What was written since then; of much, the end.
    var text: String {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return "" }
        let from = max(start, status.st_size - 65_536)
        var bytes = [UInt8](repeating: 0, count: Int(max(0, status.st_size - from)))
        let count = pread(descriptor, &bytes, bytes.count, from)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }
}
