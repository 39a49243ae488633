import Foundation
import PostgreSQL
import Testing

@Suite("registry diff")
struct DiffCommandTests {
    /// Thirty test images with the labels 0, 1, … 9 three times; what is not listed is classified correctly.
    private func importing(_ name: String, wrong: [Int: Int], into program: Program) async throws {
        let rows = (0..<30).map { "\($0),\(wrong[$0] ?? $0 % 10)" }
        let file = URL(filePath: try #require(program.environment["HOME"])).appending(path: "\(name).csv")
        try Data((["index,predicted"] + rows).joined(separator: "\n").utf8).write(to: file)
        try await program.succeed("import", name, "--predictions", file.path, "--dataset", "small")
    }

    private func object(_ program: Program, _ arguments: String...) async throws -> [String: Any] {
        let result = try await program.succeed(["diff"] + arguments + ["--format", "json"])
        return try #require(try result.json() as? [String: Any])
    }

    private func rows(_ object: [String: Any], _ key: String) throws -> [[String: Any]] {
        try #require(object[key] as? [[String: Any]])
    }

    @Test("of imported predictions: what is broken, mended and changed, by class and confusion, in every format")
    func outside() async throws {
        let program = try await Program.withSmallDataset()
        try await importing("before", wrong: [0: 6, 7: 1, 14: 9], into: program)
        try await importing("now", wrong: [7: 2, 21: 7, 24: 9], into: program)

        let diff = try await object(program, "before", "now")
        let samples = try rows(diff, "samples")
        #expect(samples.map { $0["change"] as? String } == ["broken", "broken", "mended", "mended", "changed"])
        #expect(samples.map { $0["index"] as? Int } == [21, 24, 0, 14, 7])
        #expect(samples.map { $0["a_predicted"] as? Int } == [1, 4, 6, 9, 1])
        #expect(samples.map { $0["b_predicted"] as? Int } == [7, 9, 0, 4, 2])
        #expect(samples.allSatisfy { $0["a_confidence"] is NSNull && $0["pixels"] == nil })
        #expect(try rows(diff, "changes").map { $0["samples"] as? Int } == [2, 2, 1])
        #expect(try rows(diff, "changes").map { $0["out_of"] as? Int } == [27, 3, 3])
        let four = try #require(try rows(diff, "classes").first { $0["label"] as? Int == 4 })
        #expect((four["broken"] as? Int, four["mended"] as? Int, four["changed"] as? Int) == (1, 1, 0))
        let taken = try #require(try rows(diff, "confusions").first)
        #expect((taken["label"] as? Int, taken["predicted"] as? Int, taken["come"] as? Int) == (4, 9, 1))
        #expect((taken["before"] as? Int, taken["now"] as? Int, taken["gone"] as? Int) == (1, 1, 1))
        #expect(try rows(diff, "seeds").allSatisfy { $0["mean_broken"] is NSNull })

        let text = try await program.succeed("diff", "before", "now").output
        #expect(text.contains("of before@1 is not known: its predictions were imported."))
        #expect(text.contains("5 of 5 samples") && text.contains("#21 broken") && text.contains("now@1: 7"))
        let broken = try await program.succeed("diff", "before", "now", "--only", "broken", "--limit", "1").output
        #expect(broken.contains("1 of 2 samples") && broken.contains("#21 broken") && !broken.contains("mended\n"))
        let csv = try await program.succeed(
            "diff", "before", "now", "--only", "mended", "--format", "csv", "--table", "samples")
        #expect(csv.output.split(separator: "\r\n").dropFirst().map { $0.prefix(8) } == ["0,mended", "14,mende"])
        for table in ["changes", "classes", "categories", "confusions", "seeds"] {
            let part = try await program.succeed("diff", "before", "now", "--format", "csv", "--table", table)
            #expect(part.output.split(separator: "\r\n").count > 1, "\(table)")
        }
        #expect(try await program.run("diff", "before", "now", "--only", "gained").status == 64)
        #expect(try await program.run("diff", "before", "absent").status == 66)
        let same = try await program.succeed("diff", "before", "before").output
        #expect(!same.contains("#"), "nothing differs from itself")
    }

    @Test("what a new seed breaks anyway is counted over the trainings that differ in the seed alone")
    func seeds() async throws {
        let program = try await Program.withSmallDataset()
        let training = ["train", "mlp", "--dataset", "small", "--epochs", "2", "--batch-size", "4", "--quiet"]
        for seed in ["1", "2", "3", "3"] { try await program.succeed(training + ["--seed", seed]) }
        try await program.succeed(training + ["--seed", "4", "--learning-rate", "0.02"])

        var missed: [Int: Set<Int>] = [:]
        for row in try program.connect().query("select version, index from analysis.misclassified_sample") {
            missed[try row["version"], default: []].insert(try row["index"])
        }
        let broken = [1, 2, 4].flatMap { b in
            [1, 2, 4].filter { $0 != b }.map { a in missed[b, default: []].subtracting(missed[a, default: []]).count }
        }
        let seeds = try rows(try await object(program, "mlp@1", "mlp@2"), "seeds")
        #expect(seeds.count == 1, "both have one recipe")
        #expect((seeds[0]["seeds"] as? Int, seeds[0]["pairs"] as? Int) == (3, 6))
        let mean = try #require(seeds[0]["mean_broken"] as? Double)
        #expect(abs(mean - Double(broken.reduce(0, +)) / 6) < 1e-12)
        #expect(seeds[0]["least_broken"] as? Int == broken.min() && seeds[0]["most_broken"] as? Int == broken.max())
        let others = try rows(try await object(program, "mlp@1", "mlp@5"), "seeds")
        #expect(others.map { $0["seeds"] as? Int } == [3, 1])
        let text = try await program.succeed("diff", "mlp@1", "mlp@5").output
        #expect(text.contains("A new seed of mlp@1's recipe breaks ") && text.contains("6 pairs of 3 seeds"))
        #expect(text.contains("a new seed of mlp@5's recipe breaks anyway is not known: it was trained with one seed"))
    }
}
