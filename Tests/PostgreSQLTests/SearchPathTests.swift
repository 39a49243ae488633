import PostgreSQL
import TestServer
import Testing

@Suite("The search path of a session")
struct SearchPathTests {
    @Test("a function of public that fits better than the server's own is not called")
    func ignoresPublic() async throws {
        let database = try await TestServer.newDatabase()
        let connection = try Connection(database)
        try connection.script(
            """
            create function public.power(bigint, integer) returns text language sql as 'select ''foreign''::text';
            create function public.plus(bigint, text) returns text language sql as 'select ''foreign''::text';
            create operator public.+ (leftarg = bigint, rightarg = text, function = public.plus);
            """)
        // Also where the role or the database has another path, and after a transaction.
        try connection.execute("alter database \(connection.database) set search_path = public, pg_catalog")
        let later = try Connection(database + " options='-c search_path=public'")
        func power() throws -> Double { try later.query("select power(2::bigint, 3) as x")[0]["x"] }
        #expect(try power() == 8)
        #expect(try later.transaction { try power() } == 8)
        #expect(throws: PostgreSQLError.self) { try later.query("select 1::bigint + 'x'::text") }
        #expect(try power() == 8)
        #expect(!later.isPooled)
    }
}

extension Connection {
    fileprivate var database: String {
        get throws { try query("select current_database()::text as name")[0]["name"] }
    }
}
