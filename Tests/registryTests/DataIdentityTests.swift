import Foundation
import PostgreSQL
import TestData
import Testing

@Suite("What is the same data, whatever it is called")
struct DataIdentityTests {
    private static let small = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small")

    /// A folder with the test half of the small data set, and its training half with two labels exchanged.
    private static func otherTraining(by program: Program) async throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID())")
        try FileManager.default.copyItem(at: small, to: folder)
        let labels = folder.appending(path: "train-labels-idx1-ubyte.gz")
        let shuffled = folder.appending(path: "train-labels-idx1-ubyte")
        #expect(try await program.start("/bin/gunzip", arguments: [labels.path]).end().status == 0)
        var bytes = try Data(contentsOf: shuffled)
        let first = try #require((9..<bytes.count).first { bytes[$0] != bytes[8] })
        bytes.swapAt(8, first)
        try bytes.write(to: shuffled)
        return folder
    }

    @Test("the same content under another name can be used by it, and is stored once")
    func otherName() async throws {
        let program = try await Program.onNewDatabase()
        func told(_ arguments: String...) async throws -> String {
            try await program.run(["dataset", "import"] + arguments).errors
        }
        #expect(try await told("good", Self.small.path).contains("good@1: 60 training and 30 test samples imported."))
        #expect(try await told("again", Self.small.path).contains("again@1"))
        try await program.succeed("train", "mlp", "--dataset", "again", "--epochs", "1", "--quiet")
        #expect(try await told("good", Self.small.path).contains("nothing was changed"))
        let names = "nought,one,two,three,four,five,six,seven,eight,nine"
        #expect(try await told("good", Self.small.path, "--class-names", names).contains("good@2"))
        let balance = try await program.succeed("dataset", "show", "good", "--format", "csv").output
        #expect(balance.contains("nought"))
        #expect(try await program.run("dataset", "import", "mnist", Self.small.path, "--quiet").status == 0)
        let (datasets, splits): (Int, Int) = try {
            let row = try program.connect().query(
                "select (select count(*) from registry.dataset) as d, (select count(*) from registry.split) as s")[0]
            return (try row["d"], try row["s"])
        }()
        #expect((datasets, splits) == (4, 2))
    }

    @Test("versions that learned from other data and were tested on the same samples are compared")
    func otherTrainingSplit() async throws {
        let program = try await Program.onNewDatabase()
        let folder = try await Self.otherTraining(by: program)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await program.succeed("dataset", "import", "good", Self.small.path)
        try await program.succeed("dataset", "import", "relabelled", folder.path)
        for dataset in ["good", "relabelled"] {
            try await program.succeed(
                "train", "mlp", "--dataset", dataset, "--name", dataset, "--epochs", "1", "--quiet")
        }
        let compared = try #require(
            try await program.succeed("compare", "good", "relabelled", "--format", "json").json() as? [String: Any])
        #expect((compared["pairs"] as? [Any])?.count == 1)
        let models = try #require(compared["models"] as? [[String: Any]])
        #expect(models.compactMap { $0["dataset"] as? String } == ["good", "relabelled"])
        let hardest = try #require(
            try await program.succeed("hardest", "--dataset", "good", "--format", "json").json() as? [String: Any])
        #expect(hardest["versions"] as? Int == 2)
        #expect(hardest["architectures"] as? Int == 1, "two names for one network")
    }

    @Test("lists name the version of the data, and how many samples were tested")
    func lists() async throws {
        let program = try await Program.onNewDatabase()
        for _ in 1...2 {
            try await program.succeed("dataset", "import", "dots", Self.small.path)
            try await program.succeed("dataset", "import", "dots", Self.small.path, "--licence", "CC0")
        }
        try await program.succeed("train", "mlp", "--dataset", "dots@1", "--epochs", "1", "--quiet")
        try await program.succeed("train", "mlp", "--dataset", "dots", "--epochs", "1", "--quiet")
        for command in ["models", "runs"] {
            let rows = try #require(
                try await program.succeed(command, "--format", "json").json() as? [[String: Any]])
            #expect(rows.compactMap { $0["dataset"] as? String } == ["dots@2", "dots@1"], "\(command)")
            #expect(rows.compactMap { $0["test_samples"] as? Int } == [30, 30], "\(command)")
        }
    }

    @Test("the newest versions of a model alone; none is an answer too")
    func someVersions() async throws {
        let program = try await Program.withSmallDataset()
        for name in ["a", "a", "b"] {
            try await program.succeed("train", "mlp", "--dataset", "small", "--name", name, "--epochs", "1", "--quiet")
        }
        func versions(_ options: String...) async throws -> [String] {
            let result = try await program.run(["models", "--format", "json"] + options)
            #expect(result.status == 0)
            let rows = try #require(try result.json() as? [[String: Any]])
            return rows.map { "\($0["model"] ?? "")@\($0["version"] ?? "")" }
        }
        #expect(try await versions() == ["a@2", "a@1", "b@1"])
        #expect(try await versions("--limit", "2") == ["a@2", "a@1"])
        #expect(try await versions("--model", "a", "--limit", "1") == ["a@2"])
        #expect(try await versions("--limit", "0") == [])
        #expect(try await program.run("models", "--limit", "-1").status == 64)
    }

    @Test("versions are listed by accuracy, loss, date or data set, and for one data set")
    func sortedVersions() async throws {
        let program = try await Program.onNewDatabase()
        for name in ["x", "y"] { try await program.succeed("dataset", "import", name, Self.small.path) }
        for (name, dataset, epochs) in [("b", "y", "1"), ("c", "x", "30"), ("a", "x", "1")] {
            try await program.succeed(
                "train", "mlp", "--dataset", dataset, "--name", name, "--epochs", epochs, "--batch-size", "4", "--quiet"
            )
        }
        func column<Value>(_ column: String, _ options: String...) async throws -> [Value] {
            let result = try await program.run(["models", "--format", "json"] + options)
            let rows = try #require(try result.json() as? [[String: Any]])
            return rows.compactMap { $0[column] as? Value }
        }
        #expect(try await column("model", "--sort", "date") == ["a", "c", "b"])
        #expect(try await column("dataset", "--sort", "dataset") == ["x@1", "x@1", "y@1"])
        let accuracies: [Double] = try await column("test_accuracy", "--sort", "accuracy")
        #expect(accuracies == accuracies.sorted(by: >) && accuracies.count == 3)
        let losses: [Double] = try await column("test_loss", "--sort", "loss")
        #expect(losses == losses.sorted() && losses.count == 3 && losses != losses.reversed())
        #expect(try await column("model", "--dataset", "x") == ["a", "c"])
        #expect(try await column("model", "--dataset", "y@1") == ["b"])
        let runs = try #require(
            try await program.succeed("runs", "--dataset", "x", "--format", "json").json() as? [[String: Any]])
        #expect(runs.compactMap { $0["model"] as? String } == ["a", "c"])
    }

    @Test("a class without samples has a row, and the number of classes is said")
    func emptyClasses() async throws {
        let program = try await Program.onNewDatabase()
        let names = "nought,one,two,three,four,five,six,seven,eight,nine,ten"
        try await program.succeed("dataset", "import", "more", Self.small.path, "--class-names", names)
        let csv = try await program.succeed("dataset", "show", "more", "--format", "csv").output
        #expect(csv.split(whereSeparator: \.isNewline).last == "10,ten,0,0.0,0,0.0")
        let text = try await program.succeed("dataset", "show", "more").output
        #expect(text.contains(/classes +11\n/))
    }

    @Test("the hardest samples of a class are asked for by its name")
    func className() async throws {
        let program = try await Program.onNewDatabase()
        let names = "nought,one,two,three,four,five,six,seven,eight,nine"
        try await program.succeed("dataset", "import", "small", Self.small.path, "--class-names", names)
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet")
        let hardest = ["hardest", "--dataset", "small", "--format", "csv"]
        let named = try await program.run(hardest + ["--class", "four"])
        #expect(named.status == 0 && named.output.contains("four") && !named.output.contains("three,"))
        let absent = try await program.run(hardest + ["--class", "4"])
        #expect(absent.status == 66 && absent.errors.contains("has no class “4”. See: registry dataset show small"))
    }

    @Test("errors of one class, by its name, are those of all classes that are of it")
    func errorsOfClass() async throws {
        let program = try await Program.onNewDatabase()
        let names = "nought,one,two,three,four,five,six,seven,eight,nine"
        try await program.succeed("dataset", "import", "small", Self.small.path, "--class-names", names)
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet")
        func errors(_ options: String...) async throws -> [String: Any] {
            let result = try await program.run(["errors", "mlp", "--limit", "100", "--format", "json"] + options)
            return try #require(try result.json() as? [String: Any], "\(result.errors)")
        }
        func rows(_ key: String, of errors: [String: Any]) -> [NSDictionary] { errors[key] as? [NSDictionary] ?? [] }
        let all = try await errors()
        var (samples, misclassified) = (0, 0)
        for name in names.split(separator: ",").map(String.init) {
            let ofClass = try await errors("--class", name)
            for key in ["samples", "confusions"] {
                #expect(rows(key, of: ofClass) == rows(key, of: all).filter { $0["class_name"] as? String == name })
            }
            #expect(ofClass["misclassified"] as? Int == rows("samples", of: ofClass).count)
            samples += ofClass["test_samples"] as? Int ?? 0
            misclassified += ofClass["misclassified"] as? Int ?? 0
        }
        #expect(samples == 30 && samples == all["test_samples"] as? Int)
        #expect(misclassified > 0 && misclassified == all["misclassified"] as? Int)
        let text = try await program.succeed("errors", "mlp", "--class", "four").output
        #expect(text.contains(/mlp@1 misclassifies \d+ of \d+ test samples? of class four\./))
        let absent = try await program.run("errors", "mlp", "--class", "4")
        #expect(absent.status == 66 && absent.errors.contains("has no class “4”. See: registry dataset show small"))
    }

    @Test("the curve of a model without a version is that of its newest run")
    func divergedRun() async throws {
        let program = try await Program.withSmallDataset()
        let training = ["train", "mlp", "--dataset", "small", "--name", "m", "--epochs", "3", "--batch-size", "4"]
        #expect(try await program.run(training + ["--learning-rate", "1e30"]).status != 0)
        let curve = try await program.succeed("curve", "m", "--format", "csv")
        #expect(curve.output.hasPrefix("series,samples_seen,value"))
        #expect(try await program.succeed("curve", "m").output.contains("Loss of m, run 1"))
        let shown = try #require(
            try await program.succeed("show", "m", "--format", "json").json() as? [String: Any])
        #expect(shown["state"] as? String == "diverged" && shown["run"] as? Int == 1)
        for command in ["show", "curve"] {
            let absent = try await program.run(command, "m@1")
            #expect(absent.status == 66 && absent.errors.contains("registry runs --model m"))
        }
    }

    @Test("a run is written run:12 wherever one is taken, whether it became a version or not")
    func runs() async throws {
        let program = try await Program.withSmallDataset()
        let training = ["train", "mlp", "--dataset", "small", "--name", "m", "--batch-size", "4"]
        #expect(try await program.run(training + ["--epochs", "2", "--quiet"]).status == 0)
        #expect(try await program.run(training + ["--epochs", "3", "--learning-rate", "1e30"]).status == 65)
        func shown(_ reference: String) async throws -> [String: Any] {
            try #require(
                try await program.succeed("show", reference, "--format", "json").json() as? [String: Any])
        }
        let (version, run, diverged) = (try await shown("m"), try await shown("run:1"), try await shown("run:2"))
        #expect(run["state"] as? String == "succeeded" && run["version"] as? Int == 1)
        for key in ["configuration", "layers", "epoch_metrics", "layer_metrics"] {
            #expect(version[key] as? NSObject == run[key] as? NSObject, "\(key)")
        }
        #expect(diverged["state"] as? String == "diverged" && diverged["version"] is NSNull)
        #expect(diverged["failure"] as? String != nil)
        #expect(try await program.succeed("show", "run:2").output.contains(/state +diverged/))
        let curve = try await program.succeed("curve", "m@1", "run:2").output
        #expect(curve.contains("Loss of m@1, m, run 2"))
        for command in ["show", "curve", "cancel", "requeue"] {
            let absent = try await program.run(command, "run:99")
            #expect(absent.status == 66 && absent.errors.contains("There is no run 99. See: registry runs"))
        }
        for command in ["errors", "predictions", "report", "compare"] {
            let refused = try await program.run(command, "run:1", "m")
            #expect(refused.status == 64 && refused.errors.contains("“run:1” is a run"), "\(refused.errors)")
        }
        #expect(try await program.run("show", "run:x").status == 64)
    }

    @Test("doctor --deep finds what was written past the schema's checks")
    func deepDoctor() async throws {
        let program = try await Program.withSmallDataset()
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "2", "--quiet")
        try await program.succeed("doctor", "--deep")
        _ = try program.connect().script(
            "set session_replication_role = replica; update registry.missed_total set versions = versions + 1;")
        #expect(try await program.run("doctor").status == 0)
        let result = try await program.run("doctor", "--deep")
        #expect(result.status == 65)
        #expect(result.errorLines.last?.contains("1 of these statements does not hold") == true)
    }
}
