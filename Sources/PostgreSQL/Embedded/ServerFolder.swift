import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The home and the folder of the server's files in it, checked before anything is done there.
struct ServerFolder {
    /// Where the servers of a root whose home is private have their files.
    static let sharedFolder = FilePath("/var/lib/registry")

    let home: Folder
    let owner: ServerOwner

    private static let name = "postgresql"

    /// - Parameter makes: Whether to make the home when it is not there.
    /// - Returns: `nil` when it is not there and not to be made.
    init?(home path: FilePath, owner: ServerOwner, makes: Bool) throws {
        var status = stat()
        if lstat(path.string, &status) != 0 {
            guard errno == ENOENT else { throw EmbeddedServerError.home(path.string, errno) }
            guard makes else { return nil }
            // Others have to pass through where the server runs as another user.
            do {
                home = try Folder.making(path, mode: owner.substitute == nil ? 0o700 : 0o711)
            } catch EmbeddedServerError.file(let place, let number) {
                throw EmbeddedServerError.home(place, number)
            }
        } else if status.isLink {
            guard status.st_uid == geteuid() || status.st_uid == 0 else {
                throw EmbeddedServerError.foreignFolder(path.string)
            }
            guard let target = realpath(path.string, nil) else { throw EmbeddedServerError.home(path.string, errno) }
            defer { free(target) }
            home = try Folder(FilePath(platformString: target))
        } else {
            home = try Folder(path)
        }
        self.owner = owner
        try home.check(owner: geteuid())
    }

    /// The folder of the server's files; `nil` when nothing was made yet.
    func existing() throws -> Folder? {
        guard let status = try home.status(of: Self.name) else { return nil }
        let folder: Folder
        if status.isLink {
            let place = home.path.appending(Self.name).string
            guard status.st_uid == geteuid() else { throw EmbeddedServerError.foreignFolder(place) }
            guard let target = realpath(place, nil) else {
                throw EmbeddedServerError.targetGone(link: place, target: home.target(ofLink: Self.name) ?? "")
            }
            defer { free(target) }
            folder = try Folder(FilePath(platformString: target))
            try checkIsOurs(folder)
        } else {
            folder = try home.folder(Self.name)
        }
        try folder.check(owner: owner.user)
        return folder
    }

    /// Makes the folder of the server's files, private to the server's owner.
    ///
    /// In the home, or, where the owner cannot pass through that, under `/var/lib/registry` with a link to it.
    func make() throws -> Folder {
        guard let substitute = owner.substitute, !canReach(home.realPath, as: substitute) else {
            let unfinished = "\(Self.name).\(Self.randomName())"
            guard try home.make(unfinished, mode: 0o700, owner: owner.substitute) != nil,
                renameat(home.descriptor, unfinished, home.descriptor, Self.name) == 0
            else { throw EmbeddedServerError.file(home.path.appending(Self.name).string, errno) }
            return try home.folder(Self.name)
        }
        let shared = try Self.shared()
        let name = "cluster-\(Self.randomName())"
        guard let folder = try shared.make(name, mode: 0o700, owner: substitute),
            symlinkat(home.realPath.string, shared.descriptor, "\(name).home") == 0,
            symlinkat(folder.path.string, home.descriptor, Self.name) == 0
        else { throw EmbeddedServerError.file(home.path.appending(Self.name).string, errno) }
        return folder
    }

    /// The folder of the server's socket: beside the data, or, where a Unix socket's path would be too long for that or
    /// cannot be written in a connection string, a private one that is always the same for this server.
    func socketFolder(of folder: Folder, processes: ServerProcesses) throws -> FilePath {
        let path = Self.socketPath(of: folder, owner: owner)
        guard path.removingLastComponent() != folder.realPath else {
            if try folder.status(of: "socket")?.isFolder != true {
                try processes.run("rm", ["-rf", "--", "socket"], in: folder)
                try processes.run("mkdir", ["-m", "0700", "--", "socket"], in: folder)
            }
            try folder.folder("socket").check(owner: owner.user)
            return path
        }
        let parent = try owner.substitute == nil ? Folder(path.removingLastComponent()) : Self.shared()
        let name = path.lastComponent?.string ?? ""
        try (try parent.make(name, mode: 0o700, owner: owner.substitute) ?? parent.folder(name))
            .check(owner: owner.user)
        return path
    }

    /// Removes the socket's folder where it stands elsewhere and is empty.
    func removeSocketFolder(of folder: Folder) {
        let path = Self.socketPath(of: folder, owner: owner)
        if path.removingLastComponent() != folder.realPath { rmdir(path.string) }
    }

    static func socketPath(of folder: Folder, owner: ServerOwner) -> FilePath {
        let path = folder.realPath.appending("socket")
        let longestName = "/.s.PGSQL.5432.lock"
        let capacity = MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        // A comma separates hosts in a connection string.
        if path.string.utf8.count + longestName.utf8.count < capacity, !path.string.utf8.contains(UInt8(ascii: ",")) {
            return path
        }
        // FNV-1a.
        let digest = path.string.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let name = "socket-" + String(digest, radix: 16)
        return owner.substitute == nil
            ? FilePath("/tmp/registry-\(geteuid())-\(name)") : sharedFolder.appending(name)
    }

    private static func shared() throws -> Folder {
        let folder = try Folder.making(sharedFolder, mode: 0o711)
        try folder.check(owner: 0)
        return folder
    }

    /// A copied home has a copy of the link to the original's files. Beside these stands a link back to their home.
    private func checkIsOurs(_ folder: Folder) throws {
        let place = folder.realPath
        guard owner.substitute != nil, place.removingLastComponent() == Self.sharedFolder,
            let name = place.lastComponent?.string
        else { return }
        let back = "\(name).home"
        let shared = try Self.shared()
        let ours = home.realPath.string
        guard let theirs = shared.target(ofLink: back), theirs != ours else {
            if try shared.status(of: back) == nil { symlinkat(ours, shared.descriptor, back) }
            return
        }
        // Moved, not copied, when the other home no longer exists.
        var status = stat()
        if lstat(FilePath(theirs).appending(Self.name).string, &status) == 0 {
            throw EmbeddedServerError.copiedHome(
                link: home.path.appending(Self.name).string, home: theirs)
        }
        unlinkat(shared.descriptor, back, 0)
        symlinkat(ours, shared.descriptor, back)
    }

    /// Whether every folder down to `path` lets the user through. Groups beyond the user's own are not considered, which
    /// errs on the safe side.
    private func canReach(_ path: FilePath, as user: ServerOwner.Substitute) -> Bool {
        var folder = path
        while true {
            guard let status = try? folder.stat() else { return false }
            let needed: FilePermissions =
                status.userID.rawValue == user.user
                ? .ownerExecute : status.groupID.rawValue == user.group ? .groupExecute : .otherExecute
            guard status.permissions.contains(needed) else { return false }
            guard folder.removeLastComponent() else { return true }
        }
    }

    private static func randomName() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }
}
