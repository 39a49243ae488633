import PostgreSQL
import Synchronization
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A PostgreSQL server for the tests of one process: started by the first test that needs it, gone with the process.
package enum TestServer {
    private static let shared = Starter()
    private static let templates = Templates()
    private static let databases = Atomic<Int>(0)

    /// Makes an empty database.
    ///
    /// - Returns: Its connection string.
    package static func newDatabase() async throws -> String { try await newDatabase(template: nil) }

    /// Makes a database with what a template has: the first one who asks for that fills it, all others get copies.
    ///
    /// - Parameters:
    ///   - template: A name for the contents.
    ///   - fill: Fills a database, given its connection string, and leaves no connection open.
    /// - Returns: The copy's connection string.
    package static func newDatabase(
        like template: String, filledBy fill: @escaping @Sendable (String) async throws -> Void
    ) async throws -> String {
        let original = try await templates.connectionString(of: template, filledBy: fill)
        return try await newDatabase(template: String(original.split(separator: "dbname=")[1]))
    }

    private static func newDatabase(template: String?) async throws -> String {
        let server = "host='\(try await shared.socketFolder())' port=5432 user=postgres"
        let name = "test_\(databases.add(1, ordering: .relaxed).newValue)"
        try Connection("\(server) dbname=\(EmbeddedServer.database)")
            .execute("create database \(name)\(template.map { " template \($0)" } ?? "")")
        return "\(server) dbname=\(name)"
    }

    private actor Templates {
        private var filled: [String: Task<String, any Error>] = [:]

        func connectionString(
            of template: String, filledBy fill: @escaping @Sendable (String) async throws -> Void
        ) async throws -> String {
            let task =
                filled[template]
                ?? Task {
                    let database = try await TestServer.newDatabase()
                    try await fill(database)
                    return database
                }
            filled[template] = task
            return try await task.value
        }
    }

    private actor Starter {
        private var starting: Task<String, any Error>?

        func socketFolder() async throws -> String {
            if let starting { return try await starting.value }
            let task = Task { try await Self.start() }
            starting = task
            return try await task.value
        }

        /// Durability is what other tests are about: without fsync these are several times faster.
        private static func start() async throws -> String {
            let home = try TemporaryDirectory.make()
            let server = EmbeddedServer(
                home: home, settings: ["fsync": "off", "max_connections": "200", "log_min_messages": "panic"])
            _ = try server.start()
            guard case .running(_, let process, let socketFolder) = try server.status else {
                throw EmbeddedServerError.didNotStart(log: "\(home)", reason: "it is not running")
            }
            TemporaryDirectory.removeAfterThisProcess(home, ending: process)
            return socketFolder
        }
    }
}

/// Folders that are gone when the test process is.
package enum TemporaryDirectory {
    /// Makes an empty folder that every user can pass through.
    package static func make() throws -> FilePath {
        var name = Array("/tmp/registry-test-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw Errno(rawValue: errno) }
        chmod(name, 0o711)
        return FilePath(platformString: name)
    }

    /// Ends a server and removes its folder when this process has ended in whatever way, `kill -9` included.
    ///
    /// A shell in a session of its own reads from a pipe that only this process writes to, and which the kernel closes.
    package static func removeAfterThisProcess(_ directory: FilePath, ending process: Int32? = nil) {
        let end = process.map { "kill -QUIT \($0); while kill -0 \($0); do sleep 0.05; done; " } ?? ""
        _ = popen("exec >/dev/null 2>&1; trap '' INT TERM HUP; cat; \(end) rm -rf '\(directory)'", "we")
    }
}
