import Foundation
import PostgreSQL
import Testing

@Suite("What commands answer: formats, numbers, words")
struct AnswerTests {
    private static let small = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small")

    /// A program whose database has the small data set and no model.
    private static func program() async throws -> Program {
        let program = try await Program.withSmallDataset()
        return program
    }

    private static let training = ["train", "mlp", "--dataset", "small", "--epochs", "2", "--batch-size", "4"]

    @Test("train answers in JSON and CSV with what show has of the new version, and nothing else")
    func trainFormats() async throws {
        let program = try await Self.program()
        let result = try await program.run(Self.training + ["--format", "json"])
        #expect(result.status == 0 && result.errors.contains("epoch 2/2"))
        let trained = try #require(try result.json() as? [String: Any])
        let shown = try #require(
            try await program.succeed("show", "mlp@1", "--format", "json").json() as? [String: Any])
        #expect(trained["model"] as? String == "mlp" && trained["version"] as? Int == 1)
        for (key, value) in trained { #expect(shown[key] as? NSObject == value as? NSObject, "\(key)") }
        let quiet = try await program.run(Self.training + ["--format", "csv", "--quiet"])
        #expect(quiet.errors.isEmpty)
        let lines = quiet.output.split(separator: "\r\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("model,version,") && lines[1].hasPrefix("mlp,2,"))
        let queued = try await program.run(Self.training + ["--detach", "--format", "json", "--quiet"])
        #expect(try queued.json() as? [String: Int] == ["run": 3])
    }

    @Test("db status answers in JSON and CSV, of this program's server and of others")
    func databaseStatus() async throws {
        let external = try #require(
            try await Program.onNewDatabase().succeed("db", "status", "--format", "json").json() as? [String: Any])
        #expect(external["server"] as? String == "external" && external["state"] as? String == "running")
        let (program, home) = try Program.withEmptyHome()
        let embedded = try #require(
            try await program.succeed("db", "status", "--format", "json").json() as? [String: Any])
        #expect(embedded["server"] as? String == "embedded" && embedded["state"] as? String == "absent")
        #expect(embedded["home"] as? String == home.string && embedded["postgresql_version"] is NSNull)
        let csv = try await program.succeed("db", "status", "--format", "csv").output
        #expect(csv.hasPrefix("server,state,postgresql_version,home,process,socket\r\nembedded,absent,"))
    }

    @Test("compare --quiet prints the verdicts alone")
    func quietComparison() async throws {
        let program = try await Self.program()
        for name in ["a", "b", "c"] {
            #expect(try await program.run(Self.training + ["--name", name, "--quiet"]).status == 0)
        }
        let pairs = try #require(
            try await program.succeed("compare", "a", "b", "c", "--format", "json").json() as? [String: Any])["pairs"]
        let verdicts = (pairs as? [[String: Any]] ?? []).compactMap { $0["verdict"] as? String }
        #expect(verdicts.count == 3)
        let quiet = try await program.succeed("compare", "a", "b", "c", "--quiet")
        #expect(quiet.output.split(separator: "\n").map(String.init) == verdicts && quiet.errors.isEmpty)
        #expect(try await program.run("compare", "a", "b", "--quiet", "--format", "json").status == 64)
    }

    @Test("numbers for people have six digits, thousands a comma, and one of a thing is singular")
    func numbers() async throws {
        let program = try await Self.program()
        let arguments = ["--learning-rate", "0.0033333333333333335", "--schedule", "step", "--step-epochs", "1"]
        let decay = ["--learning-rate-decay", "0.30000000000000004", "--quiet"]
        #expect(try await program.run(Self.training + arguments + decay).status == 0)
        let text = try await program.succeed("show", "mlp").output
        #expect(text.contains("0.00333333, × 0.3 every 1 epoch\n"), "\(text)")
        #expect(!text.contains(/\d\.\d{9,}/))
        let json = try await program.succeed("show", "mlp", "--format", "json")
        #expect(json.output.contains("0.0033333333333333335"), "programs get every digit")
        let whole = try #require(try json.json() as? [String: Any])
        #expect((whole["configuration"] as? [String: Any])?["training"] is [String: Any], "nested, and no text")
        for command in [["errors", "mlp", "--class", "0"], ["predictions", "mlp", "--limit", "1"]] {
            let answer = try await program.run(command).output
            #expect(!answer.contains(/\b1 [a-z ]*(samples|epochs|versions|architectures)\b/), "\(answer)")
        }
        let row = try program.connect().query(
            "select analysis.verdict('a', 'b', 1234, 1234, 10000, 1) as verdict, analysis.count_text(1) as one, "
                + "analysis.count_text(1234567) as million, analysis.count_text(0) as nothing")[0]
        #expect((try row["verdict"] as String).contains("of 10,000 test samples the first alone gets 1,234 right"))
        #expect(try row["one"] as String == "1" && row["million"] as String == "1,234,567")
        #expect(try row["nothing"] as String == "0")
    }

    @Test("a list of models fits 100 columns, and one of data sets tells their sizes")
    func lists() async throws {
        var program = try await Self.program()
        for name in ["letters-cnn", "letters-mlp"] {
            #expect(try await program.run(Self.training + ["--name", name, "--quiet"]).status == 0)
            try await program.succeed("alias", name, "production")
        }
        program.environment["COLUMNS"] = "100"
        let models = try await program.succeed("models").output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(models.allSatisfy { $0.count <= 100 } && !models.dropLast().contains(""), "one table: \(models)")
        #expect(models.contains { $0.hasPrefix("letters-mlp") && $0.contains("production") })
        let datasets = try await program.succeed("dataset", "list").output
        for title in ["training", "validation", "test", "classes", "height", "width"] {
            #expect(datasets.contains(title))
        }
        let line = try #require(datasets.split(separator: "\n").first { $0.hasPrefix("small") })
        #expect(
            line.split(separator: " ").starts(with: ["small", "1", "60", "–", "30", "10", "1", "8", "8"]), "\(line)")
    }

    @Test("words that only this field has are explained where they are printed")
    func legends() async throws {
        let program = try await Self.program()
        for name in ["a", "b"] { #expect(try await program.run(Self.training + ["--name", name]).status == 0) }
        for command in [["compare", "a", "b"], ["show", "a"], ["curve", "--help"], ["models", "--help"]] {
            let answer = try await program.run(command).output.replacing("\n", with: " ").replacing(/\s+/, with: " ")
            #expect(answer.contains("in nats (units of the natural logarithm)"), "\(command)")
        }
        let hardest = try await program.succeed("hardest", "--dataset", "small").output
        for words in ["learned in epoch:", "times forgotten:", "label doubt:"] { #expect(hardest.contains(words)) }
        let several = try await program.succeed("compare", "a", "b", "a").output
        #expect(several.contains("adjusted (Holm)") && !several.contains("for all pairs together"))
    }

    @Test("the endings of files are known in upper and lower case")
    func extensions() async throws {
        let program = try await Self.program()
        #expect(try await program.run(Self.training + ["--quiet"]).status == 0)
        let folder = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await program.succeed("curve", "mlp", "--output", folder.appending(path: "c.SVG").path)
        for name in ["m.ONNX", "m.SafeTensors"] {
            try await program.succeed("export", "mlp", folder.appending(path: name).path)
        }
        try await program.succeed("report", "mlp", "--output", folder.appending(path: "r.HTML").path)
        #expect(try String(contentsOf: folder.appending(path: "c.SVG"), encoding: .utf8).hasPrefix("<svg"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 4)
    }

    @Test("the shapes of layers are arrays of numbers in JSON")
    func shapes() async throws {
        let answer = try await Program.onNewDatabase().succeed("architecture", "show", "cnn", "--format", "json").json()
        let layers = try #require((answer as? [String: Any])?["layers"] as? [[String: Any]])
        #expect(!layers.isEmpty && layers.allSatisfy { ($0["output"] as? [Int])?.isEmpty == false })
    }
}
