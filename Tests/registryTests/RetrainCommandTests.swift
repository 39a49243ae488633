import Foundation
import PostgreSQL
import TestServer
import Testing

@Suite("registry retrain")
struct RetrainCommandTests {
    private func production(_ program: Program) throws -> Int {
        try program.connect().query(
            "select version from analysis.model_version where 'production' = any (aliases)")[0]["version"]
    }

    /// What programs get: of a night that is done, and of a retraining that promotes version 3.
    private func checkFormats(_ program: Program) async throws {
        func rows(_ arguments: String...) async throws -> [[String: Any]] {
            let output = try await program.run(
                ["retrain", "undisturbed", "--margin", "1", "--format", "json"] + arguments
            ).output
            return try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]])
        }
        let done = try #require(try await rows().first)
        #expect(
            done["is_new"] as? Bool == false && done["outcome"] as? String == "promoted" && done["run"] as? Int == 2)
        #expect(try await program.succeed("retrain", "--quiet", "--format", "csv").output.isEmpty)

        let decided = try #require(try await rows("--force", "--quiet").first)
        let stored = try program.connect().query(
            """
            select r.outcome, r.reason, r.run, r.production_version, v.test_accuracy, v.dataset, v.test_samples
              from analysis.retraining as r
              join analysis.model_version as v using (model, version)
             where r.version = 3
            """)[0]
        #expect(decided["outcome"] as? String == (try stored["outcome"] as String))
        #expect(decided["reason"] as? String == (try stored["reason"] as String))
        #expect(decided["run"] as? Int == (try stored["run"] as Int))
        #expect(decided["production_version"] as? Int == (try stored["production_version"] as Int))
        #expect(decided["accuracy"] as? Double == (try stored["test_accuracy"] as Double))
        #expect(decided["dataset"] as? String == (try stored["dataset"] as String))
        #expect(decided["test_samples"] as? Int == (try stored["test_samples"] as Int))
    }

    @Test("a version that is not worse takes the place of the one in production, once a night")
    func promotion() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 2)
        let program = disturbed.program
        #expect(try await program.run("retrain").status == 66)
        try await program.succeed("alias", "undisturbed@1", "production")

        let first = try await program.succeed("retrain", "--gate", "--margin", "1")
        #expect(first.output.split(separator: "\n").count == 10)
        #expect(first.output.contains("undisturbed@2 is now in production"))
        #expect(try production(program) == 2)
        let seeds = try program.connect().query(
            "select configuration #>> '{training,seed}' as seed from analysis.run order by run"
        ).map { try $0["seed"] as String }
        #expect(seeds == ["1234", "1235"])

        #expect(try await program.succeed("retrain", "undisturbed").output.contains("done tonight by run 2, promoted"))
        let nothing = try await program.succeed("retrain", "--quiet")
        #expect(nothing.output.isEmpty && nothing.errors.isEmpty, "nothing was done, and cron sends no mail")
        #expect(try production(program) == 2)
        try await checkFormats(program)
        #expect(try production(program) == 3)
        _ = try program.connect().execute(
            "update registry.retraining set requested_at = requested_at - interval '13 hours'")
        try await program.succeed("retrain", "--margin", "1")
        #expect(try production(program) == 4, "the next night")
    }

    @Test("what was moved by hand meanwhile is compared with; a retraining that was decided is not decided again")
    func movedProduction() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 4)
        let program = disturbed.program
        try await program.succeed("alias", "undisturbed", "production")
        try disturbed.hold(2, after: 2)
        let retraining = try program.start("retrain")
        try await disturbed.waitForEpoch(2, of: 2)
        let trained = try await program.run(
            "train", "mlp", "--name", "undisturbed", "--dataset", "small", "--epochs", "1", "--quiet")
        #expect(trained.output == "undisturbed@2\n")
        try await program.succeed("alias", "undisturbed@2", "production")
        try disturbed.release(2)
        let report = try await retraining.end().output
        #expect(
            report.split(separator: "\n").contains {
                $0.hasPrefix("production before ") && $0.hasSuffix(" undisturbed@2")
            }, "\(report)")
        let number: Int = try program.connect().query("select production_version from analysis.retraining")[0][
            "production_version"]
        #expect(number == 2)
    }

    @Test("a signal gives the run back; the next retraining resumes it, and then has its own")
    func interrupted() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 4)
        let program = disturbed.program
        try await program.succeed("alias", "undisturbed", "production")
        try disturbed.hold(2, after: 2)
        let first = try program.start("retrain")
        try await disturbed.waitForEpoch(2, of: 2)
        kill(first.identifier, SIGTERM)
        try disturbed.release(2)
        let ended = try await first.end()
        #expect(ended.status == 130 && ended.errors.contains("was given back"), "\(ended.errors)")
        _ = try program.connect().execute("update registry.retraining set requested_at = now() - interval '13 hours'")
        let second = try await program.succeed("retrain").output
        #expect(second.contains("undisturbed@2, run 2, 4 epochs"))
        #expect(second.contains("undisturbed@3, run 3, 4 epochs"))
    }

    @Test("one model that can't be retrained does not keep the others from it")
    func oneFails() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 2)
        let program = disturbed.program
        try await program.succeed("alias", "undisturbed", "production")
        let result = try await program.run("retrain", "absent", "undisturbed", "--margin", "1")
        #expect(result.status == 66)
        #expect(result.errors.contains("There is no model “absent”"))
        #expect(result.output.contains("undisturbed@2 is now in production"))
    }

    @Test("a version that does not pass is held back, and the exit status says so")
    func gate() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 2)
        let program = disturbed.program
        try await program.succeed("alias", "undisturbed", "production")
        #expect(try await program.run("retrain", "--level", "1.5").status == 64)
        let low = try await program.run("retrain", "--gate", "--minimum-accuracy", "1")
        #expect(low.status == 10 && low.output.contains("is below the minimum of 1"))
        #expect(try await program.run("retrain", "--force", "--minimum-accuracy", "1").status == 0, "without --gate")
        // From now on it is trained for nothing.
        _ = try program.connect().execute(
            "update registry.run set configuration = jsonb_set(configuration, '{training,learning_rate}', '1e-9')")
        let worse = try await program.run("retrain", "--gate", "--force")
        #expect(
            worse.status == 10
                && worse.output.contains("worse than undisturbed@1 by more than the margin of 0.002: loss "))
        #expect(try production(program) == 1)
        let outcomes = try program.connect().query("select outcome from analysis.retraining order by run")
            .map { try $0["outcome"] as String }
        #expect(outcomes == ["held back", "held back", "held back"])
    }

    @Test("what the test samples are too few to show changes nothing; guards and samples that must pass hold back")
    func checks() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 2)
        let program = disturbed.program
        try await program.succeed("alias", "undisturbed", "production")
        let unclear = try await program.run("retrain", "--gate")
        #expect(unclear.status == 10 && unclear.output.contains("NOT SHOWN"), "\(unclear.output)")
        #expect(unclear.output.contains(/about [0-9,]+ more test samples would decide/), "\(unclear.output)")
        #expect(try production(program) == 1)

        // A sample that the next version misses as both before did.
        let hard: Int = try program.connect().query(
            "select index from analysis.misclassified_sample group by index having count(*) = 2 order by index limit 1")[
                0]["index"]
        let file = URL(filePath: try #require(program.environment["HOME"])).appending(path: "must-pass")
        try Data("# The worst.\n\n\(hard)\n".utf8).write(to: file)
        let broken = try await program.run(
            "retrain", "--gate", "--force", "--margin", "1", "--must-pass", file.path, "--guard", "label=4", "--guard",
            "category=tilted")
        #expect(broken.status == 10 && broken.output.contains("1 of 1 samples that must pass do not: \(hard)"))
        let outcomes = try program.connect().query("select outcome from analysis.retraining order by run")
            .map { try $0["outcome"] as String }
        #expect(outcomes == ["not shown", "held back"])

        // Known before anything is trained.
        for (guarded, what) in [
            ("label=10", "label=10"), ("class=ten", "class=ten"), ("category=bent", "category=bent"),
        ] {
            let absent = try await program.run("retrain", "--force", "--guard", guarded)
            #expect(absent.status == 66 && absent.errors.contains("has no \(what)."), "\(absent.errors)")
        }
        for (text, status, message) in [
            ("7\nseven\n", Int32(65), "line 2 is no index of a sample: “seven”"), ("-1", 65, "line 1 is no index"),
            ("500", 66, "has no test sample 500"),
        ] {
            try Data(text.utf8).write(to: file)
            let refused = try await program.run("retrain", "--force", "--must-pass", file.path)
            #expect(refused.status == status && refused.errors.contains(message), "\(refused.errors)")
        }
        #expect(try await program.run("retrain", "--must-pass", "\(file.path).absent").status == 66)
        let runs: Int = try program.connect().query("select count(*) as runs from registry.run")[0]["runs"]
        #expect(runs == 3)
    }

    @Test("a second retraining at the same time ends with 75; one that was killed is resumed")
    func concurrency() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 4)
        let program = disturbed.program
        try await program.succeed("alias", "undisturbed", "production")
        try disturbed.hold(2, after: 2)
        let all = try (0..<3).map { _ in try program.start("retrain") }
        try await disturbed.waitForEpoch(2, of: 2)
        #expect(try await program.run("retrain").status == 75)
        try await wait(until: "two of three find that they are too many") {
            all.filter(\.isRunning).count == 1
        }
        let first = try #require(all.first { $0.isRunning })
        kill(first.identifier, SIGKILL)
        _ = try await first.end()
        try disturbed.release(2)
        _ = try program.connect().execute(
            "update registry.run set lease_expires_at = now() + interval '1 hour' where run_id = 2")
        #expect(try await program.run("retrain").status == 75, "its lease is not over yet")
        try disturbed.expireLeases()
        let second = try await program.succeed("retrain")
        #expect(second.output.contains("undisturbed@2, run 2, 4 epochs"))
        #expect(
            try program.connect().query("select outcome from analysis.attempt where run = 2 order by fence")
                .map { try $0["outcome"] as String } == ["lost", "succeeded"])
    }

    @Test("on a new version of the data set, the version in production is tested again")
    func newDataset() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 2)
        let program = disturbed.program
        try await program.succeed("alias", "undisturbed", "production")
        let folder = try await Disturbed.smallFolder(training: 2000, test: 400)
        try await program.succeed("dataset", "import", "small", folder.path)
        let report = try await program.succeed("retrain").output
        #expect(report.contains("small@2, 400 test samples"))
        // The first 400 of the same test samples: what it missed of them is known.
        let missed: Int = try program.connect().query(
            "select count(*) as missed from analysis.misclassified_sample where version = 1 and index < 400")[0][
                "missed"]
        let accuracy = String(format: "%.4f", 1 - Double(missed) / 400)
        #expect(report.split(separator: "\n").contains { $0.hasPrefix("accuracy before") && $0.hasSuffix(accuracy) })
    }

    @Test("classes match by name: in another order they are the same, under other names nothing is trained")
    func classNames() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 2)
        let program = disturbed.program
        try await program.succeed("alias", "undisturbed", "production")
        let known = try program.connect().query("select test_accuracy from analysis.model_version")[0]
        let accuracy = String(format: "%.4f", try known["test_accuracy"] as Double)

        let reversed = try await Disturbed.smallFolder { 9 - $0 }
        try await program.succeed(
            "dataset", "import", "small", reversed.path, "--class-names", "9,8,7,6,5,4,3,2,1,0")
        let report = try await program.succeed("retrain").output
        #expect(report.contains("small@2, 500 test samples"))
        #expect(report.split(separator: "\n").contains { $0.hasPrefix("accuracy before") && $0.hasSuffix(accuracy) })

        try await program.succeed(
            "dataset", "import", "small", reversed.path, "--class-names", "a,8,7,6,5,4,3,2,1,0")
        let refused = try await program.run("retrain", "--force")
        #expect(refused.status == 65 && refused.errors.contains("a class “a”"), "\(refused.errors)")
        let runs: Int = try program.connect().query("select count(*) as runs from registry.run")[0]["runs"]
        #expect(runs == 2)
    }
}
