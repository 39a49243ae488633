import Foundation
import PostgreSQL
import Testing

/// Signals to a training in the foreground, held at a stage by a lock in the database.
@Suite("Signals to registry train", .serialized)
struct SignalTests {
    private static let signals = [SIGINT, SIGTERM, SIGQUIT, SIGHUP]

    private func train(_ program: Program) throws -> Program.Running {
        try program.start("train", "mlp", "--dataset", "small", "--epochs", "1000000", "--threads", "1")
    }

    private func states(_ program: Program) throws -> [String] {
        try program.connect().query("select state from registry.run order by run_id").map { try $0["state"] }
    }

    /// Whether somebody waits for a connection's lock. Asked over another connection: in a transaction, pg_stat_activity
    /// stays as it was first seen.
    private func isHoldingUp(_ lock: Connection, _ program: Program) throws -> Bool {
        try !program.connect().query(
            """
            select
              from pg_stat_activity
             where datname = current_database()
               and $1 = any (pg_blocking_pids(pid))
            """, Int(lock.serverProcessID)
        ).isEmpty
    }

    @Test(
        "a signal while a training waits at a stage ends it as cancelled, and no run stays running",
        arguments: [
            ("the claim", "registry.run", "share"), ("loading", "registry.sample", "access exclusive"),
            ("storing", "registry.epoch_metric", "share"),
        ])
    func atStage(stage: (name: String, table: String, mode: String)) async throws {
        let program = try await Program.withSmallDataset()
        for signal in Self.signals {
            let lock = try program.connect()
            try lock.script("begin; lock table \(stage.table) in \(stage.mode) mode")
            let training = try train(program)
            try await wait(until: "the training waits at \(stage.name)") { try isHoldingUp(lock, program) }
            kill(training.identifier, signal)
            // It is handled at once, or when the database answers; it must not end the process.
            try await Task.sleep(for: .milliseconds(50))
            #expect(training.isRunning)
            try lock.script("rollback")
            let ended = try await training.end()
            #expect(ended.status == 130, "\(signal): \(ended.errors)")
            #expect(ended.errorLines.last?.contains("registry requeue") == true, "\(ended.errors)")
        }
        #expect(try states(program) == Self.signals.map { _ in "cancelled" })
    }

    @Test("a signal before a run is made ends a command at once, without a word", arguments: signals)
    func beforeClaim(signal: Int32) async throws {
        let program = try await Program.withSmallDataset()
        for command in [["models"], ["train", "mlp", "--dataset", "small", "--epochs", "1000000"]] {
            let lock = try program.connect()
            try lock.script("begin; lock table registry.dataset, registry.model in access exclusive mode")
            let running = try program.start(command)
            try await wait(until: "\(command) waits") { try isHoldingUp(lock, program) }
            kill(running.identifier, signal)
            // The lock is still held: it does not wait for the database. On a slow machine it has said by now that it waits.
            let ended = try await running.end()
            #expect(ended.status == 128 + signal)
            #expect(ended.errorLines.allSatisfy { $0.hasPrefix("Waiting: ") }, "\(ended.errors)")
            try lock.script("rollback")
        }
        #expect(try states(program).isEmpty)
    }

    @Test("a signal in an epoch ends the run as cancelled", arguments: signals)
    func inEpoch(signal: Int32) async throws {
        let program = try await Program.withSmallDataset()
        let training = try train(program)
        try await training.waitForOutput("epoch       3/1000000")
        kill(training.identifier, signal)
        let ended = try await training.end()
        #expect(ended.status == 130, "\(ended.errors)")
        #expect(try states(program) == ["cancelled"])
    }

    @Test("a signal at any moment of a start leaves no run that nobody trains")
    func atStart() async throws {
        let program = try await Program.withSmallDataset()
        for round in 0..<(Disturbed.isLong ? 400 : 40) {
            let training = try train(program)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...200)))
            // Before the program's first line, SIGQUIT is Swift's own, which lets the process go on.
            let signal = [SIGINT, SIGTERM, SIGHUP][round % 3]
            kill(training.identifier, signal)
            let status = try await training.end().status
            #expect(status == 130 || status == 128 + signal)
        }
        #expect(try states(program).allSatisfy { $0 == "cancelled" })
    }

    @Test("nohup keeps SIGHUP from a training")
    func nohup() async throws {
        let program = try await Program.withSmallDataset()
        let training = try program.start(
            "/usr/bin/nohup",
            arguments: [Program.executable.path, "train", "mlp", "--dataset", "small", "--epochs", "1000000"])
        try await training.waitForOutput("epoch       1/1000000")
        kill(training.identifier, SIGHUP)
        let before: Int = try program.connect().query("select epochs_finished from registry.run")[0]["epochs_finished"]
        try await wait(until: "two epochs more") {
            try program.connect().query("select epochs_finished from registry.run")[0]["epochs_finished"] > before + 1
        }
        kill(training.identifier, SIGTERM)
        #expect(try await training.end().status == 130)
    }

    @Test("a run whose trainer has vanished is shown as abandoned when its lease is over")
    func abandoned() async throws {
        let program = try await Program.withSmallDataset()
        let training = try train(program)
        try await training.waitForOutput("epoch       1/1000000")
        kill(training.identifier, SIGKILL)
        _ = try await training.end()
        func state() async throws -> String? {
            let runs = try await program.succeed("runs", "--format", "json").json() as? [[String: Any]]
            return runs?.first?["state"] as? String
        }
        #expect(try await state() == "running")
        _ = try program.connect().execute("update registry.run set lease_expires_at = now() - interval '1 second'")
        #expect(try await state() == "abandoned")
        #expect(try await program.succeed("runs").output.contains("abandoned"))
    }
}
