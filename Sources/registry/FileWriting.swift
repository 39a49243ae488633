import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Writes a file beside its place and moves it there when it is whole and on the disk; until then an old one stays.
///
/// The new file has the old one's mode, and its owner where that is allowed. Links lead to the file to write. Pipes and
/// devices are written to.
///
/// In a folder that others may write to, nothing they lay out is followed or written to: the new file's first name cannot
/// be guessed, and links are followed as Linux does it where `fs.protected_symlinks` is set.
func writeFile(_ bytes: [UInt8], to path: String) throws {
    do {
        let target = try linkFollowed(FilePath(path))
        let old = try status(of: target)
        switch old.map({ $0.st_mode & S_IFMT }) {
        case nil, S_IFREG: try replace(target, like: old, with: bytes)
        case S_IFDIR: throw Errno.isDirectory
        default: try writeThrough(target, bytes)
        }
    } catch let error as Errno {
        throw FileError.unwritable(path, reason: "\(error)".lowercased())
    }
}

/// Where a path leads: the path itself, or the end of a chain of links.
private func linkFollowed(_ path: FilePath) throws -> FilePath {
    var path = path
    for _ in 0..<40 {
        guard let link = try status(of: path), link.st_mode & S_IFMT == S_IFLNK else { return path }
        let folder = path.removingLastComponent()
        guard let parent = try status(of: folder.isEmpty ? "." : folder, followingLinks: true) else {
            throw Errno.noSuchFileOrDirectory
        }
        let isShared = parent.st_mode & (S_ISVTX | S_IWOTH) == S_ISVTX | S_IWOTH
        guard !isShared || link.st_uid == geteuid() || link.st_uid == parent.st_uid else {
            throw Errno.permissionDenied
        }
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard readlink(path.string, &bytes, Int(PATH_MAX)) >= 0 else { throw Errno(rawValue: errno) }
        let target = FilePath(platformString: bytes)
        // The kernel's links to open files (`/dev/stdout`) lead further than their text does.
        guard folder.starts(with: "/proc") == false else { return path }
        path = target.isAbsolute ? target : folder.pushing(target)
    }
    throw Errno.tooManySymbolicLinkLevels
}

private func status(of path: FilePath, followingLinks: Bool = false) throws -> stat? {
    var status = stat()
    guard fstatat(AT_FDCWD, path.string, &status, followingLinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else {
        guard errno == ENOENT else { throw Errno(rawValue: errno) }
        return nil
    }
    return status
}

private func replace(_ target: FilePath, like old: stat?, with bytes: [UInt8]) throws {
    let folder = target.removingLastComponent()
    let temporary = folder.appending(".registry-\(String(UInt64.random(in: .min ... .max), radix: 36))")
    let file = try FileDescriptor.open(
        temporary, .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
        permissions: FilePermissions(rawValue: old == nil ? 0o666 : 0o600))
    do {
        try file.closeAfter {
            if let old {
                // Only root may give a file away.
                _ = fchown(file.rawValue, old.st_uid, old.st_gid)
                guard fchmod(file.rawValue, old.st_mode & 0o777) == 0 else { throw Errno(rawValue: errno) }
            }
            _ = try file.writeAll(bytes)
            guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
        }
        guard rename(temporary.string, target.string) == 0 else { throw Errno(rawValue: errno) }
    } catch {
        unlink(temporary.string)
        throw error
    }
    // Some folders may be written to and not read, and some file systems cannot do it.
    if let parent = try? FileDescriptor.open(
        folder.isEmpty ? "." : folder, .readOnly, options: [.directory, .closeOnExec])
    {
        _ = try parent.closeAfter { fsync(parent.rawValue) }
    }
}

private func writeThrough(_ target: FilePath, _ bytes: [UInt8]) throws {
    let file = try FileDescriptor.open(target, .writeOnly, options: [.init(rawValue: O_NOCTTY), .closeOnExec])
    try file.closeAfter { _ = try file.writeAll(bytes) }
}
