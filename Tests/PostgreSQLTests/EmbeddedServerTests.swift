import PostgreSQL
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
    /// Runs `body` with a server in an empty home, and stops it afterwards.
    private func withServer(
        _ home: FilePath? = nil, _ body: (EmbeddedServer) async throws -> Void
    ) async throws {
        let home = try home ?? TemporaryDirectory.make()
        let server = EmbeddedServer(home: home.appending("registry"))
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(server))
        } catch {
            result = .failure(error)
        }
        try server.stop()
        // The server's files may stand elsewhere, with a link to them in the home.
        if let directory = try server.dataDirectory?.removingLastComponent() {
            TemporaryDirectory.removeAfterThisProcess(directory)
        }
        TemporaryDirectory.removeAfterThisProcess(home)
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
        try await withServer { server in
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
        try await withServer { server in
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
        try await withServer { server in
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
        try await withServer { server in
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
        try await withServer { server in
            try expectAnswer(from: server)
            try server.stop()
            let data = try dataDirectory(of: server)
            let unfinished = data.removingLastComponent().appending("data.unfinished")
            system("mv \(data) \(unfinished) && rm \(unfinished)/PG_VERSION")
            try expectAnswer(from: server)
        }
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
