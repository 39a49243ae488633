import Foundation
import PostgreSQL
import SystemPackage
import TestServer
import Testing

/// Whoever reaches the port gets answers, and takes nothing from the trainings.
@Suite("The metrics' port", .serialized)
struct MetricsServerTests {
    /// A client that says what it is told to say, and no more.
    private final class Client {
        private let descriptor: Int32

        init(_ port: Int) throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard status == 0 else {
                let error = Errno(rawValue: errno)
                Glibc.close(descriptor)
                throw error
            }
        }

        deinit { Glibc.close(descriptor) }

        func send(_ text: String) {
            _ = text.withCString { Glibc.send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        }

        func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

        /// All until the server closes; `nil` when it has not within so many seconds.
        func receive(within seconds: Int = 10) -> String? {
            let end = ContinuousClock.now + .seconds(seconds)
            var (text, buffer) = ("", [UInt8](repeating: 0, count: 4096))
            while ContinuousClock.now < end {
                var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard poll(&poller, 1, 100) > 0 else { continue }
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return text }
                text += String(decoding: buffer[..<count], as: UTF8.self)
            }
            return nil
        }
    }

    private struct Serving {
        let disturbed: Disturbed
        let daemon: Program.Running
        let port: Int

        func ask(_ path: String = "/health", host: String? = "localhost", version: String = "1.1") throws -> String {
            let client = try Client(port)
            client.send("GET \(path) HTTP/\(version)\r\n\(host.map { "Host: \($0)\r\n" } ?? "")\r\n")
            return client.receive() ?? "no end"
        }

        func status(_ path: String = "/health", host: String? = "localhost", version: String = "1.1") throws -> String {
            String(try ask(path, host: host, version: version).split(separator: " ").dropFirst().first ?? "none")
        }

        func end() async throws {
            kill(daemon.identifier, SIGTERM)
            let ended = try await daemon.end()
            #expect(ended.status == 0, "\(ended.errors)")
        }
    }

    private static func serving(_ limits: String = "true") async throws -> Serving {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 1)
        let port = 20_000 + Int.random(in: 0..<12_000)
        let daemon = try disturbed.program.start(
            "/bin/bash",
            arguments: [
                "-c",
                "\(limits) && exec \(Program.executable.path) daemon --threads-per-worker 1 --metrics-port \(port)",
            ])
        let serving = Serving(disturbed: disturbed, daemon: daemon, port: port)
        try await wait(until: "the port") { (try? Client(port)) != nil || !daemon.isRunning }
        return serving
    }

    @Test("silent clients are closed after five seconds; with few descriptors too, others are served and runs trained")
    func silentClients() async throws {
        let serving = try await Self.serving("ulimit -n 96")
        let start = ContinuousClock.now
        let silent = try (0..<80).map { _ in try Client(serving.port) }
        silent[79].send("GET /health HTTP/1.1\r\nHost: lo")
        #expect(try serving.status() == "200")
        #expect(try serving.status("/metrics") == "200")
        let run = try await serving.disturbed.queue()
        try await serving.disturbed.waitForEnd(of: run)
        try serving.disturbed.expectNothingLost([run])
        for client in silent { #expect(client.receive() != nil, "it is still connected") }
        #expect(ContinuousClock.now - start > .seconds(4), "the last was given time")
        try await serving.end()
    }

    @Test("many requests at once are answered over one connection, without a thread for each")
    func manyRequests() async throws {
        let serving = try await Self.serving()
        #expect(try serving.status("/metrics") == "200")
        func threads() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(serving.daemon.identifier)/task").count
        }
        func connections() throws -> Int {
            try serving.disturbed.program.connect().query(
                "select count(*) as count from pg_stat_activity where datname = current_database()")[0]["count"]
        }
        let (threadsBefore, connectionsBefore) = (try threads(), try connections())
        let clients = try (0..<60).map { _ in try Client(serving.port) }
        for client in clients { client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        #expect(try threads() <= threadsBefore + 2)
        // Not one for each of the sixty; those that asked before, and the daemon's own, come and go.
        #expect(try connections() <= connectionsBefore + 5)
        for client in clients { #expect(client.receive()?.contains("registry_runs_queued 0\n") == true) }
        try await serving.end()
    }

    @Test("a request is answered when its client has ended its side; names that are not this server's are refused")
    func requests() async throws {
        let serving = try await Self.serving()
        let halfClosed = try Client(serving.port)
        halfClosed.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        halfClosed.endSending()
        #expect(halfClosed.receive()?.hasSuffix("\r\n\r\nok\n") == true)
        let metrics = try Client(serving.port)
        metrics.send("GET /metrics HTTP/1.0\r\n\r\n")
        metrics.endSending()
        #expect(metrics.receive()?.contains("registry_runs_running 0\n") == true)
        let gone = try Client(serving.port)
        gone.endSending()
        #expect(gone.receive(within: 2) == "")

        for host in ["localhost", "LOCALHOST:\(serving.port)", "127.0.0.1", "127.0.0.1:\(serving.port)", "[::1]:80"] {
            #expect(try serving.status(host: host) == "200", "\(host)")
        }
        for host in [
            "evil.example", "evil.example:\(serving.port)", "localhost.evil.example", "127.0.0.1.evil.example",
            "", "10.0.0.1", "[::1", "localhost:80@evil.example", "127.evil.example",
        ] {
            #expect(try ["421", "400"].contains(serving.status(host: host)), "\(host)")
        }
        #expect(try serving.status(host: nil, version: "1.0") == "200")
        #expect(try ["421", "400"].contains(serving.status(host: nil)))
        #expect(try serving.status(host: "localhost\r\nHost: evil.example") != "200")
        #expect(try serving.status(host: "localhost\r\nX: \(String(repeating: "x", count: 20_000))") != "200")
        let many = (0..<200).map { "X\($0): y" }.joined(separator: "\r\n")
        #expect(try serving.status(host: "localhost\r\n\(many)") != "200")
        #expect(try serving.status("/") == "404")
        #expect(try serving.status() == "200")
        try await serving.end()
    }

    @Test("without its database the daemon is healthy, and says nothing of where that is")
    func unreachableDatabase() async throws {
        let serving = try await Self.serving()
        #expect(try serving.status("/metrics") == "200")
        let database = try #require(serving.disturbed.program.environment["REGISTRY_DATABASE_URL"])
        let name: String = try serving.disturbed.program.connect().query("select current_database()::text as name")[0][
            "name"]
        let other = try Connection("\(database) dbname=postgres")
        try other.script(
            """
            alter database "\(name)" with allow_connections false;
            select pg_terminate_backend(pid) from pg_stat_activity where datname = '\(name)';
            """)
        try await Task.sleep(for: .milliseconds(1200))
        let answer = try serving.ask("/metrics")
        #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.hasSuffix("\r\n\r\nThe database does not answer.\n"))
        #expect(try serving.status() == "200")
        try other.script("alter database \"\(name)\" with allow_connections true")
        try await wait(until: "metrics again") { try serving.status("/metrics") == "200" }
        try await serving.end()
    }
}
