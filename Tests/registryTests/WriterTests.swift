import Foundation
import PostgreSQL
import TestServer
import Testing

@Suite("The role registry_writer")
struct WriterTests {
    @Test("a trainer's login imports, trains, serves the queue, retrains and promotes; schedules are the owner's")
    func writingCommands() async throws {
        let owner = try await Program.onNewDatabase()
        try await owner.succeed("db", "migrate")
        let name = "trainer_\(UInt32.random(in: 0...UInt32.max))"
        try owner.connect().execute("create role \(name) login in role registry_writer")
        var writer = owner
        let url = try #require(owner.environment["REGISTRY_DATABASE_URL"])
        writer.environment["REGISTRY_DATABASE_URL"] = url + " user=\(name)"

        let disturbed = try await Disturbed(writer, epochs: 2)
        let flags = ["--dataset", "small", "--epochs", "2", "--quiet"]
        for command in [
            ["train", "mlp"] + flags, ["alias", "mlp", "production"], ["robustness", "mlp", "--only", "blur"],
            ["retrain", "mlp"], ["train", "cnn", "--detach"] + flags, ["daemon", "--once"],
            ["train", "cnn", "--detach"] + flags,
        ] {
            let result = try await writer.run(command)
            #expect([0, 10].contains(result.status), "\(command): \(result.errors)")
        }
        let run: Int = try owner.connect().query("select max(run_id) as run from registry.run")[0]["run"]
        for command in [["cancel", "\(run)"], ["requeue", "\(run)"], ["daemon", "--once"], ["models"]] {
            let result = try await writer.run(command)
            #expect(result.status == 0, "\(command): \(result.errors)")
        }
        // A daemon under this role executes what the owner has scheduled.
        try await owner.succeed("schedule", "add", "often", "* * * * *", "retrain")
        let moved = try Connection(url + " user=\(name)").execute("update registry.schedule set next_due_at = now()")
        #expect(moved == 1)
        let daemon = try writer.start("daemon")
        try await wait(until: "the execution") {
            try !owner.connect().query("select from registry.schedule_execution where finished_at is not null").isEmpty
        }
        kill(daemon.identifier, SIGTERM)
        #expect(try await daemon.end().status == 0)

        // What a trainer puts off, daemons bring forward.
        try await owner.succeed("schedule", "add", "nightly", "0 3 * * *", "retrain")
        for moment in ["infinity", "2100-01-01"] {
            try Connection(url + " user=\(name)").execute(
                "update registry.schedule set next_due_at = '\(moment)' where name = 'nightly'")
            let daemon = try writer.start("daemon")
            try await wait(until: "it is due within a day") {
                try owner.connect().query(
                    "select name from registry.schedule where next_due_at > now() + interval '1 day'"
                ).isEmpty
            }
            kill(daemon.identifier, SIGTERM)
            #expect(try await daemon.end().status == 0)
        }
        // Who moved an alias is who had logged in.
        try Connection(url + " user=\(name)").script(
            "set role registry_writer; update registry.model_alias set number = number; reset role")
        let movers = try owner.connect().query("select set_by from analysis.alias_history where alias = 'production'")
        #expect(movers.count >= 2)
        for mover in movers { #expect(try mover["set_by"] == name) }

        for command in [
            ["schedule", "add", "x", "* * * * *", "retrain"], ["schedule", "remove", "often"],
        ] {
            let result = try await writer.run(command)
            #expect(result.status == 77, "\(command): \(result.errors)")
            #expect(result.errorLines.count == 1 && result.errors.contains("schedule"), "\(result.errors)")
        }
        _ = disturbed
    }
}
