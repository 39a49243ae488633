import Foundation
import PostgreSQL
import TestServer
import Testing

@Suite("Few threads and few open files")
struct LimitTests {
    /// Runs a command as a user who has no other process, with this limit; a hang ends with 124.
    private func run(_ program: Program, _ limit: String, _ arguments: [String]) async throws -> Program.Result {
        let user = "\(Int.random(in: 100_000...1_000_000_000))"
        return try await program.start(
            "/usr/bin/setpriv",
            arguments: [
                "--reuid", user, "--regid", user, "--clear-groups", "prlimit", limit, "timeout", "--foreground",
                "--signal=KILL", "60", Program.executable.path,
            ] + arguments
        ).end()
    }

    private static var isRoot: Bool { geteuid() == 0 }

    /// The tests' server is private; whoever may connect to a port reaches it through a proxy.
    private static func reachedByOthers() async throws -> (Program, FaultProxy) {
        var program = try await Program.withSmallDataset()
        let proxy = try FaultProxy(before: try #require(program.environment["REGISTRY_DATABASE_URL"]))
        program.environment["REGISTRY_DATABASE_URL"] = proxy.connectionString
        return (program, proxy)
    }

    @Test(
        "with few threads a command does its work, or says in one line which limit to raise, and makes no run",
        .enabled("needs to become another user") { isRoot })
    func fewThreads() async throws {
        let (program, proxy) = try await Self.reachedByOthers()
        defer { _ = proxy }
        let train = ["train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet"]
        let daemon = ["daemon", "--once"]
        let wide = ["daemon", "--once", "--workers", "64", "--threads-per-worker", "1"]
        var runs = 0
        for limit in [2, 3, 4, 5, 6, 8, 12, 20, 40] {
            for command in [["models"], train, train + ["--threads", "16"], daemon, wide] {
                let ended = try await run(program, "--nproc=\(limit)", command)
                #expect([0, 75].contains(ended.status), "\(limit) \(command): \(ended.status) \(ended.errors)")
                guard ended.status == 75 else {
                    runs += command[0] == "train" ? 1 : 0
                    continue
                }
                #expect(ended.errorLines.last?.contains("ulimit -u") == true, "\(limit) \(command): \(ended.errors)")
            }
        }
        let states = try program.connect().query("select state from registry.run")
        #expect(try states.map { try $0["state"] as String } == Array(repeating: "succeeded", count: runs))
        #expect(runs > 0)
    }

    @Test("with few open files a command does its work, or says in one line which limit to raise")
    func fewFiles() async throws {
        let program = try await Program.withSmallDataset()
        for limit in [4, 5, 6, 8, 10, 12, 16, 24, 32, 48, 63, 66, 96] {
            for command in [
                ["models"], ["train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet"], ["daemon", "--once"],
            ] {
                let ended = try await program.start(
                    "/usr/bin/prlimit",
                    arguments: [
                        "--nofile=\(limit)", "timeout", "--foreground", "--signal=KILL", "60", Program.executable.path,
                    ] + command
                ).end()
                #expect([0, 69, 75].contains(ended.status), "\(limit) \(command): \(ended.status) \(ended.errors)")
                guard ended.status != 0 else { continue }
                #expect(ended.errorLines.count == 1, "\(limit) \(command): \(ended.errors)")
                #expect(ended.errors.contains("ulimit -n"), "\(limit) \(command): \(ended.errors)")
            }
        }
        let unfinished = try program.connect().query("select from registry.run where state <> 'succeeded'")
        #expect(unfinished.isEmpty)
    }

    @Test("more threads than a machine can have are refused")
    func tooManyThreads() async throws {
        let program = try Program.withEmptyHome().program
        for (workers, threads) in [("256", "1024"), ("256", "5"), ("2", "513"), ("1", "1025")] {
            let refused = try await program.run("daemon", "--workers", workers, "--threads-per-worker", threads)
            #expect(refused.status == 64 && refused.errors.contains("--threads-per-worker"))
            #expect(refused.status == 64 && refused.errors.contains("1,024"), "\(refused.errors)")
        }
    }
}
