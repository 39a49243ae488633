import Foundation
import PostgreSQL
import Testing

@Suite("What commands say of several versions")
struct JudgementTests {
    /// Two architectures on the first images of MNIST; the second was registered long ago.
    private func twoArchitectures() async throws -> Program {
        let program = try await Disturbed.onNewDatabase(epochs: 2).program
        try await program.succeed(
            "train", "cnn", "--dataset", "small", "--epochs", "2", "--batch-size", "16", "--quiet")
        try program.connect().execute(
            "update registry.model_version set registered_at = '2020-05-05T12:00:00Z' where run_id = 2")
        return program
    }

    @Test("a curve has the validation split where there is one, and show has its figures")
    func validation() async throws {
        let program = try await Program.withSmallDataset()
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet")
        try await program.succeed("dataset", "split", "small", "--split", "80/20", "--seed", "1")
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "2", "--quiet")
        let stored = try program.connect().query(
            """
            select epoch, validation_loss, validation_correct::float8 / validation_samples as validation_accuracy
              from registry.epoch_metric
             where run_id = 2
             order by epoch
            """)
        for (flags, column) in [([], "validation_loss"), (["--accuracy"], "validation_accuracy")] {
            let curve = try await program.succeed(["curve", "mlp@1", "mlp@2", "--format", "json"] + flags)
            let points = try #require(try curve.json() as? [[String: Any]])
                .filter { ($0["series"] as? String)?.contains("validation") ?? false }
            #expect(points.map { $0["series"] as? String } == ["mlp@2 validation", "mlp@2 validation"])
            #expect(try points.map { $0["value"] as? Double } == stored.map { try $0[column] as Double })
        }
        let home = try #require(program.environment["HOME"])
        try await program.succeed("curve", "mlp", "--output", "\(home)/curve.svg")
        let drawing = try String(contentsOf: URL(filePath: "\(home)/curve.svg"), encoding: .utf8)
        #expect(drawing.contains("mlp@2 validation") && drawing.matches(of: /class="mark"[^>]*fill="none"/).count == 3)
        #expect(try await program.succeed("curve", "mlp").output.contains("○  mlp@2 validation"))
        #expect(try await program.succeed("show", "mlp@2").output.contains("validation"))
        #expect(!(try await program.succeed("show", "mlp@1").output.contains("validation")))
    }

    private struct Hardest: Decodable {
        struct Class: Decodable { let label: Int }
        struct Sample: Decodable {
            let index: Int
            let label: Int
            let missed_by: Int
            let missed_share: Double
        }

        let versions: Int
        let architectures: Int
        let classes: [Class]
        let samples: [Sample]
    }

    @Test("hardest is narrowed to a class, a model and a period, whose end is excluded")
    func hardest() async throws {
        let program = try await twoArchitectures()
        func hardest(_ options: [String]) async throws -> Hardest {
            let result = try await program.run(
                ["hardest", "--dataset", "small", "--limit", "500", "--format", "json"] + options)
            try #require(result.status == 0, "\(options): \(result.errors)")
            return try JSONDecoder().decode(Hardest.self, from: Data(result.output.utf8))
        }
        /// Past all views: the test samples that a run misses after its last epoch.
        func missed(by run: Int) throws -> Set<Int> {
            Set(
                try program.connect().query(
                    """
                    select index
                      from registry.misclassification
                      join registry.sample using (sample_id)
                     where run_id = $1
                       and epoch = 2
                    """, run
                ).map { try $0["index"] as Int })
        }
        let (mlp, cnn) = (try missed(by: 1), try missed(by: 2))
        #expect(!mlp.isEmpty && !cnn.isEmpty && mlp != cnn)

        let all = try await hardest([])
        #expect((all.versions, all.architectures, all.classes.count) == (2, 2, 10))
        #expect(Set(all.samples.map(\.index)) == mlp.union(cnn))
        for sample in all.samples {
            let count = (mlp.contains(sample.index) ? 1 : 0) + (cnn.contains(sample.index) ? 1 : 0)
            #expect(sample.missed_by == count && sample.missed_share == Double(count) / 2)
        }
        let fours = try await hardest(["--class", "4"])
        #expect(fours.classes.map(\.label) == [4])
        #expect(fours.samples.map(\.index) == all.samples.filter { $0.label == 4 }.map(\.index))

        for (options, expected) in [
            (["--model", "cnn"], cnn), (["--until", "2020-05-06"], cnn), (["--since", "2020-05-06"], mlp),
            (["--since", "2020-05-05T12:00:00Z", "--until", "2020-05-05T12:00:01Z"], cnn),
            (["--since", "2020-05-05T12:00:01Z"], mlp), (["--model", "undisturbed", "--since", "2020-05-05"], mlp),
        ] {
            let found = try await hardest(options)
            #expect((found.versions, found.architectures) == (1, 1), "\(options)")
            #expect(Set(found.samples.map(\.index)) == expected, "\(options)")
            #expect(found.samples.allSatisfy { $0.missed_share == 1 }, "\(options)")
        }
        for options in [["--until", "2020-05-05T12:00:00Z"], ["--model", "cnn", "--since", "2020-05-06"]] {
            #expect(try await program.run(["hardest", "--dataset", "small"] + options).status == 66, "\(options)")
        }
    }

    @Test("a difference of losses that can't be told is said to be none, and why")
    func lossDifference() async throws {
        let program = try await twoArchitectures()
        func line() async throws -> String {
            let lines = try await program.succeed("compare", "undisturbed", "cnn").output.split(separator: "\n")
            return try String(#require(lines.first { $0.hasPrefix("mean loss, cnn@1 minus undisturbed@1") }))
        }
        #expect(try await line().hasSuffix(" nats"))
        // The resampled mean is the one that SQL finds; the intervals agree to a few per cent of their width.
        let row = try program.connect().query(
            """
            select difference.difference, difference.upper - difference.lower as width
              from analysis.test_loss as a
              join analysis.test_loss as b on b.model = 'cnn'
             cross join lateral analysis.paired_loss_difference(a.losses, b.losses) as difference
             where a.model = 'undisturbed'
            """)[0]
        let (difference, width): (Double, Double) = (try row["difference"], try row["width"])
        let json = try #require(
            try await program.succeed("compare", "undisturbed", "cnn", "--format", "json").json() as? [String: Any])
        let pair = try #require((json["pairs"] as? [[String: Any]])?.first)
        let (lower, upper) = (pair["loss_difference_lower"] as? Double, pair["loss_difference_upper"] as? Double)
        #expect(abs(try #require(pair["loss_difference"] as? Double) - difference) < 1e-9)
        #expect(abs(try #require(upper) - (try #require(lower)) - width) < 0.15 * width)

        try program.connect().execute("update registry.test_loss set losses[7] = 'Infinity' where run_id = 2")
        #expect(try await line().hasSuffix("cannot be told: the loss of some test sample is not finite"))
        try program.connect().execute("delete from registry.test_loss where run_id = 2")
        #expect(try await line().contains("cannot be told: the loss of each test sample is not known"))
    }
}
