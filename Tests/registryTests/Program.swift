import Foundation
import PostgreSQL
import SystemPackage
import TestData
import TestServer
import Testing

/// The program as it was built with the tests, run as a process of its own.
struct Program {
    /// Standard input is empty, the environment only what is given here.
    var environment: [String: String]

    /// With an empty database of its own on the tests' server, and an empty home.
    static func onEmptyDatabase() async throws -> Program { try on(try await TestServer.newDatabase()) }

    /// With a database of its own that has the schema.
    static func onNewDatabase() async throws -> Program {
        try on(try await TestServer.newDatabase(like: "schema") { try await on($0).succeed("db", "migrate") })
    }

    /// With a database of its own that has MNIST.
    static func withMNIST() async throws -> Program {
        try on(
            try await TestServer.newDatabase(like: "MNIST") {
                try await on($0).succeed("dataset", "fetch", "mnist", "--from", try await MNISTFiles.folder().string)
            })
    }

    /// With a database of its own that has 60 and 30 images of 8 × 8 pixels, as “small”.
    static func withSmallDataset() async throws -> Program {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small")
        return try on(
            try await TestServer.newDatabase(like: "small") {
                try await on($0).succeed("dataset", "import", "small", folder.path)
            })
    }

    /// With this database.
    static func on(_ database: String) throws -> Program {
        Program(environment: try emptyHome().merging(["REGISTRY_DATABASE_URL": database]) { $1 })
    }

    /// With an embedded server that is yet to be made; stopped and removed after the tests.
    static func withEmptyHome() throws -> (program: Program, home: FilePath) {
        let environment = try emptyHome()
        return (Program(environment: environment), FilePath(environment["REGISTRY_HOME"] ?? ""))
    }

    private static func emptyHome() throws -> [String: String] {
        let home = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(home)
        let inherited = ProcessInfo.processInfo.environment
        return [
            "REGISTRY_HOME": home.appending("registry").string, "HOME": home.string, "PATH": inherited["PATH"] ?? "",
            "LD_LIBRARY_PATH": inherited["LD_LIBRARY_PATH"] ?? "", "LC_ALL": "C.UTF-8",
        ]
    }

    struct Result {
        let status: Int32
        let output: String
        let errors: String
        /// The lines of standard error.
        var errorLines: [Substring] { errors.split(separator: "\n") }

        func json() throws -> Any { try JSONSerialization.jsonObject(with: Data(output.utf8)) }
    }

    /// A process that runs, its output going to files.
    ///
    /// Started and awaited with the system's own calls: Foundation's `Process` takes a process for running as long as
    /// any other, started meanwhile, holds the socket that it watches.
    final class Running {
        let identifier: pid_t
        private let command: String
        private let output: URL
        private let errors: URL
        private var status: Int32?

        fileprivate init(_ executable: URL, _ arguments: [String], _ environment: [String: String]) throws {
            command = ([executable.lastPathComponent] + arguments).joined(separator: " ")
            let folder = FileManager.default.temporaryDirectory
            output = folder.appending(path: "registry-test-\(UUID()).out")
            errors = folder.appending(path: "registry-test-\(UUID()).err")
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 1, output.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_addopen(&actions, 2, errors.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            var words = ([executable.path] + arguments).map { strdup($0) } + [nil]
            var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
            defer { for text in words + variables { free(text) } }
            var identifier = pid_t()
            let error = posix_spawn(&identifier, executable.path, &actions, nil, &words, &variables)
            guard error == 0 else { throw Errno(rawValue: error) }
            self.identifier = identifier
        }

        deinit {
            if isRunning { kill(identifier, SIGKILL) }
            for file in [output, errors] { try? FileManager.default.removeItem(at: file) }
        }

        var isRunning: Bool {
            if status != nil { return false }
            var word: Int32 = 0
            guard waitpid(identifier, &word, WNOHANG) == identifier else { return true }
            // The exit status, or what a shell makes of a signal.
            status = word & 0x7F == 0 ? (word >> 8) & 0xFF : 128 + (word & 0x7F)
            return false
        }

        private func text(_ file: URL) -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }

        /// Standard output until now.
        var outputSoFar: String { text(output) }

        /// Waits until standard output contains a text.
        func waitForOutput(_ expected: String) async throws {
            try await wait(until: "“\(expected)” in \(text(output))\(text(errors))") {
                text(output).contains(expected) || !isRunning
            }
            #expect(text(output).contains(expected), "\(text(errors))")
        }

        func end() async throws -> Result {
            try await wait(until: "the end of \(command): \(text(errors))", within: .seconds(600)) { !isRunning }
            return Result(status: status ?? -1, output: text(output), errors: text(errors))
        }
    }

    /// Starts another program in the same environment.
    func start(_ executable: String, arguments: [String]) throws -> Running {
        try Running(URL(filePath: executable), arguments, environment)
    }

    func start(_ arguments: String...) throws -> Running {
        try Running(Self.executable, arguments, environment)
    }

    func start(_ arguments: [String]) throws -> Running { try Running(Self.executable, arguments, environment) }

    func run(_ arguments: String...) async throws -> Result { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> Result {
        try await Running(Self.executable, arguments, environment).end()
    }

    /// Runs a command that has to succeed.
    @discardableResult
    func succeed(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> Result {
        try await succeed(arguments, sourceLocation: sourceLocation)
    }

    @discardableResult
    func succeed(_ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws -> Result {
        let result = try await run(arguments)
        #expect(result.status == 0, "\(arguments): \(result.errors)", sourceLocation: sourceLocation)
        return result
    }

    /// A connection to the database, to look past the program.
    func connect() throws -> Connection {
        try Connection(try #require(environment["REGISTRY_DATABASE_URL"]))
    }

    /// It stands beside the tests' own executable.
    static let executable: URL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "registry")
}
