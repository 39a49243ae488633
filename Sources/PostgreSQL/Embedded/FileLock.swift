#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A lock between processes, released by the kernel when all that hold its descriptor have ended in whatever way.
struct FileLock: ~Copyable {
    let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Waits for the lock.
    ///
    /// - Parameter patience: Told when the waiting takes long, and how long it may take.
    /// - Throws: `EmbeddedServerError.locked` when it took too long.
    static func take(_ name: String, in folder: Folder, patience: Patience) throws -> FileLock {
        let path = folder.path.appending(name).string
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let descriptor = openat(folder.descriptor, name, flags, 0o600)
        guard descriptor >= 0 else {
            throw errno == ELOOP ? EmbeddedServerError.notAFile(path) : .file(path, errno)
        }
        let lock = FileLock(descriptor: descriptor)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw EmbeddedServerError.notAFile(path)
        }
        var patience = patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw EmbeddedServerError.file(path, errno) }
            guard patience.pause("Waiting for \(lock.holder), which holds \(path).") else {
                throw EmbeddedServerError.locked(path, holder: lock.holder)
            }
        }
        return lock
    }

    /// Who has the lock, as the kernel tells; it does not see processes of other containers.
    private var holder: String {
        var status = stat()
        guard fstat(descriptor, &status) == 0, let file = fopen("/proc/locks", "re") else { return Self.unknownHolder }
        defer { fclose(file) }
        // Such as “1: FLOCK  ADVISORY  WRITE 708 08:01:9636115 0 EOF”: process, and device and number of the file.
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                .split(separator: " ")
            guard words.count > 5, words[1] == "FLOCK", let process = pid_t(words[4]), process > 0,
                words[5].hasSuffix(":\(status.st_ino)")
            else { continue }
            return "process \(process)"
        }
        return Self.unknownHolder
    }

    private static let unknownHolder = "another command"
}

/// How long something is waited for, and that a person hears of it when it is not short.
struct Patience {
    private let start = ContinuousClock.now
    private let limit: Duration
    private let tell: @Sendable (String) -> Void
    private var hasTold = false

    init(limit: Duration, tell: @escaping @Sendable (String) -> Void) {
        self.limit = limit
        self.tell = tell
    }

    /// Waits a moment.
    ///
    /// - Parameters:
    ///   - reason: What is waited for; said once.
    ///   - silence: When it is said.
    /// - Returns: `false` when it has been waited for long enough.
    mutating func pause(_ reason: @autoclosure () -> String, after silence: Duration = .seconds(1)) -> Bool {
        let elapsed = ContinuousClock.now - start
        guard elapsed < limit else { return false }
        if !hasTold, elapsed > silence {
            hasTold = true
            tell(reason())
        }
        usleep(5_000)
        return true
    }

    var elapsed: Duration { ContinuousClock.now - start }
}
