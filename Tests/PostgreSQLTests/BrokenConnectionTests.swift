import Foundation
import PostgreSQL
import SystemPackage
import TestServer
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("Connections that break")
struct BrokenConnectionTests {
    @Test("no server there: a clear error that names the place")
    func nobodyThere() {
        let error = #expect(throws: PostgreSQLError.self) { try Connection("host=/nowhere/at/all") }
        #expect(error?.description.contains("/nowhere/at/all") == true)
        #expect(error?.isConnectionLoss == true)
    }

    @Test("a server that accepts and never answers: the attempt ends in time, and the next host has its turn")
    func neverAnswers() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try #require(bind(listener, $0, length) == 0)
                try #require(listen(listener, 1) == 0)
                try #require(getsockname(listener, $0, &length) == 0)
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        let error = #expect(throws: PostgreSQLError.self) {
            try Connection("host=127.0.0.1 port=\(port) dbname=x user=x", connectTimeout: 2)
        }
        #expect(error?.description.contains("timeout expired") == true, "\(String(describing: error))")

        // A host that is switched off must not keep clients from the one that took over.
        let database = try await TestServer.newDatabase()
        let hosts = database.replacing("host='", with: "host='127.0.0.1,").replacing("port=", with: "port=\(port),")
        let connection = try Connection(hosts, connectTimeout: 2)
        #expect(try connection.query("select 1 as one")[0]["one"] == 1)
    }

    @Test("a backend ended by an administrator in mid-query is a lost connection", arguments: [SIGTERM, SIGKILL])
    func backendEnds(signal: Int32) async throws {
        // SIGKILL of one backend makes the server restart all of them, so this test has a server of its own.
        let home = try TemporaryDirectory.make()
        let server = EmbeddedServer(home: home, settings: ["fsync": "off"])
        let connection = try Connection(server.start())
        guard case .running(_, let process, _) = try server.status else {
            Issue.record("the server does not run")
            return
        }
        TemporaryDirectory.removeAfterThisProcess(home, ending: process)
        let backend = connection.serverProcessID
        Thread.detachNewThread {
            usleep(50_000)
            kill(backend, signal)
        }
        let error = #expect(throws: PostgreSQLError.self) { try connection.query("select pg_sleep(60)") }
        #expect(error?.isConnectionLoss == true)
        #expect(throws: PostgreSQLError.self) { try connection.query("select 1") }
        try server.stop()
    }

    @Test(
        "a transaction that sends nothing for too long is ended by the server: a lost connection, no refused statement")
    func idleInTransaction() async throws {
        let connection = try Connection(await TestServer.newDatabase())
        let error = #expect(throws: PostgreSQLError.self) {
            try connection.transaction {
                let limit: String = try connection.query(
                    "select current_setting('idle_in_transaction_session_timeout') as limit")[0]["limit"]
                #expect(limit == "30s")
                try connection.execute("set local idle_in_transaction_session_timeout = '20ms'")
                usleep(300_000)
                try connection.execute("select 1")
            }
        }
        #expect(error?.isConnectionLoss == true, "\(String(describing: error))")
    }

    @Test("a server that stops answering: the statement ends in time and the connection is closed")
    func stopsAnswering() async throws {
        let connection = try Connection(await TestServer.newDatabase())
        connection.responseTimeout = .milliseconds(100)
        let error = #expect(throws: PostgreSQLError.self) { try connection.query("select pg_sleep(60)") }
        guard case .timedOut = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(throws: PostgreSQLError.self) { try connection.query("select 1") }
    }

    @Test("a connection cut between COMMIT and its answer: the outcome is unknown, and the server did commit")
    func commitOutcomeUnknown() async throws {
        let database = try await TestServer.newDatabase()
        let observer = try Connection(database)
        try observer.execute("create table public.item (id integer)")
        let connection = try Connection(
            FaultProxy(before: database) { $0.isCommit ? .unanswered : .passed }.connectionString)
        let error = #expect(throws: PostgreSQLError.self) {
            try connection.transaction { _ = try connection.execute("insert into public.item values (1)") }
        }
        guard case .commitOutcomeUnknown = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try observer.query("select * from public.item").count == 1)
    }
}
