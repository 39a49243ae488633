import Foundation
import Logging
import PostgreSQL
import Store
import SystemPackage
import TestServer
import Testing
import Trainer

@testable import registry

@Suite("Schedules")
struct ScheduleTests {
    @Test("each due time is executed once, by one of several daemons; what was missed is made up for or left out")
    func execution() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 1)
        let program = disturbed.program
        try await program.succeed(
            "schedule", "add", "made-up", "0 3 * * *", "train", "mlp", "--dataset", "small", "--epochs", "1", "--detach"
        )
        try await program.succeed(
            "schedule", "add", "--missed", "skip", "left-out", "0 3 * * *", "robustness", "undisturbed")
        try await program.succeed("schedule", "add", "failing", "0 3 * * *", "retrain", "--gate")
        #expect(try await program.run("schedule", "add", "x", "0 3 * *", "models").status == 64)
        #expect(try await program.run("schedule", "add", "x", "0 3 * * *", "nonsense").status == 64)
        // Three nights without a daemon.
        _ = try program.connect().execute(
            "update registry.schedule set next_due_at = date_trunc('day', now()) - interval '69 hours'")
        let daemons = try (0..<4).map { _ in try program.start("daemon", "--threads-per-worker", "1") }
        try await wait(until: "all schedules are executed") {
            try program.connect().query(
                """
                select
                  from analysis.schedule
                 where next_due_at <= now() or (last_due_at is not null and last_finished_at is null)
                """
            ).isEmpty
        }
        for daemon in daemons { kill(daemon.identifier, SIGTERM) }
        for daemon in daemons {
            let ended = try await daemon.end()
            #expect(ended.status == 0, "\(ended.errors)")
        }

        let rows = try program.connect().query(
            "select name, exit_status, output, due_at > now() - interval '24 hours' as is_last from registry.schedule_execution order by name"
        )
        #expect(try rows.map { try $0["name"] as String } == ["failing", "made-up"])
        #expect(try rows.map { try $0["exit_status"] as Int } == [66, 0])
        #expect((try rows[0]["output"] as String).contains("No model version is in production"))
        #expect(try rows.allSatisfy { try $0["is_last"] })
        let future: Bool = try program.connect().query(
            "select bool_and(next_due_at > now()) as future from registry.schedule")[0]["future"]
        #expect(future)
        let queued: Int = try program.connect().query("select count(*) as runs from registry.run where run_id > 1")[0][
            "runs"]
        #expect(queued == 1, "executed once, whatever the rows say")
        try await program.succeed("schedule", "remove", "failing")
        #expect(try await program.run("schedule", "remove", "failing").status == 66)
    }

    @Test("a due time that a daemon could not execute to its end is given back, and executed by the next")
    func givenBack() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 1)
        let program = disturbed.program
        // A retraining that takes long.
        try await program.succeed("alias", "undisturbed", "production")
        _ = try program.connect().execute(
            """
            update registry.run
               set epochs = 100000,
                   configuration = jsonb_set(configuration, '{training,epochs}', '100000')
            """)
        try await program.succeed("schedule", "add", "long", "0 3 * * *", "retrain", "--force")
        _ = try program.connect().execute("update registry.schedule set next_due_at = now() - interval '1 second'")
        let first = try program.start("daemon", "--threads-per-worker", "1")
        try await disturbed.waitForEpoch(1, of: 2)
        kill(first.identifier, SIGTERM)
        #expect(try await first.end().status == 0)
        let isDue: Bool = try program.connect().query(
            "select next_due_at <= now() and last_due_at is null as is_due from analysis.schedule")[0]["is_due"]
        #expect(isDue)
        let second = try program.start("daemon", "--threads-per-worker", "1")
        try await wait(until: "the next daemon executes it") {
            try !program.connect().query("select from registry.schedule_execution").isEmpty
        }
        kill(second.identifier, SIGTERM)
        #expect(try await second.end().status == 0)
    }

    @Test(
        "a schedule executes retrain, train --detach and robustness alone, without files and addresses",
        arguments: [
            "db psql -- -c select", "export mlp FILE", "models", "daemon", "dataset list", "dataset fetch mnist",
            "schedule remove x", "train mlp", "train ./mlp.json --detach", "train mlp --detach --init FILE",
            "train mlp --detach --database host=elsewhere", "retrain --database host=elsewhere",
            "retrain --must-pass FILE", "retrain --no-such-option", "retrain ../mlp",
            "robustness mlp --database=host=elsewhere",
            "train mlp --detach --wait", "--help", "help retrain",
        ])
    func closedList(command: String) async throws {
        let words = command.split(separator: " ").map(String.init)
        let added = try await Program.withEmptyHome().program.run(["schedule", "add", "x", "0 3 * * *"] + words)
        #expect(added.status == 64, "\(added.errors)")
    }

    @Test("a schedule of what is not there, or can never be trained, is refused with what is wrong and how to get it")
    func absent() async throws {
        let program = try await Program.withSmallDataset()
        let add = ["schedule", "add", "x", "0 3 * * *"]
        for (command, status, message) in [
            ("retrain nosuch", 66, "Train it with: registry train mlp --name nosuch"),
            ("robustness nosuch", 66, "Train it with: registry train mlp --name nosuch"),
            ("train mlp --detach --dataset nosuch", 66, "There is no data set “nosuch”. See: registry dataset list"),
            ("train mlp --detach --dataset mnist@7", 66, "See: registry dataset list"),
            ("train cnn --detach --dataset small", 65, "Layer "),
        ] {
            let refused = try await program.run(add + command.split(separator: " ").map(String.init))
            #expect(refused.status == status && refused.errorLines.count == 1, "\(command): \(refused.errors)")
            #expect(refused.errors.contains(message), "\(command): \(refused.errors)")
        }
        #expect(try program.connect().query("select from registry.schedule").isEmpty)

        // MNIST is fetched when the time has come; a model whose first training is queued will be there.
        let train = ["train", "mlp", "--dataset", "small", "--epochs", "1", "--detach"]
        try await program.succeed(train)
        for command in [train, ["train", "mlp", "--detach"], ["retrain", "mlp"], ["retrain"]] {
            try await program.succeed(add + command)
        }
        let refused = try await program.run(add + ["robustness", "mlp"])
        #expect(refused.status == 66 && refused.errors.contains("registry runs --model mlp"), "\(refused.errors)")
        try await program.succeed("daemon", "--once")
        try await program.succeed(add + ["robustness", "mlp"])
        #expect(try await program.run(add + ["robustness", "mlp@2"]).status == 66)
    }

    @Test("words in the database that are no command for a schedule are never executed, and hold up no other")
    func hostile() async throws {
        let program = try await Program.onNewDatabase()
        let trap = try TemporaryDirectory.make().appending("trap").string
        try await program.succeed("schedule", "add", "right", "* * * * *", "retrain")
        let connection = try program.connect()
        _ = try connection.execute("alter table registry.schedule drop constraint schedule_command_check")
        _ = try connection.execute("alter table registry.schedule drop constraint schedule_next_due_at_check")
        let commands = [
            "array['db', 'psql', '--', '-c', '\\! touch \(trap)']", "array['retrain', '--database', 'host=/nowhere']",
            "array['train', '\(trap)', '--detach']", "array['export', 'mlp', '\(trap)']", "array['retrain', null]",
            "array[['retrain'], ['mlp']]", "array['', 'retrain']", "'{}'::text[]",
        ]
        for (index, command) in commands.enumerated() {
            try connection.script(
                """
                insert into registry.schedule (name, cron, command, missed, next_due_at)
                values ('wrong-\(index)', '* * * * *', \(command), 'once', '-infinity')
                """)
        }
        _ = try connection.execute(
            "update registry.schedule set next_due_at = now() - interval '1 day' where name = 'right'")
        let daemon = try program.start("daemon", "--threads-per-worker", "1")
        try await wait(until: "the right one is executed") {
            try !connection.query("select from registry.schedule_execution where finished_at is not null").isEmpty
        }
        kill(daemon.identifier, SIGTERM)
        let ended = try await daemon.end()
        #expect(ended.status == 0)
        for index in commands.indices { #expect(ended.errors.contains("wrong-\(index)"), "\(ended.errors)") }
        let executed: [String] = try connection.query(
            "select array_agg(distinct name) as names from registry.schedule_execution")[0]["names"]
        #expect(executed == ["right"])
        #expect(!FileManager.default.fileExists(atPath: trap))
        let shown = try await program.succeed("schedule", "list")
        #expect(shown.errors.contains("wrong-0") && shown.errors.contains("is no command for a schedule"))
    }

    @Test("a due time waits while the last execution goes on, and is executed when its daemon says nothing any more")
    func overlapping() async throws {
        let program = try await Program.onNewDatabase()
        try await program.succeed("schedule", "add", "busy", "* * * * *", "retrain")
        let connection = try program.connect()
        _ = try connection.execute(
            """
            insert into registry.schedule_execution (name, due_at, worker)
            values ('busy', now() - interval '2 minutes', 'elsewhere')
            """)
        _ = try connection.execute("update registry.schedule set next_due_at = now() - interval '1 second'")
        let store = try Store(connection: try program.connect())
        func take() throws -> DueExecution? {
            try store.takeDueSchedule(by: "here", plan: { ($0.dueAt, $0.now) })
        }
        #expect(try take() == nil)
        _ = try connection.execute("update registry.schedule_execution set alive_at = now() - interval '61 seconds'")
        #expect(try take()?.schedule == "busy")
    }

    @Test("a command's output with a NUL and bytes that are no text is kept")
    func binaryOutput() async throws {
        let program = try await Program.onNewDatabase()
        try await program.succeed("schedule", "add", "loud", "* * * * *", "retrain")
        let store = try Store(connection: try program.connect())
        let connection = try program.connect()
        _ = try connection.execute("update registry.schedule set next_due_at = now() - interval '1 second'")
        let due = try #require(try store.takeDueSchedule(by: "here", plan: { ($0.dueAt, $0.now) }))
        try store.finish(due, exitStatus: 0, output: "a\0b")
        let output: String = try connection.query("select output from registry.schedule_execution")[0]["output"]
        #expect(output == "a\u{FFFD}b")
    }

    @Test("bytes that are no text, also where the last of a long output begins in a character, are text in its row")
    func invalidOutput() throws {
        let short = try UnnamedFile()
        let long = try UnnamedFile()
        _ = try short.descriptor.writeAll([0x61, 0xFF, 0xC3, 0x28, 0x62])
        #expect(try short.end(bytes: 4000) == "a\u{FFFD}\u{FFFD}(b")
        _ = try long.descriptor.writeAll(Array(String(repeating: "é", count: 3000).utf8))
        #expect(try long.end(bytes: 4001) == "\u{FFFD}" + String(repeating: "é", count: 2000))
    }

    @Test("an execution that takes longer than its limit is ended, and its row says so")
    func timeLimit() async throws {
        let program = try await Program.onNewDatabase()
        try await program.succeed("schedule", "add", "endless", "0 3 * * *", "retrain")
        let connection = try program.connect()
        _ = try connection.execute("update registry.schedule set next_due_at = now() - interval '1 second'")
        let shutdown = Shutdown()
        let scheduler = Scheduler(
            worker: "here", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, shutdown: shutdown,
            timeLimit: .seconds(2), connect: { try Store(connection: program.connect()) }, check: { _ in },
            execute: { _ in
                try? await Task.sleep(for: .seconds(3600))
                return Scheduler.Ended(status: Task.isCancelled ? 143 : 0, output: "what it said\n")
            })
        let running = Task { try await scheduler.run() }
        try await wait(until: "its end") {
            try !connection.query("select from registry.schedule_execution where finished_at is not null").isEmpty
        }
        shutdown.request()
        try await running.value
        let row = try connection.query("select exit_status, output from registry.schedule_execution")[0]
        #expect(try row["exit_status"] == 143)
        #expect(try row["output"] == "what it said\nEnded by the daemon: it took longer than 2.0 seconds.\n")
    }

    @Test("a schedule that was written by hand, and wrongly, does not keep others from their times")
    func wrong() async throws {
        let program = try await Program.onNewDatabase()
        for name in ["wrong", "right"] {
            try await program.succeed("schedule", "add", name, "* * * * *", "retrain")
        }
        _ = try program.connect().execute("update registry.schedule set next_due_at = now() - interval '10 days'")
        _ = try program.connect().execute("update registry.schedule set cron = 'sometimes' where name = 'wrong'")
        let daemon = try program.start("daemon", "--threads-per-worker", "1")
        try await wait(until: "the right one is executed") {
            try program.connect().query(
                "select from registry.schedule_execution where name = 'right' and exit_status = 66"
            ).count >= 1
        }
        kill(daemon.identifier, SIGTERM)
        let ended = try await daemon.end()
        #expect(ended.status == 0 && ended.errors.contains("must have five fields"))
    }
}
