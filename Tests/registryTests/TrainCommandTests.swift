import Foundation
import NeuralNetwork
import PostgreSQL
import TestData
import TestServer
import Testing

@Suite("registry train, on the real MNIST")
struct TrainCommandTests {
    /// In every epoch: misclassified rows = test samples − correct.
    private func expectEveryEpochAddsUp(_ program: Program, epochs: Int) throws {
        let rows = try program.connect().query(
            """
            select epoch.test_samples - epoch.test_correct as wrong,
                   (select count(*)
                      from registry.misclassification
                     where misclassification.run_id = epoch.run_id
                       and misclassification.epoch = epoch.epoch) as stored
              from registry.epoch_metric as epoch
            """)
        #expect(rows.count == epochs)
        for row in rows {
            let (wrong, stored): (Int, Int) = (try row["wrong"], try row["stored"])
            #expect(wrong == stored && wrong > 0)
        }
    }

    @Test("every option of a training is kept with its run and shown, and the layers' health with it")
    func options() async throws {
        let program = try await Program.withMNIST()
        try await program.succeed(
            "train", "lenet", "--name", "tuned", "--epochs", "2", "--optimizer", "adamw", "--weight-decay", "0.01",
            "--schedule", "cosine", "--minimum-learning-rate", "0.0001", "--warmup-epochs", "1", "--label-smoothing",
            "0.1", "--initialization", "glorot", "--augment-shift", "2", "--augment-rotation", "10")
        let shown = try #require(
            try await program.succeed("show", "tuned", "--format", "json").json() as? [String: Any])
        let configuration = try #require(shown["configuration"] as? [String: Any])
        let training = try #require(configuration["training"] as? [String: Any])
        #expect(training["optimizer"] as? String == "adamw")
        #expect(training["learning_rate"] as? Double == 0.001)
        #expect(training["initialization"] as? String == "glorot")
        #expect((training["schedule"] as? [String: Any])?["warmup_epochs"] as? Int == 1)
        #expect((training["augmentation"] as? [String: Any])?["rotation"] as? Double == 10)
        let epochs = try #require(shown["epoch_metrics"] as? [[String: Any]])
        #expect(epochs.map { $0["learning_rate"] as? Double } == [0.0005, 0.001])
        #expect(try #require(epochs.last?["test_accuracy"] as? Double) > 0.95)
        let layers = try #require(shown["layer_metrics"] as? [[String: Any]])
        #expect(layers.count == 10, "five layers with weights, two epochs")
        #expect(layers.allSatisfy { ($0["gradient_norm"] as? Double ?? 0) > 0 })
        #expect(try await program.succeed("show", "tuned").output.contains("along a cosine to 0.0001"))
    }

    @Test("errors are told by what is unusual in the digit, and curves are drawn into a file")
    func errorsAndCurves() async throws {
        let program = try await Program.withMNIST()
        try await program.succeed("train", "cnn", "--epochs", "1")
        let errors = try #require(
            try await program.succeed("errors", "cnn", "--format", "json").json() as? [String: Any])
        let categories = try #require(errors["categories"] as? [[String: Any]])
        let tilted = try #require(categories.first { $0["category"] as? String == "tilted" })
        // Tilted digits are rare, and harder.
        #expect((50..<500).contains(try #require(tilted["samples"] as? Int)))
        #expect(try #require(tilted["ratio_lower"] as? Double) > 1)
        let (wrong, unexplained) = (errors["misclassified"] as? Int, errors["unexplained"] as? Int)
        #expect((1..<(try #require(wrong))).contains(try #require(unexplained)))

        let file = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID()).svg")
        defer { try? FileManager.default.removeItem(at: file) }
        try await program.succeed("curve", "cnn", "--output", file.path)
        #expect(try String(contentsOf: file, encoding: .utf8).contains("Loss of cnn@1"))
        let seven = try await program.run(["curve"] + (0..<7).map { _ in "cnn" })
        #expect(seven.status == 64 && seven.errorLines.count == 1 && seven.errors.contains("at most 6"))
        #expect(try await program.run(["curve", "--format", "csv"] + (0..<7).map { _ in "cnn" }).status == 0)

        // Without the program that draws pixels nothing is left.
        var bare = program
        bare.environment["PATH"] = "/proc/nonexistent"
        let picture = file.deletingPathExtension().appendingPathExtension("png")
        defer { try? FileManager.default.removeItem(at: picture) }
        let missing = try await bare.run("curve", "cnn", "--output", picture.path)
        #expect(missing.status == 64 && missing.errorLines.count == 1)
        #expect(missing.errors.contains("apt-get install librsvg2-bin"))
        #expect(!FileManager.default.fileExists(atPath: picture.path))
    }

    private static var canDrawPixels: Bool {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/rsvg-convert") }
    }

    @Test(
        "curves are drawn in pixels", .enabled("needs rsvg-convert, Debian's librsvg2-bin") { Self.canDrawPixels })
    func pixels() async throws {
        let program = try await Disturbed.onNewDatabase(epochs: 1).program
        let file = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID()).png")
        defer { try? FileManager.default.removeItem(at: file) }
        try await program.succeed("curve", "undisturbed", "--output", file.path)
        let picture = try Data(contentsOf: file)
        #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
        // Width and height, as PNG's first chunk has them: twice 800 × (480 + a legend of two lines).
        #expect(Array(picture[16..<24]) == [0, 0, 6, 64, 0, 0, 4, 32])
    }

    @Test("an architecture is shown without a database, and its description can be trained")
    func architectures() async throws {
        let bare = Program(environment: ["HOME": "/proc/nonexistent", "PATH": "/usr/bin:/bin"])
        let table = try await bare.succeed("architecture", "show", "vgg16", "--classes", "1000")
        #expect(table.output.contains("138,357,544 parameters, 15,470,264,320 multiply-adds"))
        let list = try #require(
            try await bare.succeed("architecture", "list", "--format", "json").json() as? [[String: Any]])
        #expect(list.map { $0["parameters"] as? Int } == [101_770, 47_658, 61_706, 57_044_810, 134_301_514])

        let program = try await Program.withMNIST()
        let file = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(try await bare.succeed("architecture", "describe", "mlp").output.utf8).write(to: file)
        let described = try await program.succeed("train", file.path, "--name", "mine", "--epochs", "1", "--quiet")
        #expect(described.output == "mine@1\n")
        let builtIn = try await program.succeed("train", "mlp", "--epochs", "1", "--quiet")
        #expect(builtIn.output == "mlp@1\n")
        let digests = try program.connect().query("select distinct weights_sha256 from registry.model_version")
        #expect(digests.count == 1)
    }

    @Test("the two networks are trained, stored, compared and shown")
    func mainJob() async throws {
        let program = try await Program.withMNIST()
        let trained = try await program.succeed("train", "mlp", "--epochs", "2")
        #expect(trained.output.split(separator: "\n").count == 3, "a line an epoch and the result")
        #expect(trained.output.contains("\nmlp@1  test accuracy 0.9"))
        try await program.succeed("train", "cnn", "--epochs", "1")
        try expectEveryEpochAddsUp(program, epochs: 3)

        let comparison = try #require(
            try await program.succeed("compare", "mlp", "cnn", "--format", "json").json() as? [String: Any])
        let models = try #require(comparison["models"] as? [[String: Any]])
        #expect(models.map { $0["model"] as? String } == ["mlp", "cnn"])
        #expect(models.map { $0["version"] as? Int } == [1, 1])
        #expect(models.map { $0["dataset"] as? String } == ["mnist", "mnist"])
        #expect(models.map { $0["parameters"] as? Int } == [101_770, 47_658])
        #expect(models.map { $0["epochs"] as? Int } == [2, 1])
        for model in models {
            let correct = try #require(model["test_correct"] as? Int)
            #expect(model["test_samples"] as? Int == 10_000)
            #expect(try #require(model["test_accuracy"] as? Double) == Double(correct) / 10_000)
            #expect((0.05..<0.5).contains(try #require(model["test_loss"] as? Double)))
            #expect(try #require(model["seconds_per_epoch"] as? Double) > 0)
        }
        let pair = try #require((comparison["pairs"] as? [[String: Any]])?.first)
        #expect(models.map { $0["multiply_adds"] as? Int } == [101_632, 506_240])
        #expect(models.map { ($0["classes"] as? [Any])?.count } == [10, 10])
        let losses = try models.map { try #require($0["test_loss"] as? Double) }
        // Each sample's loss is kept in single precision.
        #expect(abs(try #require(pair["loss_difference"] as? Double) - (losses[1] - losses[0])) < 1e-6)
        #expect(try #require(pair["adjusted_p"] as? Double) == (try #require(pair["mcnemar_exact_p"] as? Double)))
        #expect(try #require(pair["verdict"] as? String).hasPrefix("cnn@1 is better than mlp@1 by "))
        #expect(pair["a"] as? String == "mlp@1" && pair["b"] as? String == "cnn@1")
        let counts = try ["both_correct", "only_a_correct", "only_b_correct", "neither_correct"].map {
            try #require(pair[$0] as? Int)
        }
        #expect(counts.reduce(0, +) == 10_000)
        #expect(counts[0] + counts[1] == models[0]["test_correct"] as? Int)
        #expect(counts[0] + counts[2] == models[1]["test_correct"] as? Int)

        for command in [
            ["models"], ["runs"], ["show", "cnn"], ["compare", "mlp", "cnn@1"], ["errors", "cnn"], ["hardest"],
            ["curve", "mlp", "cnn"], ["curve", "cnn", "--accuracy"],
            ["predictions", "mlp@1"], ["dataset", "list"], ["dataset", "show", "mnist"],
            ["dataset", "inspect", "mnist"],
        ] {
            let table = try await program.run(command)
            #expect(table.status == 0 && !table.output.isEmpty && table.errors.isEmpty, "\(command): \(table.errors)")
            let json = try await program.run(command + ["--format", "json"])
            _ = try json.json()
            let csv = try await program.run(command + ["--format", "csv"])
            let widths = Set(
                csv.output.split(separator: "\r\n").map {
                    $0.split(separator: ",", omittingEmptySubsequences: false).count
                })
            #expect(csv.status == 0 && (command[0] == "dataset" || widths.count == 1), "\(command)")
        }
        let shown = try await program.succeed("show", "cnn").output
        #expect(shown.contains("conv2") && shown.contains("20 × 8 × 8") && shown.contains("5,020"))
    }

    @Test("from PyTorch's first weights and in file order, the exported weights are PyTorch's")
    func pytorch() async throws {
        let program = try await Program.withMNIST()
        let resources = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../NeuralNetworkTests/Resources/pytorch")
        let exported = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).safetensors")
        defer { try? FileManager.default.removeItem(at: exported) }
        try await program.succeed(
            "train", "mlp", "--epochs", "1", "--no-shuffle", "--init",
            resources.appending(path: "mlp.init.safetensors").path,
            "--threads", "3")
        try await program.succeed("export", "mlp@1", exported.path)
        let ours = try Safetensors.decode([UInt8](Data(contentsOf: exported))).tensors
        let theirs = try Safetensors.decode(
            [UInt8](Data(contentsOf: resources.appending(path: "mlp.epoch1.safetensors")))
        ).tensors
        var (difference, norm) = (0.0, 0.0)
        for tensor in theirs {
            let own = try #require(ours.first { $0.name == tensor.name && $0.shape == tensor.shape })
            for (a, b) in zip(own.values, tensor.values) {
                difference += Double(a - b) * Double(a - b)
                norm += Double(b) * Double(b)
            }
        }
        #expect((difference / norm).squareRoot() < 1e-3)
        let correct: Int = try program.connect().query("select test_correct from registry.epoch_metric")[0][
            "test_correct"]
        #expect(abs(correct - 9065) <= 5)
    }

    @Test("the same seed gives the same weights, another seed others")
    func seeds() async throws {
        let program = try await Program.withMNIST()
        for (seed, threads) in [("1", "1"), ("1", "2"), ("2", "1")] {
            try await program.succeed("train", "mlp", "--epochs", "1", "--seed", seed, "--threads", threads, "--quiet")
        }
        let digests = try program.connect().query(
            "select weights_sha256 from registry.model_version order by number"
        ).map { row -> String in try row["weights_sha256"] }
        #expect(digests.count == 3 && digests[0] == digests[1] && digests[0] != digests[2])
    }

    @Test("Ctrl-C and SIGTERM end a run as cancelled, with every epoch that was printed", arguments: [SIGINT, SIGTERM])
    func cancelled(signal: Int32) async throws {
        let program = try await Program.withMNIST()
        let training = try program.start("train", "cnn", "--epochs", "100")
        try await training.waitForOutput("epoch   2/100")
        kill(training.identifier, signal)
        let result = try await training.end()
        #expect(result.status == 130)
        #expect(result.errors.contains(/was cancelled after \d+ finished epochs\. .*: registry requeue 1\n/))
        let run = try program.connect().query("select state, epochs_finished from registry.run")[0]
        let (state, epochs): (String, Int) = (try run["state"], try run["epochs_finished"])
        #expect(state == "cancelled")
        #expect(epochs == result.output.split(separator: "\n").count)
        try expectEveryEpochAddsUp(program, epochs: epochs)
        let versions: Int = try program.connect().query("select count(*) as n from registry.model_version")[0]["n"]
        #expect(versions == 0)
    }

    @Test("kill -9 loses no finished epoch and leaves no half of one")
    func killed() async throws {
        let program = try await Program.withMNIST()
        let training = try program.start("train", "mlp", "--epochs", "1000")
        try await training.waitForOutput("epoch    5/1000")
        kill(training.identifier, SIGKILL)
        let printed = try await training.end().output.split(separator: "\n").count
        let stored: Int = try program.connect().query("select epochs_finished from registry.run")[0]["epochs_finished"]
        #expect(stored == printed || stored == printed + 1)
        try expectEveryEpochAddsUp(program, epochs: stored)
    }

    @Test("a reader of the output that goes away does not end the training")
    func brokenPipe() async throws {
        let program = try await Program.withMNIST()
        let command = "'\(Program.executable.path)' train mlp --epochs 3 2>/dev/null | head -n 1"
        let printed = try await program.start("/bin/sh", arguments: ["-c", command]).end()
        #expect(printed.output.split(separator: "\n").count == 1)
        try await wait(until: "a model version") {
            try program.connect().query("select from registry.model_version").count == 1
        }
        let state: String = try program.connect().query("select state from registry.run")[0]["state"]
        #expect(state == "succeeded")
    }

    @Test("an architecture in JSON is trained under its own name or another")
    func architectureFile() async throws {
        let program = try await Program.withMNIST()
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(
            #"""
            {"name": "tiny", "input": {"channels": 1, "height": 28, "width": 28},
             "layers": [{"type": "max_pool2d", "size": 4}, {"type": "flatten"}, {"type": "dense", "outputs": 10}]}
            """#.utf8
        ).write(to: file)
        #expect(try await program.succeed("train", file.path, "--epochs", "1", "--quiet").output == "tiny@1\n")
        #expect(
            try await program.succeed("train", file.path, "--epochs", "1", "--quiet", "--name", "mine").output
                == "mine@1\n")
    }

    /// The second learns one batch: its loss is that of the weights from before.
    @Test(
        "a training that diverges says so, and keeps its metrics",
        arguments: [
            (["--learning-rate", "1e30"], "diverged: the training loss was not finite at step"),
            (
                ["--learning-rate", "1e25", "--batch-size", "60000"],
                "diverged: the test loss was not finite after epoch 1."
            ),
        ])
    func diverged(flags: [String], message: String) async throws {
        let program = try await Program.withMNIST()
        let result = try await program.run(["train", "mlp", "--epochs", "2"] + flags)
        #expect(result.status == 65)
        #expect(try #require(result.errorLines.last).contains(message))
        let run = try program.connect().query("select state, epochs_finished from registry.run")[0]
        let (state, epochs): (String, Int) = (try run["state"], try run["epochs_finished"])
        #expect(state == "diverged" && epochs == 1)
        #expect(try program.connect().query("select from registry.model_version").isEmpty)
        try expectEveryEpochAddsUp(program, epochs: 1)
    }
}
