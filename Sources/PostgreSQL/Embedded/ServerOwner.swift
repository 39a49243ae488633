import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The user that the server's processes run as: whoever calls, or `postgres` where root calls.
struct ServerOwner {
    /// Where the server of a root whose home is private has its files.
    static let sharedDirectory = FilePath("/var/lib/registry")

    /// `nil` for the user that calls.
    let substitute: (user: uid_t, group: gid_t)?

    static func current() throws -> ServerOwner {
        guard geteuid() == 0 else { return ServerOwner(substitute: nil) }
        guard let entry = getpwnam("postgres") else { throw EmbeddedServerError.noServerUser }
        return ServerOwner(substitute: (entry.pointee.pw_uid, entry.pointee.pw_gid))
    }

    /// Makes the folder that holds the cluster, private to the owner.
    func makeServerDirectory(at path: FilePath) throws {
        guard !path.isDirectory else { return }
        unlink(path.string)  // A link whose target is gone.
        if let substitute, !canReach(path.removingLastComponent(), as: substitute) {
            let target = try makeSharedDirectory()
            guard symlink(target.string, path.string) == 0 else { throw EmbeddedServerError.file(path.string, errno) }
        } else {
            try path.makeDirectory()
            try give(path)
        }
    }

    private func makeSharedDirectory() throws -> FilePath {
        try Self.sharedDirectory.makeDirectory(permissions: 0o711)
        let directory = try FilePath.makeTemporaryDirectory(Self.sharedDirectory.appending("cluster-XXXXXX"))
        try give(directory)
        return directory
    }

    /// Makes the socket's folder: beside the data, or in the temporary folder where the path is longer than a Unix
    /// socket's may be.
    func makeSocketDirectory(near root: FilePath) throws -> FilePath {
        var directory = root.appending("socket")
        let longestName = "/.s.PGSQL.65535.lock"
        if directory.string.utf8.count + longestName.utf8.count >= MemoryLayout.size(ofValue: sockaddr_un().sun_path) {
            directory = try FilePath.makeTemporaryDirectory("/tmp/registry-XXXXXX")
        } else {
            try directory.makeDirectory()
        }
        try give(directory)
        return directory
    }

    private func give(_ path: FilePath) throws {
        guard let substitute else { return }
        guard chown(path.string, substitute.user, substitute.group) == 0 else {
            throw EmbeddedServerError.file(path.string, errno)
        }
    }

    /// Whether every folder down to `path` lets the user through. Groups beyond the user's own are not considered, which
    /// errs on the safe side.
    private func canReach(_ path: FilePath, as user: (user: uid_t, group: gid_t)) -> Bool {
        var folder = path.resolved
        while true {
            guard let status = try? folder.stat() else { return false }
            let needed: FilePermissions =
                status.userID.rawValue == user.user
                ? .ownerExecute : status.groupID.rawValue == user.group ? .groupExecute : .otherExecute
            guard status.permissions.contains(needed) else { return false }
            guard folder.removeLastComponent() else { return true }
        }
    }
}
