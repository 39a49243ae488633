import CLinux
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A folder that is held open, so that what is done in it is done where its owner and mode were checked.
///
/// Root works in folders whose parents belong to others. A path may lead elsewhere from one call to the next; a
/// descriptor does not. No call here follows a link in its last component, and mode and owner are changed of nothing but
/// what the same call has just made.
final class Folder {
    let descriptor: Int32
    /// Where it was found: for messages.
    let path: FilePath

    private init(descriptor: Int32, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// - Throws: `EmbeddedServerError.notAFolder` for a link as well.
    convenience init(_ path: FilePath) throws {
        try self.init(path.string, in: AT_FDCWD, path: path)
    }

    private convenience init(_ name: String, in parent: Int32, path: FilePath) throws {
        let descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOTDIR || errno == ELOOP
                ? EmbeddedServerError.notAFolder(path.string) : .file(path.string, errno)
        }
        self.init(descriptor: descriptor, path: path)
    }

    /// The folder at a path; those that are missing are made as `mkdir -p` does it, the last with a mode of its own.
    static func making(_ path: FilePath, mode: mode_t) throws -> Folder {
        var missing: [FilePath.Component] = []
        var existing = path
        var descriptor = Int32(-1)
        while true {
            // Without the right to read: folders above are often private to others.
            descriptor = open_for_passing(existing.string)
            if descriptor >= 0 { break }
            guard errno == ENOENT, let name = existing.lastComponent else {
                throw EmbeddedServerError.file(existing.string, errno)
            }
            missing.append(name)
            existing.removeLastComponent()
        }
        var folder = Folder(descriptor: descriptor, path: existing)
        guard !missing.isEmpty else { return try Folder(path) }
        for name in missing.reversed().dropLast() {
            let place = folder.path.appending(name)
            guard mkdirat(folder.descriptor, name.string, 0o777) == 0 || errno == EEXIST else {
                throw EmbeddedServerError.file(place.string, errno)
            }
            folder = try folder.folder(name.string)
        }
        let name = missing[0].string
        return try folder.make(name, mode: mode) ?? folder.folder(name)
    }

    /// The folder of that name.
    func folder(_ name: String) throws -> Folder {
        try Folder(name, in: descriptor, path: path.appending(name))
    }

    /// Makes a folder, for another owner if one is given.
    ///
    /// Its mode does not depend on the umask where nobody else may write to this folder. Elsewhere the new folder could
    /// be another by the time it is opened, so there its mode and owner are left alone.
    ///
    /// - Returns: `nil` when something of that name is there already.
    func make(_ name: String, mode: mode_t, owner: ServerOwner.Substitute? = nil) throws -> Folder? {
        let place = path.appending(name)
        guard mkdirat(descriptor, name, mode) == 0 else {
            guard errno == EEXIST else { throw EmbeddedServerError.file(place.string, errno) }
            return nil
        }
        let made = try folder(name)
        do {
            try check(owner: geteuid())
        } catch  where owner == nil {
            return made
        }
        guard fchmod(made.descriptor, mode) == 0,
            owner.map({ fchown(made.descriptor, $0.user, $0.group) == 0 }) ?? true
        else {
            throw EmbeddedServerError.file(place.string, errno)
        }
        return made
    }

    func status() throws -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw EmbeddedServerError.file(path.string, errno) }
        return status
    }

    /// The status of what has that name, be it a link; `nil` when there is nothing.
    func status(of name: String) throws -> stat? {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            guard errno == ENOENT else { throw EmbeddedServerError.file(path.appending(name).string, errno) }
            return nil
        }
        return status
    }

    /// Checks that the folder is a certain user's, and that nobody else may write to it.
    func check(owner: uid_t) throws {
        let status = try status()
        guard status.st_uid == owner else { throw EmbeddedServerError.foreignFolder(path.string) }
        guard status.st_mode & 0o022 == 0 else { throw EmbeddedServerError.writableByOthers(path.string) }
    }

    /// The text of a small regular file; `nil` when there is none, or none that can be read.
    func text(of name: String, limit: Int = 4096) -> String? {
        // A FIFO must not block.
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = read(file, &bytes, limit)
        guard count >= 0 else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Its path without links, wherever it was moved to since it was opened.
    var realPath: FilePath { FilePath(linkTarget("/proc/self/fd/\(descriptor)") ?? path.string) }

    /// What a link of that name says.
    func target(ofLink name: String) -> String? { linkTarget(name, in: descriptor) }
}

/// Where a link points to; `nil` when it is none, or may not be read.
func linkTarget(_ path: String, in folder: Int32 = AT_FDCWD) -> String? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlinkat(folder, path, &target, target.count)
    guard length >= 0 else { return nil }
    return String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension stat {
    var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
    var isLink: Bool { st_mode & S_IFMT == S_IFLNK }
}
