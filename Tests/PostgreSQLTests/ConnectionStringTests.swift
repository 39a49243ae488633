import TestServer
import Testing

@testable import PostgreSQL

@Suite("Connection strings")
struct ConnectionStringTests {
    @Test(
        "what cannot be read, or would be read in another way, is refused without a word of it",
        arguments: [
            "postgresql://u:SECRET%PW@h/d", "postgresql://u:SECRET%@h/d", "postgresql://u:SECRET%00@h/d",
            "postgresql://u:SECRET@[::1/d", "postgresql://u:p@SECRET@h", "postgresql://u:p@SECRET@h/d",
            "postgresql://u:SEC/SECRET@h/d", "postgresql://u:SECRET/x@h/d", "postgresql://u:1/SECRET@h/d",
            "postgresql://h:SECRET/d",
            "postgresql://h/d?SECRET", "postgresql://h/d?passwort=SECRET", "postgresql://h/d?password=SECRET=x",
            "postgresql://h/d?password=SECRET%", "postgresql://h/d?sslpassword=SECRET%zz", "mysql://u:SECRET@h/d",
            "POSTGRESQL://u:SECRET@h/d", "postgres:/u:SECRET@h/d", "postgres:u:SECRET@h", "SECRET", "u:SECRET@h/d",
            " postgresql://u:SECRET@h/d", "password='SECRET", "host=h password=my SECRET", "password = 'a' SECRET",
            "host=h pasword=SECRET", "dbname=postgresql://u:SECRET@h/d", "dbname='mysql://u:SECRET@h/d' host=/nowhere",
            "host=mysql://u:SECRET@h/d", "port=SECRET", "sslpassword='SECRET", "password=SECRET\u{0}",
            // To Swift, a character that an accent follows is another one; to libpq it is not.
            "postgresql://u:p@\u{301}SECRET@h/d", "postgresql://u:p\u{600}@SECRET@h/d",
            "postgresql://u:1/\u{301}SECRET@h/d",
            "postgresql://u:1/SECRET@\u{200D}h/d", "postgresql://u:SECRET@[\u{301}::1/d",
        ])
    func refused(_ text: String) {
        let error = #expect(throws: PostgreSQLError.self) { try Connection(text) }
        #expect(error?.description.contains("SECRET") == false, "\(String(describing: error))")
        #expect(error?.description.contains("cannot be read") == true, "\(String(describing: error))")
    }

    @Test("a password that is read correctly is not repeated by what fails later, and not handed on in arguments")
    func redacted() throws {
        for text in [
            "postgresql://u:SECRET@localhost:1/d", "host=localhost port=1 password='SECRET'",
            "password = SECRET host = /nowhere",
            "postgresql://u@127.0.0.1:1/d?password=SECRET&sslpassword=SECRET", "postgresql://u:%53ECRET@[::1]:1/d",
        ] {
            let error = #expect(throws: PostgreSQLError.self) { try Connection(text) }
            #expect(error?.description.contains("SECRET") == false, "\(String(describing: error))")
            let address = try ConnectionString(text)
            #expect(address["password"] == "SECRET")
            #expect(!address.withoutSecrets.contains("SECRET"))
            #expect(address.redacting("connection with SECRET failed") == "connection with *** failed")
        }
        let odd = try ConnectionString("host='/a b' dbname='it''s'".replacing("''", with: #"\'"#))
        let again = try ConnectionString(odd.withoutSecrets)
        #expect(again["host"] == "/a b" && again["dbname"] == "it's")
    }

    @Test("another machine must use TLS and prove its name, unless something else is asked for")
    func security() throws {
        func mode(_ text: String, _ environment: [String: String] = [:]) throws -> String? {
            try ConnectionString(text).securityDefaults { environment[$0] }.first { $0.key == "sslmode" }?.value
        }
        for local in [
            "", "host=/run/postgresql", "host=localhost", "postgresql://127.0.0.1/d", "postgresql://[::1]:5432/d",
            "host=@x",
            "hostaddr=127.0.0.2", "dbname=d",
        ] { #expect(try mode(local) == nil, "\(local)") }
        for other in [
            "postgresql://db.example/d", "host=10.0.0.1", "host=127.0.0.1,db.example",
            "hostaddr=10.0.0.1 host=localhost",
            "host=127.0.0.1.example",
        ] { #expect(try mode(other) == "verify-full", "\(other)") }
        #expect(try mode("", ["PGHOST": "db.example"]) == "verify-full")
        #expect(try mode("host=db.example", ["PGSSLMODE": "require"]) == nil)
        #expect(try mode("postgresql://db.example/d?sslmode=prefer") == nil)
        #expect(try mode("service=x host=db.example") == nil)
    }
}
