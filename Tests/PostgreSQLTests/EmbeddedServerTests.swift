import Foundation
import PostgreSQL
import Synchronization
import SystemPackage
import TestServer
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("The embedded server", .serialized)
struct EmbeddedServerTests {
    /// A home whose server was made, and stopped.
    private static let original = Task {
        let top = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(top)
        let server = EmbeddedServer(home: top.appending("registry"))
        _ = try server.start()
        try server.stop()
        return server.home
    }

    /// Runs `body` with a server that was made, and is stopped; then stops it.
    private func withStoppedServer(_ body: (EmbeddedServer) async throws -> Void) async throws {
        let top = try TemporaryDirectory.make()
        let original = try await Self.original.value
        #expect(system("cp -a \(original) \(top)/registry") == 0)
        try await withServer(top, body)
    }

    /// Runs `body` with a server in an empty home, and stops it afterwards.
    private func withServer(
        _ folder: FilePath? = nil, exactly home: FilePath? = nil, _ body: (EmbeddedServer) async throws -> Void
    ) async throws {
        let top = try home ?? folder ?? TemporaryDirectory.make()
        let server = EmbeddedServer(home: home ?? top.appending("registry"))
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(server))
        } catch {
            result = .failure(error)
        }
        _ = try? server.stop()
        // The server's files may stand elsewhere, with a link to them in the home.
        if let directory = try? server.dataDirectory?.removingLastComponent() {
            TemporaryDirectory.removeAfterThisProcess(directory)
            TemporaryDirectory.removeAfterThisProcess(FilePath("\(directory).home"))
        }
        TemporaryDirectory.removeAfterThisProcess(top)
        try result.get()
    }

    private func dataDirectory(of server: EmbeddedServer) throws -> FilePath { try #require(try server.dataDirectory) }

    private func process(of server: EmbeddedServer) throws -> Int32 {
        guard case .running(_, let process, _) = try server.status else { throw Errno.noSuchProcess }
        return process
    }

    @Test("it is made, started, found running, stopped, and started again with its data")
    func life() async throws {
        try await withServer { server in
            #expect(try server.status == .absent)
            let first = try Connection(server.start())
            try first.execute("create table public.kept (x integer)")
            let checksums: String = try first.query("select current_setting('data_checksums') as x")[0]["x"]
            let addresses: String = try first.query("select current_setting('listen_addresses') as x")[0]["x"]
            let fsync: String = try first.query("select current_setting('fsync') as x")[0]["x"]
            #expect([checksums, addresses, fsync] == ["on", "", "on"])
            let process = try process(of: server)
            _ = try server.start()
            #expect(try self.process(of: server) == process)
            #expect(try server.stop())
            guard case .stopped = try server.status else {
                Issue.record("\(try server.status)")
                return
            }
            #expect(try !server.stop())
            #expect(try Connection(server.start()).query("select * from public.kept").isEmpty)
        }
    }

    @Test("ten commands at once on an empty home: one cluster, all succeed")
    func concurrentStarts() async throws {
        try await withServer { server in
            let identifiers = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        let row = try Connection(server.start()).query(
                            "select system_identifier::text as x from pg_control_system()")[0]
                        return try row["x"]
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(identifiers.count == 10)
            #expect(Set(identifiers).count == 1)
        }
    }

    @Test(
        "the server's first process killed with -9: the next start recovers what was committed",
        arguments: [false, true])
    func killed(withChildren: Bool) async throws {
        try await withStoppedServer { server in
            let connection = try Connection(server.start())
            try connection.execute("create table public.kept as select generate_series(1, 1000) as x")
            let process = try process(of: server)
            if withChildren {
                for child in children(of: process) { kill(child, SIGKILL) }
            }
            kill(process, SIGKILL)
            let kept: Int = try Connection(server.start()).query("select count(*) as n from public.kept")[0]["n"]
            #expect(kept == 1000)
            #expect(try self.process(of: server) != process)
        }
    }

    @Test("a server that lost its socket is started again, and keeps its data")
    func lostSocket() async throws {
        try await withStoppedServer { server in
            let connection = try Connection(server.start())
            try connection.execute("create table public.kept as select generate_series(1, 1000) as x")
            let process = try process(of: server)
            let socket = try String(contentsOf: try dataDirectory(of: server).appending("postmaster.pid"))
                .split(separator: "\n", omittingEmptySubsequences: false)[4]
            #expect(unlink("\(socket)/.s.PGSQL.5432") == 0)
            let kept: Int = try Connection(server.start()).query("select count(*) as n from public.kept")[0]["n"]
            #expect(kept == 1000)
            #expect(try self.process(of: server) != process)
        }
    }

    @Test("a process file left behind whose number belongs to another process by now is seen through")
    func staleProcessFile() async throws {
        try await withStoppedServer { server in
            _ = try server.start()
            let file = try dataDirectory(of: server).appending("postmaster.pid")
            let lines = try String(contentsOf: file).split(separator: "\n", omittingEmptySubsequences: false)
            try server.stop()
            // A process of the server's own user that is not a server.
            let sleeper = popen("exec setpriv --reuid=$(stat -c %u \(try dataDirectory(of: server))) sleep 60", "w")
            usleep(200_000)
            let other = try #require(pid(named: "sleep"))
            defer {
                kill(other, SIGKILL)
                if let sleeper { pclose(sleeper) }
            }
            try write("\(other)\n" + lines.dropFirst().joined(separator: "\n"), to: file)
            _ = try server.start()
            #expect(try process(of: server) != other)
        }
    }

    @Test("a data directory of another major version is refused with the way out")
    func otherVersion() async throws {
        try await withStoppedServer { server in
            _ = try server.start()
            try server.stop()
            let file = try dataDirectory(of: server).appending("PG_VERSION")
            let version = try String(contentsOf: file)
            try write("9\n", to: file)
            let error = #expect(throws: EmbeddedServerError.self) { _ = try server.start() }
            #expect(error?.description.contains("apt-get install postgresql-9") == true)
            try write(version, to: file)
        }
    }

    @Test("a home that is private to root works, and so does one whose path is too long for a socket")
    func awkwardHomes() async throws {
        let privateHome = try TemporaryDirectory.make()
        chmod(privateHome.string, 0o700)
        try await withServer(privateHome) { server in
            try expectAnswer(from: server)
        }
        let long = try TemporaryDirectory.make()
        let deep = (0..<4).reduce(long) { path, _ in path.appending(String(repeating: "d", count: 40)) }
        try await withServer(deep) { server in
            try expectAnswer(from: server)
            try expectAnswer(from: server)
        }
        TemporaryDirectory.removeAfterThisProcess(long)
    }

    @Test("what was left of a killed first start is cleared away")
    func unfinishedCluster() async throws {
        try await withStoppedServer { server in
            try expectAnswer(from: server)
            try server.stop()
            let data = try dataDirectory(of: server)
            let unfinished = data.removingLastComponent().appending("data.unfinished")
            system("mv \(data) \(unfinished) && rm \(unfinished)/PG_VERSION")
            try expectAnswer(from: server)
        }
    }

    @Test("a home that is, or stands in, something else is refused, and that keeps its mode and contents")
    func homeIsNoFolder() throws {
        let folder = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(folder)
        let file = folder.appending("secret")
        try write("secret", to: file)
        chmod(file.string, 0o600)
        for home in [file, file.appending("x"), file.appending("x/y"), "/dev/null/x", "/dev/null"] {
            let before = try stat(of: home.starts(with: file) ? file : "/dev/null")
            #expect(throws: EmbeddedServerError.self) { try EmbeddedServer(home: home).start() }
            #expect(throws: EmbeddedServerError.self) { try EmbeddedServer(home: home).status }
            let after = try stat(of: home.starts(with: file) ? file : "/dev/null")
            #expect([after.st_mode, after.st_uid, after.st_gid] == [before.st_mode, before.st_uid, before.st_gid])
        }
        #expect(try String(contentsOf: file) == "secret")
    }

    @Test("a link or a device where the home's own files belong is refused, and nothing is made behind it")
    func plantedLinks() async throws {
        for name in ["lock", "postgresql.log", "postgresql"] {
            try await withServer { server in
                let victim = server.home.removingLastComponent().appending("victim-\(name)")
                #expect(mkdir(server.home.string, 0o711) == 0)
                #expect(symlink(victim.string, server.home.appending(name).string) == 0)
                #expect(throws: EmbeddedServerError.self) { try server.start() }
                #expect(access(victim.string, F_OK) != 0)
                unlink(server.home.appending(name).string)
                try expectAnswer(from: server)
            }
        }
        try await withServer { server in
            #expect(mkdir(server.home.string, 0o711) == 0)
            #expect(mkfifo(server.home.appending("lock").string, 0o600) == 0)
            #expect(throws: EmbeddedServerError.self) { try server.start() }
            unlink(server.home.appending("lock").string)
            // Another name of an important file.
            let important = server.home.removingLastComponent().appending("important")
            try write("important", to: important)
            #expect(link(important.string, server.home.appending("postgresql.log").string) == 0)
            #expect(throws: EmbeddedServerError.self) { try server.start() }
            #expect(try String(contentsOf: important) == "important")
        }
    }

    @Test(
        "links that the server's user lays out in his folder reach nothing of root's",
        .enabled("needs root") { geteuid() == 0 },
        arguments: [
            "socket", "data", "data.unfinished", "data/postmaster.pid", "data/PG_VERSION", "data/postgresql.conf",
            "data/pg_wal",
        ])
    func linksOfTheServersUser(name: String) async throws {
        let folder = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(folder)
        let victim = folder.appending("victim")
        let secret = victim.appending("secret")
        #expect(mkdir(victim.string, 0o700) == 0)
        try write("15\n", to: secret)
        chmod(secret.string, 0o600)
        for target in [victim, secret] {
            let before = try stat(of: target)
            try await withStoppedServer { server in
                try expectAnswer(from: server)
                try server.stop()
                let root = try dataDirectory(of: server).removingLastComponent()
                let asUser = "setpriv --reuid postgres --regid postgres --clear-groups -- sh -c"
                #expect(system("\(asUser) 'cd \(root) && rm -rf \(name) && ln -s \(target) \(name)'") == 0)
                _ = try? server.status
                _ = try? server.start()
                #expect(system("\(asUser) 'rm \(root)/\(name)' 2>/dev/null") >= 0)
                _ = try? server.stop()
            }
            let after = try stat(of: target)
            #expect([after.st_mode, after.st_uid, after.st_gid] == [before.st_mode, before.st_uid, before.st_gid])
            #expect(try String(contentsOf: secret) == "15\n")
        }
    }

    @Test(
        "another user's home is refused whether its server runs or not, and so is one that others may write to",
        .enabled("needs root") { geteuid() == 0 })
    func foreignHome() async throws {
        try await withStoppedServer { server in
            try expectAnswer(from: server)
            let postgres = try #require(getpwnam("postgres")).pointee.pw_uid
            for isStopped in [false, true] {
                if isStopped { try server.stop() }
                chown(server.home.string, postgres, 0)
                #expect(throws: EmbeddedServerError.self) { try server.start() }
                #expect(throws: EmbeddedServerError.self) { try server.status }
                #expect(throws: EmbeddedServerError.self) { try server.stop() }
                chown(server.home.string, 0, 0)
                for mode in [0o777, 0o1777, 0o775, 0o702] as [mode_t] {
                    chmod(server.home.string, mode)
                    let error = #expect(throws: EmbeddedServerError.self) { try server.start() }
                    #expect(error?.description.contains("chmod go-w") == true)
                    #expect(try stat(of: server.home).st_mode & 0o7777 == mode)
                }
                chmod(server.home.string, 0o711)
                try expectAnswer(from: server)
            }
            // A link of another user's to a home of one's own.
            let link = server.home.removingLastComponent().appending("link")
            #expect(symlink(server.home.string, link.string) == 0)
            try expectAnswer(from: EmbeddedServer(home: link))
            lchown(link.string, postgres, 0)
            #expect(throws: EmbeddedServerError.self) { try EmbeddedServer(home: link).start() }
        }
    }

    @Test("a copied home has a server of its own, made while the original's ran or not")
    func copiedHome() async throws {
        try await withStoppedServer { server in
            let original = try Connection(server.start())
            try original.execute("create table public.kept as select 1 as x")
            try original.execute("checkpoint")
            for isStopped in [false, true] {
                if isStopped { try server.stop() }
                let copy = server.home.removingLastComponent().appending("copy-\(isStopped)")
                #expect(system("cp -a \(server.home) \(copy)") == 0)
                try await withServer(exactly: copy) { other in
                    guard case .stopped = try other.status else {
                        Issue.record("\(try other.status)")
                        return
                    }
                    let connection = try Connection(other.start())
                    try connection.execute("insert into public.kept values (2)")
                    let folder: String = try connection.query("select current_setting('data_directory') as x")[0]["x"]
                    #expect(try folder == dataDirectory(of: other).string)
                }
                #expect(try Connection(server.start()).query("select x from public.kept").count == 1)
            }
        }
    }

    @Test(
        "a process file that is empty, cut, a pipe or a link stops nobody",
        arguments: ["", "12", "1\n", "pipe", "link"])
    func brokenProcessFile(contents: String) async throws {
        try await withStoppedServer { server in
            try Connection(server.start()).execute("create table public.kept as select 1 as x")
            let file = try dataDirectory(of: server).appending("postmaster.pid").string
            func breakFile() {
                unlink(file)
                switch contents {
                case "pipe": mkfifo(file, 0o644)
                case "link": symlink("/etc/passwd", file)
                default: try? write(contents, to: FilePath(file))
                }
            }
            // The server runs on, and nobody can tell where.
            breakFile()
            #expect(try Connection(server.start()).query("select x from public.kept").count == 1)
            try server.stop()
            breakFile()
            guard case .stopped = try server.status else {
                Issue.record("\(try server.status)")
                return
            }
            #expect(try Connection(server.start()).query("select x from public.kept").count == 1)
        }
    }

    @Test("a server whose files are broken: one reason, of this start, and it works when they are back")
    func brokenFiles() async throws {
        try await withServer { server in
            try Connection(server.start()).execute("create table public.kept as select 1 as x")
            try server.stop()
            let data = try dataDirectory(of: server)
            for (file, damage, reason) in [
                ("postgresql.conf", "echo 'shared_buffers = lots' > FILE", "contains errors"),
                ("postgresql.conf", "echo \"include 'postgresql.conf'\" > FILE", "contains errors"),
                ("postgresql.conf", "mkdir FILE", "contains errors"),
                ("postgresql.conf", "ln -s postgresql.conf FILE", "symbolic links"),
                ("postgresql.conf", "true", "No such file"),
                ("postgresql.auto.conf", "head -c 100 /dev/urandom > FILE", "contains errors"),
                ("pg_hba.conf", "true", "pg_hba.conf"), ("pg_hba.conf", "echo garbage > FILE", "pg_hba.conf"),
                ("pg_hba.conf", "touch FILE", "pg_hba.conf"),
                ("global/pg_control", "true", "could not find the database system"),
                ("global/pg_control", "touch FILE", "pg_control"),
                ("global/pg_control", "head -c 8192 /dev/urandom > FILE", "incompatible"),
                ("PG_VERSION", "touch FILE", "PG_VERSION"), ("PG_VERSION", "mkfifo FILE", "PG_VERSION"),
                ("PG_VERSION", "mkdir FILE", "PG_VERSION"), ("pg_wal", "true", "pg_wal"),
                ("pg_wal", "touch FILE", "pg_wal"), ("pg_wal", "mkdir FILE", "valid checkpoint record"),
            ] {
                let path = "\(data)/\(file)"
                #expect(system("mv \(path) \(path).kept && \(damage.replacing("FILE", with: path))") == 0)
                system("chown -h --reference=\(path).kept \(path) 2>/dev/null")
                let error = #expect(throws: EmbeddedServerError.self, "\(file): \(damage)") { try server.start() }
                #expect(error?.description.contains(reason) == true, "\(damage): \(String(describing: error))")
                #expect(system("rm -rf \(path) && mv \(path).kept \(path)") == 0)
            }
            // It reads its settings for ever.
            let path = "\(data)/postgresql.conf"
            #expect(system("mv \(path) \(path).kept && mkfifo \(path) && chown --reference=\(path).kept \(path)") == 0)
            let impatient = EmbeddedServer(home: server.home, patience: .seconds(1))
            let error = #expect(throws: EmbeddedServerError.self) { try impatient.start() }
            #expect(error?.description.contains("it hangs") == true, "\(String(describing: error))")
            #expect(system("rm \(path) && mv \(path).kept \(path)") == 0)
            let connection = try Connection(server.start())
            #expect(try connection.query("select x from public.kept").count == 1)
            // It starts, and a table's file is missing.
            let table: String = try connection.query("select pg_relation_filepath('public.kept') as path")[0]["path"]
            try server.stop()
            #expect(system("rm \(data)/\(table)") == 0)
            let missing = #expect(throws: PostgreSQLError.self) {
                try Connection(server.start()).query("select x from public.kept")
            }
            #expect(missing?.sqlState?.isOfDamagedFiles == true, "\(String(describing: missing))")
            #expect(missing?.description.contains(table) == true)
        }
    }

    @Test("who holds the lock is waited for with a word, and not for ever")
    func heldLock() async throws {
        try await withStoppedServer { server in
            _ = try server.start()
            try server.stop()
            let lock = open(server.home.appending("lock").string, O_RDWR | O_CLOEXEC)
            defer { close(lock) }
            #expect(flock(lock, LOCK_EX) == 0)
            let words = Mutex<[String]>([])
            let other = EmbeddedServer(home: server.home, patience: .seconds(3)) { word in
                words.withLock { $0.append(word) }
            }
            let error = #expect(throws: EmbeddedServerError.self) { try other.start() }
            guard case .locked = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let path = server.home.appending("lock")
            #expect(words.withLock { $0 } == ["Waiting for process \(getpid()), which holds \(path)."])
            #expect(error?.description.contains("process \(getpid())") == true)
            #expect(flock(lock, LOCK_UN) == 0)
            try expectAnswer(from: other)
        }
    }

    @Test("a server that does not answer for a while is not stopped by who waits for it")
    func slowServer() async throws {
        try await withStoppedServer { server in
            _ = try server.start()
            let process = try process(of: server)
            kill(process, SIGSTOP)
            let impatient = EmbeddedServer(home: server.home, patience: .seconds(3))
            let error = #expect(throws: EmbeddedServerError.self) { try impatient.start() }
            guard case .noAnswer = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            Thread.detachNewThread {
                sleep(8)
                kill(process, SIGCONT)
            }
            try expectAnswer(from: server)
            #expect(try self.process(of: server) == process)
        }
    }

    @Test("a server that is there and does not accept connections yet is waited for")
    func notAcceptingYet() async throws {
        try await withStoppedServer { server in
            let url = try server.start()
            try server.stop()
            let data = try dataDirectory(of: server)
            try write("", to: data.appending("standby.signal"))
            // It refuses all connections until it is promoted.
            let standby = EmbeddedServer(home: server.home, settings: ["hot_standby": "off"])
            Thread.detachNewThread { _ = try? standby.start() }
            var process: Int32?
            while process == nil {
                usleep(50_000)
                if case .notAnswering(_, let found) = try server.status { process = found }
            }
            let postmaster = try #require(process)
            sleep(1)
            let error = #expect(throws: PostgreSQLError.self) { try Connection(url) }
            #expect(error?.description.contains("not accepting connections") == true, "\(String(describing: error))")
            Thread.detachNewThread {
                sleep(2)
                system("touch \(data)/promote")
                kill(postmaster, SIGUSR1)
            }
            #expect(try Connection(url, patience: .seconds(30)).query("select 1 as one")[0]["one"] == 1)
        }
    }

    @Test("why a start failed is what this start said, not an earlier one")
    func reasonOfThisStart() async throws {
        try await withStoppedServer { server in
            _ = try server.start()
            try server.stop()
            system("echo '2020-01-01 UTC [1] FATAL:  an old reason' >> \(server.home)/postgresql.log")
            let broken = EmbeddedServer(home: server.home, settings: ["max_connections": "many"])
            let error = #expect(throws: EmbeddedServerError.self) { try broken.start() }
            #expect(error?.description.contains("max_connections") == true, "\(String(describing: error))")
            // Killed without a word.
            system("echo '2020-01-01 UTC [1] FATAL:  an old reason' >> \(server.home)/postgresql.log")
            let data = try dataDirectory(of: server)
            #expect(system("mv \(data)/global/pg_control \(data)/global/kept") == 0)
            let other = #expect(throws: EmbeddedServerError.self) { try server.start() }
            #expect(other?.description.contains("an old reason") == false, "\(String(describing: other))")
            #expect(system("mv \(data)/global/kept \(data)/global/pg_control") == 0)
        }
    }

    @Test(
        "a cluster that cannot be made: initdb's own reason, and the next start makes it",
        .enabled("needs the right to mount a tmpfs of limited size") {
            geteuid() == 0 && system("mount -t tmpfs -o size=4m tmpfs /mnt 2>/dev/null && umount /mnt") == 0
        })
    func fullDisk() async throws {
        let folder = try TemporaryDirectory.make()
        #expect(system("mount -t tmpfs -o size=10m,mode=711 tmpfs \(folder)") == 0)
        defer { system("umount -l \(folder); rmdir \(folder)") }
        try await withServer(exactly: folder.appending("home")) { server in
            let error = #expect(throws: EmbeddedServerError.self) { try server.start() }
            #expect(error?.description.contains("No space left on device") == true, "\(String(describing: error))")
            #expect(system("mount -o remount,size=400m \(folder)") == 0)
            try expectAnswer(from: server)
        }
    }

    private func stat(of path: FilePath) throws -> stat {
        var status = Glibc.stat()
        guard lstat(path.string, &status) == 0 else { throw Errno(rawValue: errno) }
        return status
    }

    private func expectAnswer(from server: EmbeddedServer) throws {
        let rows = try Connection(server.start()).query("select 1")
        #expect(rows.count == 1)
    }

    private func children(of process: Int32) -> [Int32] {
        let path = "/proc/\(process)/task/\(process)/children"
        return (try? String(contentsOf: FilePath(path)))?.split(separator: " ").compactMap { Int32($0) } ?? []
    }

    private func pid(named name: String) -> Int32? {
        guard let stream = popen("pgrep -n -x \(name)", "r") else { return nil }
        defer { pclose(stream) }
        var line = [CChar](repeating: 0, count: 32)
        guard fgets(&line, 32, stream) != nil else { return nil }
        return Int32(String(decoding: line.prefix { $0 != 10 && $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    private func write(_ text: String, to file: FilePath) throws {
        let descriptor = try FileDescriptor.open(
            file, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite, .otherRead])
        _ = try descriptor.closeAfter { try descriptor.writeAll(text.utf8) }
    }
}

extension String {
    fileprivate init(contentsOf file: FilePath) throws {
        let descriptor = try FileDescriptor.open(file, .readOnly)
        self = try descriptor.closeAfter {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = try bytes.withUnsafeMutableBytes { try descriptor.read(into: $0) }
            return String(decoding: bytes[..<count], as: UTF8.self)
        }
    }
}
