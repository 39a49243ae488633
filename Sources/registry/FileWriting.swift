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
/// In a folder that others may write to, nothing they lay out is followed, replaced or written to: the new file's first
/// name cannot be guessed, and links, files and pipes are taken as Linux does it where `fs.protected_symlinks`,
/// `fs.protected_regular` and `fs.protected_fifos` are set.
func writeFile(_ bytes: [UInt8], to path: String) throws {
    do {
        let target = try linksFollowed(FilePath(path))
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

/// Where a path leads, without a link that is left in it.
private func linksFollowed(_ path: FilePath) throws -> FilePath {
    var rest = Array(path.components.reversed())
    var place = path.isAbsolute ? FilePath("/") : try workingFolder()
    var links = 0
    while let name = rest.popLast() {
        if name.kind == .parentDirectory { place.removeLastComponent() }
        guard name.kind == .regular else { continue }
        let next = place.appending(name)
        guard let found = try status(of: next) else {
            guard rest.isEmpty else { throw Errno.noSuchFileOrDirectory }
            return next
        }
        let kind = found.st_mode & S_IFMT
        if kind != S_IFDIR { try checkIsNotLaidOut(found, in: place) }
        guard kind == S_IFLNK else {
            place = next
            continue
        }
        // The kernel's links to open files (`/dev/stdout`) lead further than their text does.
        if place.starts(with: "/proc") { return next.appending(rest.reversed()) }
        links += 1
        guard links <= 40 else { throw Errno.tooManySymbolicLinkLevels }
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard readlink(next.string, &bytes, Int(PATH_MAX)) >= 0 else { throw Errno(rawValue: errno) }
        let target = FilePath(platformString: bytes)
        if target.isAbsolute { place = "/" }
        rest += target.components.reversed()
    }
    return place
}

/// Refuses what neither this user nor the folder's owner has put into a folder that everybody may write to.
private func checkIsNotLaidOut(_ found: stat, in folder: FilePath) throws {
    guard let parent = try status(of: folder) else { throw Errno.noSuchFileOrDirectory }
    let isShared = parent.st_mode & (S_ISVTX | S_IWOTH) == S_ISVTX | S_IWOTH
    guard !isShared || found.st_uid == geteuid() || found.st_uid == parent.st_uid else { throw Errno.permissionDenied }
}

private func workingFolder() throws -> FilePath {
    guard let path = getcwd(nil, 0) else { throw Errno(rawValue: errno) }
    defer { free(path) }
    return FilePath(platformString: path)
}

private func status(of path: FilePath) throws -> stat? {
    var status = stat()
    guard lstat(path.string, &status) == 0 else {
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
    if let parent = try? FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec]) {
        _ = try parent.closeAfter { fsync(parent.rawValue) }
    }
}

private func writeThrough(_ target: FilePath, _ bytes: [UInt8]) throws {
    let file = try FileDescriptor.open(target, .writeOnly, options: [.init(rawValue: O_NOCTTY), .closeOnExec])
    try file.closeAfter { _ = try file.writeAll(bytes) }
}
