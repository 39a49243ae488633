import Foundation
import PostgreSQL
import TestServer
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("Statements, transactions and notifications")
struct StatementTests {
    private func connect() async throws -> Connection {
        let connection = try Connection(await TestServer.newDatabase())
        try connection.execute("create table public.item (id integer constraint item_pkey primary key, name text)")
        return connection
    }

    private func count(_ connection: Connection) throws -> Int {
        try connection.query("select count(*) as n from public.item")[0]["n"]
    }

    @Test("affected rows are counted")
    func affectedRows() async throws {
        let connection = try await connect()
        #expect(try connection.execute("insert into public.item select generate_series(1, 5)") == 5)
        #expect(try connection.execute("update public.item set name = $1 where id > $2", "x", 3) == 2)
        #expect(try connection.execute("delete from public.item where id = 99") == 0)
    }

    @Test("a violated constraint is reported with SQLSTATE, table and constraint")
    func constraint() async throws {
        let connection = try await connect()
        try connection.execute("insert into public.item values (1)")
        let error = #expect(throws: PostgreSQLError.self) {
            try connection.execute("insert into public.item values (1)")
        }
        guard case .server(let server) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(server.sqlState == .uniqueViolation)
        #expect(server.table == "item")
        #expect(server.constraint == "item_pkey")
        #expect(error?.isConnectionLoss == false)
    }

    @Test("a transaction is kept when its body returns and undone when it throws")
    func transactions() async throws {
        struct Stop: Error {}
        let connection = try await connect()
        try connection.transaction { _ = try connection.execute("insert into public.item values (1)") }
        #expect(throws: Stop.self) {
            try connection.transaction {
                try connection.execute("insert into public.item values (2)")
                throw Stop()
            }
        }
        #expect(try count(connection) == 1)
    }

    @Test("an inner transaction is a savepoint")
    func savepoints() async throws {
        let connection = try await connect()
        try connection.transaction {
            try connection.execute("insert into public.item values (1)")
            try? connection.transaction {
                try connection.execute("insert into public.item values (2)")
                try connection.execute("insert into public.item values (1)")
            }
            try connection.transaction { _ = try connection.execute("insert into public.item values (3)") }
        }
        let ids = try connection.query("select id from public.item order by id").map { row -> Int in try row["id"] }
        #expect(ids == [1, 3])
    }

    @Test("a transaction whose failed statement was swallowed does not count as committed")
    func swallowedFailure() async throws {
        let connection = try await connect()
        let error = #expect(throws: PostgreSQLError.self) {
            try connection.transaction {
                try connection.execute("insert into public.item values (1)")
                _ = try? connection.execute("select 1 / 0")
            }
        }
        guard case .transactionAborted = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try count(connection) == 0)
    }

    @Test("two transactions that can't be put in order: the second is told to try again")
    func serializationFailure() async throws {
        let database = try await TestServer.newDatabase()
        let (a, b) = (try Connection(database), try Connection(database))
        try a.script("create table public.counter (n integer); insert into public.counter values (0)")
        let error = #expect(throws: PostgreSQLError.self) {
            try a.transaction {
                try a.execute("set transaction isolation level repeatable read")
                _ = try a.query("select n from public.counter")
                try b.execute("update public.counter set n = n + 1")
                try a.execute("update public.counter set n = n + 1")
            }
        }
        #expect(error?.sqlState == .serializationFailure)
        #expect(error?.isTransient == true)
    }

    @Test("a statement that needs more temporary files than its role may have is not tried again")
    func temporaryFiles() async throws {
        let connection = try Connection(try await TestServer.newDatabase())
        try connection.script("set work_mem = '64kB'; set temp_file_limit = 0")
        let error = #expect(throws: PostgreSQLError.self) {
            _ = try connection.query("select number from generate_series(1, 100000) as number order by -number")
        }
        #expect(error?.isTransient == false)
        #expect(error?.description.contains("temp_file_limit") == true, "\(String(describing: error))")
        #expect(error?.description.contains("SQLSTATE") == false)
    }

    @Test("a notification reaches a listener, and waiting for none ends in time")
    func notifications() async throws {
        let database = try await TestServer.newDatabase()
        let (sender, listener) = (try Connection(database), try Connection(database))
        try listener.listen(to: "a \"quoted\" channel")
        #expect(try listener.notifications(waiting: .milliseconds(20)).isEmpty)
        try sender.notify("a \"quoted\" channel", "hello")
        let received = try listener.notifications(waiting: .seconds(10))
        #expect(received.map(\.payload) == ["hello"])
        #expect(received.first?.serverProcessID == sender.serverProcessID)
    }

    @Test("a statement that is cancelled fails, and the connection stays usable")
    func cancel() async throws {
        let database = try await TestServer.newDatabase()
        let connection = try Connection(database)
        let process = Int(connection.serverProcessID)
        Thread.detachNewThread {
            usleep(100_000)
            _ = try? Connection(database).query("select pg_cancel_backend($1)", process)
        }
        let error = #expect(throws: PostgreSQLError.self) { try connection.query("select pg_sleep(60)") }
        #expect(error?.sqlState == .queryCanceled)
        let answer: Int = try connection.query("select 42 as answer")[0]["answer"]
        #expect(answer == 42)
    }

    @Test("rows stream into a table and out of it")
    func copy() async throws {
        let connection = try await connect()
        try connection.execute(
            "create table public.sample (a smallint, b integer, c bigint, d real, e double precision, f text, g bytea, h real[])"
        )
        let stored = try connection.copy(
            into: "public.sample", columns: ["a", "b", "c", "d", "e", "f", "g", "h"]
        ) { writer in
            for index in 0..<20_000 {
                try writer.row { row in
                    row.int2(Int16(index % 100))
                    row.int4(Int32(index))
                    row.int8(Int64(index) << 32)
                    row.float4(Float(index) / 3)
                    if index.isMultiple(of: 2) { row.float8(.nan) } else { row.null() }
                    row.text("ü\(index)")
                    withUnsafeBytes(of: UInt8(truncatingIfNeeded: index)) { row.bytea($0) }
                    row.float4Array(index == 0 ? [] : [Float(index), .infinity])
                }
            }
        }
        #expect(stored == 20_000)
        let row = try connection.query("select * from public.sample where b = 12345")[0]
        #expect(try row["c"] == 12345 << 32)
        #expect(try row["d"] == Float(12345) / 3)
        #expect((try row["e"] as Double?) == nil)
        #expect(try row["f"] == "ü12345")
        #expect(try row["g"] == [UInt8(truncatingIfNeeded: 12345)])
        #expect(try row["h"] == [Float(12345), .infinity])
        var next: Int32 = 0
        try connection.copy(from: "select b, g, c from public.sample order by b") { row in
            #expect(try row.int4() == next)
            try row.bytea { #expect($0.count == 1) }
            #expect(try row.int8() == Int64(next) << 32)
            next += 1
        }
        #expect(next == 20_000)
    }

    @Test("a copy whose input fails stores nothing, and the connection stays usable")
    func abortedCopy() async throws {
        struct Stop: Error {}
        let connection = try await connect()
        #expect(throws: Stop.self) {
            _ = try connection.copy(into: "public.item", columns: ["id"]) { writer in
                for index in 0..<100_000 { try writer.row { $0.int4(Int32(index)) } }
                throw Stop()
            }
        }
        #expect(throws: PostgreSQLError.self) {
            _ = try connection.copy(into: "public.item", columns: ["id", "name"]) { writer in
                try writer.row { $0.int4(1) }
            }
        }
        let error = #expect(throws: PostgreSQLError.self) {
            _ = try connection.copy(into: "public.item", columns: ["id"]) { writer in
                for _ in 0..<2 { try writer.row { $0.int4(7) } }
            }
        }
        #expect(error?.sqlState == .uniqueViolation)
        #expect(throws: Stop.self) {
            try connection.copy(from: "select generate_series(1, 100000)") { _ in throw Stop() }
        }
        #expect(try count(connection) == 0)
    }
}
