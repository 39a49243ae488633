import Foundation
import PostgreSQL
import TestData
import Testing

/// Thirty test images with the labels 0, 1, … 9 three times. Another program gives 0.73 to the right class of each, but every
/// seventh, of which it gives that to the next class and 0.09 to the right one. By numpy, 25 of 30 are right, the mean loss is
/// 0.6635832221417289 nats, and Wilson's interval of the accuracy is 0.6643564949358398 to 0.9266345762815145.
@Suite("registry import")
struct ImportCommandTests {
    private static let wrong = [0, 7, 14, 21, 28]

    private static func predicted(_ index: Int) -> Int { (index + (index % 7 == 0 ? 1 : 0)) % 10 }

    private static func probabilities(_ index: Int) -> [Double] {
        let isWrong = index % 7 == 0
        return (0..<10).map { label in
            label == predicted(index) ? 0.73 : !isWrong ? 0.03 : label == index % 10 ? 0.09 : 0.0225
        }
    }

    /// With the data set “small”, and a training of it as mlp@1.
    private static func prepared() async throws -> Program {
        let program = try await Program.withSmallDataset()
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet")
        return program
    }

    private static func write(_ bytes: [UInt8], of program: Program, as name: String = "p") throws -> String {
        let path = "\(try #require(program.environment["HOME"]))/\(name)"
        try Data(bytes).write(to: URL(filePath: path))
        return path
    }

    private static func table(_ order: [Int] = Array(0..<30)) -> String {
        let header = "index," + (0..<10).map { "p\($0)" }.joined(separator: ",")
        let rows = order.map { index in "\(index)," + probabilities(index).map { "\($0)" }.joined(separator: ",") }
        return ([header] + rows).joined(separator: "\n")
    }

    private static func whole(_ program: Program) throws -> String {
        try write(Array(table().utf8), of: program, as: "whole.csv")
    }

    private static func object(_ result: Program.Result) throws -> [String: Any] {
        try #require(try result.json() as? [String: Any])
    }

    @Test("what reads versions reads imported predictions, and compares them with a training")
    func reading() async throws {
        let program = try await Self.prepared()
        let file = try Self.whole(program)
        let line = try await program.succeed(
            "import", "resnet", "--predictions", file, "--dataset", "small@1", "--producer", "ResNet-18",
            "--expect-accuracy", "0.8333")
        #expect(line.output == "resnet@1  test accuracy 0.8333  test loss 0.66358 nats  predictions of ResNet-18\n")

        let shown = try Self.object(try await program.succeed("show", "resnet", "--format", "json"))
        #expect(shown["origin"] as? String == "outside" && shown["producer"] as? String == "ResNet-18")
        #expect(abs(try #require(shown["test_loss"] as? Double) - 0.6635832221417289) < 1e-12)
        #expect(abs(try #require(shown["test_accuracy_lower"] as? Double) - 0.6643564949358398) < 1e-12)
        #expect(abs(try #require(shown["test_accuracy_upper"] as? Double) - 0.9266345762815145) < 1e-12)
        for key in ["parameters", "epochs", "weights_sha256", "seconds_per_epoch"] {
            #expect(shown[key] is NSNull, "\(key)")
        }
        // scikit-learn's precision_recall_fscore_support of these answers.
        let means = try #require(shown["class_means"] as? [[String: Any]])
        for (metric, mean, value) in [
            ("precision", "macro", 0.8583333333333332), ("recall", "macro", 0.8333333333333333),
            ("f1", "macro", 0.8304761904761906), ("f1", "weighted", 0.8304761904761904),
        ] {
            let row = try #require(means.first { $0["metric"] as? String == metric && $0["mean"] as? String == mean })
            #expect(abs((row["value"] as? Double ?? 0) - value) < 1e-12, "\(metric)")
        }
        let classes = try #require(shown["classes"] as? [[String: Any]])
        let known = [1, 2.0 / 3, 0.75, 1, 1, 0.75, 1, 1, 2.0 / 3, 0.75]
        #expect(zip(classes, known).allSatisfy { abs(($0["precision"] as? Double ?? 0) - $1) < 1e-12 })
        let text = try await program.succeed("show", "resnet").output
        #expect(text.contains("Test accuracy by class") && !text.contains("Layers") && !text.contains("Epochs\n"))
        try await program.succeed("show", "run:2")

        let models = try await program.succeed("models").output
        #expect(models.contains("predictions") && models.contains("ResNet-18"))
        #expect(!(try await program.succeed("runs").output.contains("resnet")), "it is no training")
        #expect(
            try await program.succeed("runs", "--model", "resnet").errors
                == "resnet was not trained here: it was imported. See: registry models --model resnet\n")

        // 25 right, and 0.73 given to each answer: in the eighth tenth.
        let bins = try program.connect().query(
            "select bin, samples, accuracy, mean_confidence from analysis.calibration where model = 'resnet'")
        #expect(try bins.count == 1 && bins[0]["bin"] == 8 && bins[0]["samples"] == 30)
        #expect(try abs(bins[0]["mean_confidence"] - 0.73) < 1e-6 && bins[0]["accuracy"] == 25.0 / 30)

        let errors = try Self.object(try await program.succeed("errors", "resnet", "--format", "json"))
        let samples = try #require(errors["samples"] as? [[String: Any]])
        #expect(samples.map { $0["index"] as? Int } == Self.wrong)
        #expect(samples.map { $0["predicted"] as? Int } == Self.wrong.map(Self.predicted))
        #expect(samples.allSatisfy { abs(($0["confidence"] as? Double ?? 0) - 0.73) < 1e-6 })
        #expect(samples.allSatisfy { abs(($0["loss"] as? Double ?? 0) - 2.407945608651872) < 1e-6 }, "−ln 0.09")

        let missed = Set(
            try program.connect().query("select index from analysis.misclassified_sample where model = 'mlp'")
                .map { try $0["index"] as Int })
        let compared = try Self.object(try await program.succeed("compare", "resnet", "mlp", "--format", "json"))
        let pair = try #require((compared["pairs"] as? [[String: Any]])?.first)
        #expect(pair["only_a_correct"] as? Int == missed.subtracting(Self.wrong).count)
        #expect(pair["only_b_correct"] as? Int == Set(Self.wrong).subtracting(missed).count)
        #expect(pair["loss_samples"] as? Int == 30 && pair["same_weights"] is NSNull)
        let table = try await program.succeed("compare", "resnet", "mlp").output
        #expect(table.contains("predictions of") && table.contains(/macro F1 +0\.8305/), "\(table)")

        let hardest = try Self.object(
            try await program.succeed("hardest", "--dataset", "small", "--limit", "30", "--format", "json"))
        #expect(hardest["architectures"] as? Int == 2)
        #expect(
            Set((hardest["samples"] as? [[String: Any]] ?? []).map { $0["index"] as? Int ?? -1 })
                == missed.union(Self.wrong))

        let predictions = try Self.object(
            try await program.succeed("predictions", "resnet", "--limit", "30", "--format", "json"))
        #expect(
            (predictions["samples"] as? [[String: Any]])?.map { $0["predicted"] as? Int }
                == (0..<30).map { Self.predicted($0) })
        let page = "\(try #require(program.environment["HOME"]))/report.html"
        try await program.succeed("report", "resnet", "mlp", "--output", page)
        let html = try String(contentsOf: URL(filePath: page), encoding: .utf8)
        #expect(html.contains("The predictions of ResNet-18 were imported"))
        try await program.succeed("report", "resnet", "--output", page)
        let differences = try program.connect().query("select differing from registry.differences()")
        #expect(try differences.allSatisfy { try $0["differing"] == 0 })
    }

    @Test("what needs weights or epochs says in one line that there are none")
    func needsWeights() async throws {
        let program = try await Self.prepared()
        try await program.succeed(
            "import", "resnet", "--predictions", try Self.whole(program), "--dataset", "small", "--quiet")
        try await program.succeed("alias", "resnet", "production")
        let home = try #require(program.environment["HOME"])
        for arguments in [
            ["export", "resnet", "\(home)/r.onnx"], ["export", "resnet", "\(home)/r.safetensors"],
            ["robustness", "resnet", "--only", "blur"], ["retrain", "resnet"],
            ["evaluate", "resnet", "--dataset", "small"],
        ] {
            let result = try await program.run(arguments)
            #expect(result.status == 65 && result.output.isEmpty, "\(arguments): \(result.errors)")
            #expect(result.errors == "registry: resnet@1 has no weights: its predictions were imported.\n")
        }
        #expect(!FileManager.default.fileExists(atPath: "\(home)/r.onnx"))
        for name in ["resnet", "run:2"] {
            let curve = try await program.run("curve", name)
            #expect(curve.status == 65 && curve.errorLines.count == 1)
            #expect(curve.errors.contains("has no epochs: its predictions were imported"), "\(curve.errors)")
        }
        let both = try await program.succeed("curve", "mlp", "resnet")
        #expect(
            both.output.contains("mlp@1") && both.errors == "resnet@1 has no epochs: its predictions were imported.\n")
        let retraining = try await program.run("retrain")
        #expect(retraining.status == 66 && retraining.errors.contains("No model version is in production"))
        #expect(try program.connect().query("select from registry.run").count == 2, "nothing was queued")
    }

    @Test("rows are brought into the order of the samples, by digest or index; each import is a version")
    func orders() async throws {
        let program = try await Self.prepared()
        let digests = try program.connect().query(
            """
            select encode(sha256(pixels), 'hex') as digest
              from analysis.sample
             where dataset_id = (select min(dataset_id) from analysis.dataset)
               and split = 'test'
             order by index
            """
        ).map { try $0["digest"] as String }
        let order = (0..<30).map { $0 * 7 % 30 }
        let numbers = order.flatMap { index in
            Self.probabilities(index).flatMap { FormFile.littleEndian(Float($0).bitPattern) }
        }
        let archive = FormFile.zip([
            ("probabilities.npy", FormFile.npy("<f4", [30, 10], numbers)),
            ("sha256.npy", FormFile.npy("|S64", [30], order.flatMap { Array(digests[$0].utf8) })),
        ])
        for bytes in [archive, Array(Self.table(order).utf8)] {
            try await program.succeed(
                "import", "resnet", "--predictions", try Self.write(bytes, of: program), "--dataset", "small",
                "--expect-accuracy", "0.83")
        }
        let versions = try program.connect().query(
            """
            select version, array_agg(index order by index) as missed
              from analysis.misclassified_sample
             where model = 'resnet'
             group by version
             order by version
            """)
        #expect(try versions.map { try $0["version"] as Int } == [1, 2])
        #expect(try versions.allSatisfy { try $0["missed"] == Self.wrong })
        let votes = try Self.object(try await program.succeed("hardest", "--dataset", "small", "--format", "json"))
        #expect(votes["versions"] as? Int == 3 && votes["architectures"] as? Int == 2)
    }

    @Test(
        "the lines of Python in the document write a file that is imported, in any order",
        .enabled("needs NumPy") { try await Python.run("import numpy").status == 0 })
    func document() async throws {
        let program = try await Program.withSmallDataset()
        let file = "\(try #require(program.environment["HOME"]))/p.npz"
        let images = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small")
        // A score of 2 for the right class and 0 for the other nine; but classes 1, 4 and 7 are taken for 9.
        let script =
            try Python.linesOfDocument()[0] + """

                import gzip, sys
                def read(name, start):
                    return np.frombuffer(gzip.open(sys.argv[1] + "/t10k-" + name + "-ubyte.gz").read()[start:], np.uint8)
                images, labels = read("images-idx3", 16).reshape(-1, 8, 8), read("labels-idx1", 8)
                scores = 2.0 * np.eye(10)[np.where(labels % 3 == 1, 9, labels)]
                order = np.random.default_rng(1).permutation(len(images))
                write(sys.argv[2], images[order], labels[order], logits=scores[order])
                """
        let written = try await Python.run(script, images.path, file)
        try #require(written.status == 0, "\(written.errors)")
        let result = try await program.succeed(
            "import", "resnet", "--predictions", file, "--dataset", "small", "--expect-accuracy", "0.7")
        // Classes 1, 4 and 7 are missed: 9 of 30. log(e² + 9) less 2 for the others (numpy).
        #expect(result.output.contains("test accuracy 0.7000  test loss 1.39661 nats"), "\(result.output)")
    }

    @Test("predicted classes suffice; what they do not tell is not made up")
    func classesAlone() async throws {
        let program = try await Self.prepared()
        let rows = (0..<30).map { "\($0),\(Self.predicted($0))" }
        let file = try Self.write(Array((["index,predicted"] + rows).joined(separator: "\n").utf8), of: program)
        let line = try await program.succeed("import", "vendor", "--predictions", file, "--dataset", "small")
        #expect(line.output == "vendor@1  test accuracy 0.8333  test loss –  predictions of vendor\n")
        for arguments in [
            ["errors", "vendor"], ["predictions", "vendor"], ["hardest", "--dataset", "small"], ["models"],
            ["show", "vendor"], ["hardest", "--dataset", "small", "--model", "vendor"],
        ] {
            let result = try await program.run(arguments)
            #expect(result.status == 0 && !result.output.isEmpty, "\(arguments): \(result.errors)")
        }
        let compared = try await program.succeed("compare", "mlp", "vendor").output
        #expect(compared.contains("cannot be told: the loss of each test sample is not known"))
        let errors = try Self.object(try await program.succeed("errors", "vendor", "--format", "json"))
        let samples = try #require(errors["samples"] as? [[String: Any]])
        #expect(samples.count == 5 && samples.allSatisfy { $0["confidence"] is NSNull && $0["loss"] is NSNull })
        let home = try #require(program.environment["HOME"])
        try await program.succeed("report", "vendor", "mlp", "--output", "\(home)/report.html")
    }

    @Test("what does not belong together is refused, and nothing of it is stored")
    func refused() async throws {
        let program = try await Program.withSmallDataset()
        let lines = Self.table().split(separator: "\n").map(String.init)
        for (table, options, status, expected) in [
            (lines, ["--expect-accuracy", "0.84"], 65, "the accuracy on small@1 is 0.833333, and 0.84 was expected"),
            (Array(lines.dropLast()), [], 65, "1 of the 30 test samples of small@1 have no row"),
            (lines + [lines[3]], [], 65, "the index 2 is also that of row 2"),
            (lines.map { String($0[..<($0.lastIndex(of: ",") ?? $0.endIndex)]) }, [], 65, "add up to"),
            (["predicted,label"] + (0..<30).map { "\($0 % 10),\(($0 + 1) % 10)" }, [], 65, "so 30 of 30 labels differ"),
            (lines, ["--split", "training"], 64, "--split must be test"),
            (lines, ["--expect-accuracy", "83 %"], 64, "needs a share of 1"),
            (lines, ["--producer", "a\nb"], 64, "can't be a producer"),
        ] {
            let file = try Self.write(Array(table.joined(separator: "\n").utf8), of: program, as: "p.csv")
            let result = try await program.run(
                ["import", "resnet", "--predictions", file, "--dataset", "small"] + options)
            #expect(result.status == status && result.output.isEmpty, "\(options): \(result.errors)")
            #expect(result.errors.contains(expected), "\(result.errors)")
        }
        let missing = try await program.run(
            "import", "resnet", "--predictions", try Self.whole(program), "--dataset", "letters")
        #expect(missing.status == 66, "\(missing.errors)")
        for table in ["model", "run", "epoch_metric", "model_version"] {
            #expect(try program.connect().query("select from registry.\(table)").isEmpty, "\(table)")
        }
    }
}
