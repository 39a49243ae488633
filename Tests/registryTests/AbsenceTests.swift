import Foundation
import Testing

@Suite("What is not there is said to be missing, and nothing else is")
struct AbsenceTests {
    @Test("a list that filters leave empty does not say that nothing has been trained")
    func emptyLists() async throws {
        let program = try await Program.withSmallDataset()
        #expect(try await program.succeed("models").errors.contains("No model has been trained yet."))
        #expect(try await program.succeed("runs").errors.contains("There is no such run."))
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet")
        try await program.succeed("dataset", "import", "other", try Self.small().path)
        try await program.succeed("train", "mlp", "--dataset", "other", "--name", "queued", "--detach", "--quiet")
        for command in [
            ["models", "--model", "queued"], ["models", "--dataset", "other"],
            ["runs", "--model", "mlp", "--dataset", "other"],
        ] {
            let result = try await program.run(command)
            #expect(result.status == 0 && result.output.isEmpty, "\(command)")
            #expect(result.errors.contains("There is no such "), "\(command): \(result.errors)")
        }
        #expect(try await program.succeed("models", "--limit", "0").errors.isEmpty)
    }

    private static func small() throws -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small")
    }

    @Test("a number is written in one way: what looks like another is no data set, version or run")
    func numbers() async throws {
        let program = try await Program.withSmallDataset()
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet")
        for name in ["small@01", "small@+1", "small@1 ", "small@0"] {
            for command in [
                ["models", "--dataset", name], ["dataset", "show", name], ["hardest", "--dataset", name],
            ] {
                #expect(try await program.run(command).status == 66, "\(command)")
            }
        }
        for (command, name) in [("show", "mlp@01"), ("errors", "mlp@+1"), ("show", "run:01"), ("curve", "run:+1")] {
            #expect(try await program.run(command, name).status == 64, "\(command) \(name)")
        }
    }

    @Test("hardest knows no model that there is not, and no day that there is not")
    func hardest() async throws {
        let program = try await Program.withSmallDataset()
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet")
        let absent = try await program.run("hardest", "--dataset", "small", "--model", "absent")
        #expect(absent.status == 66 && absent.errors.contains("There is no model “absent”"), "\(absent.errors)")
        for moment in [
            "2026-02-30", "2026-04-31", "2025-02-29", "2026-13-01", "2026-01-00", "2026-02-30T12:00:00Z",
            "2026-11-01T24:00:00Z", "2026-11-01T12:60:00Z", "2026-11-01T12:00:00",
        ] {
            #expect(try await program.run("hardest", "--dataset", "small", "--since", moment).status == 64, "\(moment)")
        }
        for moment in ["2024-02-29", "2020-11-01T23:59:59Z", "2020-11-01T12:00:00+01:00"] {
            #expect(try await program.run("hardest", "--dataset", "small", "--since", moment).status == 0, "\(moment)")
        }
        let turned = try await program.run(
            "hardest", "--dataset", "small", "--since", "2026-11-02", "--until", "2026-11-01")
        #expect(turned.status == 64 && turned.errors.contains("--until must be after --since."))
    }

    @Test("a run that has stored nothing has no epochs to show and no curve to draw")
    func queuedRun() async throws {
        let program = try await Program.withSmallDataset()
        try await program.succeed("train", "mlp", "--dataset", "small", "--detach", "--quiet")
        let shown = try await program.succeed("show", "run:1").output
        #expect(shown.hasSuffix("\n\nNo epoch has been stored yet.\n"), "\(shown)")
        let curve = try await program.run("curve", "run:1")
        #expect(curve.status == 66 && curve.output.isEmpty, "\(curve.output)")
        #expect(curve.errors.contains("mlp, run 1: no finite value has been stored"), "\(curve.errors)")
        #expect(try await program.succeed("curve", "run:1", "--format", "json").output == "[]\n")
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--name", "m", "--quiet")
        let both = try await program.succeed("curve", "m", "run:1").output
        #expect(both.contains("mlp, run 1 test: nothing stored"), "\(both)")
    }

    @Test("a loss that is not finite is no point of a drawing, and is a value in JSON and CSV")
    func divergedCurve() async throws {
        let program = try await Program.withSmallDataset()
        let diverged = try await program.run(
            "train", "mlp", "--dataset", "small", "--epochs", "1", "--learning-rate", "1e30", "--quiet")
        #expect(diverged.status == 65)
        #expect(try await program.succeed("curve", "mlp").output.contains("mlp, run 1 test: no value is finite"))
        let points = try #require(
            try await program.succeed("curve", "mlp", "--format", "json").json() as? [[String: Any]])
        let test = points.filter { $0["series"] as? String == "mlp, run 1 test" }
        #expect(test.count == 1 && test[0]["value"] as? String == "NaN" && test[0]["samples_seen"] as? Int == 60)
        let csv = try await program.succeed("curve", "mlp", "--format", "csv").output
        #expect(csv.contains("\"mlp, run 1 test\",60,NaN\r\n"), "\(csv)")
    }

    @Test("without a version in production, one that there is is proposed")
    func production() async throws {
        let program = try await Program.withSmallDataset()
        #expect(try await program.run("retrain").errors.contains("Start with: registry train mlp"))
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--name", "mine", "--quiet")
        let result = try await program.run("retrain")
        #expect(result.status == 66)
        let advice = try #require(result.errors.firstMatch(of: /registry (alias .*)\n/)).1
        #expect(try await program.run(advice.split(separator: " ").map(String.init)).status == 0, "\(advice)")
        #expect(try await program.run("retrain").status == 0)
    }

    @Test("of very many models not every one is listed")
    func manyModels() async throws {
        let program = try await Program.withSmallDataset()
        try await program.succeed("train", "mlp", "--dataset", "small", "--name", "m0", "--detach", "--quiet")
        _ = try program.connect().execute(
            """
            with made as (
                insert into registry.model (name)
                select 'm' || number
                  from generate_series(1, 500) as number
                returning model_id
            )
            insert into registry.run (model_id, dataset_id, configuration, parameter_count, epochs)
            select made.model_id, run.dataset_id, run.configuration, run.parameter_count, run.epochs
              from made
             cross join registry.run
            """)
        let line = try await program.run("show", "absent").errors
        #expect(line.count < 250 && line.contains("m0, m1, m10, ") && line.contains(" and 481 more."), "\(line)")
    }
}
