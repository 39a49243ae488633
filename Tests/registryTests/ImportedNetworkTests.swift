import Foundation
import PostgreSQL
import TestData
import Testing

/// On the data set “small”, 60 and 30 images of 8 × 8 pixels, with a training of it as mlp@1.
@Suite("registry import, of networks")
struct ImportedNetworkTests {
    private struct Place {
        let program: Program
        let folder: String

        init() async throws {
            program = try await Program.withSmallDataset()
            folder = try #require(program.environment["HOME"])
            try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "3", "--quiet")
            for ending in ["onnx", "safetensors"] {
                try await program.succeed("export", "mlp@1", "\(folder)/mlp.\(ending)")
            }
        }

        func file(_ name: String, _ change: (inout [UInt8]) -> Void = { _ in }, of source: String) throws -> String {
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(source)")))
            change(&bytes)
            try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
            return "\(folder)/\(name)"
        }

        func write(_ text: String, _ name: String) throws -> String {
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
            return "\(folder)/\(name)"
        }

        /// Safetensors of numbers that are all 0.5.
        func weights(_ shapes: KeyValuePairs<String, [Int]>, _ name: String, type: String = "F32") throws -> String {
            var (entries, data): ([String], [UInt8]) = ([], [])
            for (name, shape) in shapes {
                let count = shape.reduce(1, *)
                let number: [UInt8] = type == "F16" ? [0, 0x38] : [0, 0, 0, 0x3F]
                let offsets = "\(data.count),\(data.count + count * number.count)"
                entries.append("\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(offsets)]}")
                for _ in 0..<count { data += number }
            }
            let header = "{\(entries.joined(separator: ","))}"
            let length = FormFile.littleEndian(UInt64(header.utf8.count))
            let path = "\(folder)/\(name)"
            try Data(length + Array(header.utf8) + data).write(to: URL(filePath: path))
            return path
        }
    }

    private static let mlp: KeyValuePairs = [
        "fc1.weight": [128, 64], "fc1.bias": [128], "fc2.weight": [10, 128], "fc2.bias": [10],
    ]

    private static func json(_ result: Program.Result) throws -> [String: Any] {
        try #require(try result.json() as? [String: Any])
    }

    @Test("a network that comes back from a file is what it was, in all that reads versions")
    func roundTrip() async throws {
        let place = try await Place()
        let (program, folder) = (place.program, place.folder)
        let before = try program.connect().query(
            "select test_accuracy, test_loss, weights_sha256, parameters, architecture from analysis.model_version")[0]
        let accuracy: Double = try before["test_accuracy"]
        let graph = try await program.succeed(
            "import", "graph", "\(folder)/mlp.onnx", "--dataset", "small@1", "--expect-accuracy", "\(accuracy)")
        #expect(
            graph.output.hasPrefix("graph@1  test accuracy ") && graph.output.hasSuffix("from \(folder)/mlp.onnx\n"))
        #expect(graph.errorLines.count == 1 && graph.errors.contains("Pixels are standardised with mean"))
        let weights = try Self.json(
            try await program.succeed(
                "import", "weights", "\(folder)/mlp.safetensors", "--architecture", "mlp", "--dataset", "small",
                "--format", "json"))
        #expect(
            weights["origin"] as? String == "imported" && weights["producer"] is NSNull && weights["epochs"] is NSNull)
        #expect(weights["seconds_per_epoch"] is NSNull)
        #expect(try weights["parameters"] as? Int == before["parameters"])

        let database = try program.connect()
        let versions = try database.query(
            """
            select count(*) as versions, count(distinct test_loss) as losses, count(distinct test_accuracy) as accuracies,
                   count(distinct weights_sha256) as weights, count(distinct architecture) as architectures
              from analysis.model_version
            """)[0]
        #expect(try versions["versions"] == 3)
        for what in ["losses", "accuracies", "weights", "architectures"] { #expect(try versions[what] == 1, "\(what)") }
        let rows = try database.query(
            """
            select count(*) as rows, count(distinct (sample_id, predicted, confidence, loss, probabilities)) as different
              from registry.misclassification
             where (run_id, epoch) in (select run_id, epoch from registry.model_version)
            """)[0]
        #expect(try rows["rows"] as Int == 3 * (try rows["different"] as Int))
        #expect(
            try database.query(
                "select count(distinct losses) as losses, count(*) as rows from registry.test_loss")[0]["losses"] == 1)
        let shares = try database.query(
            """
            select count(*) as rows, count(distinct dead_unit_share) as shares, count(gradient_norm) as norms
              from registry.layer_metric
             where dead_unit_share is not null
               and (run_id, epoch) in (select run_id, epoch from registry.model_version)
            """)[0]
        #expect(try shares["rows"] == 3 && shares["shares"] == 1 && shares["norms"] == 0)

        for arguments in [
            ["models"], ["errors", "graph"], ["diff", "mlp", "graph"], ["hardest", "--dataset", "small"],
            ["predictions", "weights"],
            ["robustness", "graph", "--only", "blur"], ["evaluate", "graph", "--dataset", "small"],
            ["report", "graph", "mlp", "--output", "\(folder)/report.html"],
            ["report", "graph", "--output", "\(folder)/report.html"],
            ["export", "graph", "\(folder)/again.onnx"], ["export", "weights", "\(folder)/again.safetensors"],
            ["show", "run:2"],
        ] { try await program.succeed(arguments) }
        let shown = try await program.succeed("show", "graph").output
        #expect(
            shown.contains("Layers") && shown.contains("mlp.onnx (onnx)") && shown.contains("Dead units")
                && !shown.contains("learning rate") && !shown.contains("Epochs\n"), "\(shown)")
        let compared = try Self.json(try await program.succeed("compare", "mlp", "graph", "--format", "json"))
        let pair = try #require((compared["pairs"] as? [[String: Any]])?.first)
        #expect(pair["same_weights"] as? Bool == true && pair["loss_difference"] as? Double == 0)
        let hardest = try Self.json(try await program.succeed("hardest", "--dataset", "small", "--format", "json"))
        #expect(hardest["versions"] as? Int == 3 && hardest["architectures"] as? Int == 1, "its layers are the same")
        #expect(
            try Data(contentsOf: URL(filePath: "\(folder)/again.safetensors"))
                == (try Data(contentsOf: URL(filePath: "\(folder)/mlp.safetensors"))))

        let curve = try await program.run("curve", "graph")
        #expect(curve.status == 65 && curve.errors == "registry: graph@1 has no epochs: its weights were imported.\n")
        try await program.succeed("curve", "mlp", "graph")
        #expect(!(try await program.succeed("runs").output.contains("graph")), "it is no training")
        try await program.succeed("alias", "graph", "production")
        let retrained = try await program.run("retrain", "graph")
        #expect(
            retrained.status == 65
                && retrained.errors.contains("graph@1 was not trained here: its weights were imported."))
        #expect(try await program.run("retrain").status == 66)
        #expect(try database.query("select from registry.run").count == 3, "nothing was queued")
    }

    @Test("samples are learned by trainings alone: an import of the same layers changes nothing there")
    func learning() async throws {
        let place = try await Place()
        let program = place.program
        func learned() throws -> [String] {
            try program.connect().query(
                """
                select format('%s %s %s', sample_id, mean_learned_epoch, mean_forgotten) as row
                  from analysis.learning_of_samples((select dataset_id from registry.dataset),
                                                    array(select sample_id from registry.sample))
                 order by sample_id
                """
            ).map { try $0["row"] }
        }
        let before = try learned()
        try await program.succeed("import", "mlp", "\(place.folder)/mlp.onnx", "--dataset", "small", "--quiet")
        #expect(try learned() == before && !before.isEmpty)
        let differences = try program.connect().query("select differing from registry.differences()")
        #expect(try differences.allSatisfy { try $0["differing"] == 0 })
    }

    @Test(
        "pixels become input as it is said: by the data set, by numbers, or from 0 to 1; PyTorch's wrappers are taken off"
    )
    func pixels() async throws {
        let place = try await Place()
        let program = place.program
        let moments = try program.connect().query(
            "select training_mean, training_standard_deviation from registry.dataset")[0]
        let (mean, deviation): (Double, Double) = (
            try moments["training_mean"], try moments["training_standard_deviation"]
        )
        func loss(_ options: String...) async throws -> Double {
            let result = try await program.succeed(
                [
                    "import", "w", "\(place.folder)/mlp.safetensors", "--architecture", "mlp", "--dataset", "small",
                    "--format",
                    "json",
                ] + options)
            return try #require(try Self.json(result)["test_loss"] as? Double)
        }
        let own = try await loss()
        #expect(try await loss("--mean", "\(mean)", "--std", "\(deviation)") == own)
        let plain = try await loss("--no-standardize")
        #expect(try await loss("--mean", "0", "--std", "1") == plain)
        #expect(plain != own)
        let configuration: String = try program.connect().query(
            "select configuration ->> 'training' as training from analysis.run where run = 4")[0]["training"]
        #expect(configuration == "{}", "what is not known of the training is not made up")

        let wrapped = try place.weights(
            [
                "module._orig_mod.fc1.weight": [128, 64], "module._orig_mod.fc1.bias": [128],
                "module._orig_mod.fc2.weight": [10, 128], "module._orig_mod.fc2.bias": [10],
            ], "wrapped.safetensors", type: "F16")
        let told = try await program.succeed(
            "import", "w", wrapped, "--architecture", "mlp", "--dataset", "small", "--quiet")
        #expect(told.output == "w@5\n" && told.errors.isEmpty)
        let remarks = try await program.succeed("import", "w", wrapped, "--architecture", "mlp", "--dataset", "small")
            .errors
        #expect(remarks.contains("“module._orig_mod.” is left out") && remarks.contains("type F16 are read as F32"))
        // All logits are the same: the loss is ln 10.
        let same: Double = try program.connect().query(
            "select test_loss from analysis.model_version where model = 'w' and version = 6")[0]["test_loss"]
        #expect(abs(same - 2.302585092994046) < 1e-6)
    }

    @Test("what is no network for the data set is refused in a line, and nothing is stored")
    func refused() async throws {
        let place = try await Place()
        let (program, folder) = (place.program, place.folder)
        let stored = try program.connect().query("select from registry.artifact").count
        let nine = try place.write(
            """
            {"name": "nine", "input": {"channels": 1, "height": 8, "width": 8},
             "layers": [{"type": "flatten"}, {"type": "dense", "outputs": 9}]}
            """, "nine.json")
        let (onnx, tensors) = ("\(folder)/mlp.onnx", "\(folder)/mlp.safetensors")
        let weights = ["--architecture", "mlp"]
        for (file, options, status, expected) in [
            (try place.file("cut.onnx", { $0.removeLast(100) }, of: "mlp.onnx"), [], 65, "no ONNX file"),
            (try place.file("empty.onnx", { $0 = [] }, of: "mlp.onnx"), [], 65, "no ONNX file"),
            // The name of an operator, of the same length.
            (
                try place.file(
                    "selu.onnx",
                    { bytes in
                        let place = bytes.firstRange(of: Array("\u{22}\u{04}Relu".utf8))
                        if let place { bytes.replaceSubrange(place, with: Array("\u{22}\u{04}Selu".utf8)) }
                    }, of: "mlp.onnx"), [], 65, "Selu"
            ),
            (tensors + ".onnx", [], 66, "there is no such file"),
            (
                try place.file("cut.safetensors", { $0.removeLast(8) }, of: "mlp.safetensors"), weights, 65,
                "no safetensors"
            ),
            (
                try place.file(
                    "nan.safetensors", { $0.replaceSubrange($0.count - 4..<$0.count, with: [0, 0, 192, 127]) },
                    of: "mlp.safetensors"), weights, 65, "not finite (nan)"
            ),
            (
                try place.weights(
                    ["fc1.weight": [128, 64], "fc1.bias": [128], "head.weight": [10, 128]], "few.safetensors"),
                weights, 65, "fc2.weight, fc2.bias. They have 1 that it does not have: head.weight"
            ),
            (
                try place.weights(["fc1.weight": [9, 64], "fc1.bias": [9]], "nine.safetensors"),
                ["--architecture", nine], 65, "in 9 classes; the data set “small” has images of 1 × 8 × 8 in 10 classes"
            ),
            (
                try place.weights(
                    [
                        "fc1.weight": [128, 65], "fc1.bias": [128], "fc2.weight": [10, 128], "fc2.bias": [10],
                    ], "wide.safetensors"), weights, 65,
                "“fc1.weight” has the shape [128, 65], the network needs [128, 64]"
            ),
            (tensors, ["--architecture", "\(folder)/none.json"], 66, "neither a built-in network"),
            (tensors, weights + ["--mean", "0.1,0.2,0.3", "--std", "1,1,1"], 65, "of 3 channels"),
            (onnx, ["--expect-accuracy", "1"], 65, "and 1 was expected. Nothing was stored."),
            (onnx, ["--no-standardize"], 64, "says itself how pixels become its input"),
            (onnx, ["--producer", "me"], 64, "of predictions"), (onnx, ["--predictions", onnx], 64, "one of the two"),
            ("\(folder)/mlp.pt", [], 64, "must end in .onnx or .safetensors"),
            (tensors, weights + ["--mean", "a", "--std", "1"], 64, "neither a number nor three"),
        ] as [(String, [String], Int32, String)] {
            let result = try await program.run(["import", "new", file, "--dataset", "small"] + options)
            #expect(result.status == status && result.output.isEmpty, "\(file) \(options): \(result.errors)")
            #expect(result.errors.contains(expected), "\(file) \(options): \(result.errors)")
            #expect(status == 64 || result.errorLines.filter { $0.hasPrefix("registry: ") }.count == 1)
        }
        let missing = try await program.run("import", "new", onnx, "--dataset", "letters")
        #expect(missing.status == 66, "\(missing.errors)")
        let database = try program.connect()
        #expect(try database.query("select from registry.run").count == 1)
        #expect(try database.query("select from registry.model").count == 1)
        #expect(try database.query("select from registry.artifact").count == stored)
    }

    @Test("killed in the middle, an import leaves nothing")
    func killed() async throws {
        let place = try await Place()
        let program = place.program
        let lock = try program.connect()
        try lock.script("begin; lock table registry.model_version in share mode")
        let process = try program.start(
            "import", "new", try place.weights(Self.mlp, "half.safetensors"), "--architecture", "mlp", "--dataset",
            "small")
        try await wait(until: "it waits to register the version") {
            try !program.connect().query(
                "select from pg_stat_activity where datname = current_database() and $1 = any (pg_blocking_pids(pid))",
                Int(lock.serverProcessID)
            ).isEmpty || !process.isRunning
        }
        #expect(process.isRunning)
        kill(process.identifier, SIGKILL)
        #expect(try await process.end().status == 128 + SIGKILL)
        try lock.script("rollback")
        try await wait(until: "the server has noticed") {
            try program.connect().query(
                "select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            ).count <= 1
        }
        let database = try program.connect()
        for table in ["model", "run", "epoch_metric", "model_version", "artifact"] {
            let rows = try database.query("select count(*) as rows from registry.\(table)")[0]
            #expect(try rows["rows"] as Int == (table == "epoch_metric" ? 3 : 1), "\(table)")
        }
    }

    @Test("a version is trained further: as from its weights in a file, here or by a daemon, with its parent kept")
    func further() async throws {
        let place = try await Place()
        let (program, folder) = (place.program, place.folder)
        try await program.succeed("import", "graph", "\(folder)/mlp.onnx", "--dataset", "small", "--quiet")
        let settings = ["--epochs", "2", "--learning-rate", "0.05", "--seed", "7"]
        try await program.succeed(
            ["train", "mlp", "--name", "file", "--init", "\(folder)/mlp.safetensors", "--dataset", "small", "--quiet"]
                + settings)
        #expect(try await program.succeed(["train", "--from", "mlp@1", "--quiet"] + settings).output == "mlp@2\n")
        #expect(try await program.succeed(["train", "--from", "graph", "--quiet"] + settings).output == "graph@2\n")
        try await program.succeed(["train", "--from", "mlp@1", "--name", "queued", "--detach"] + settings)
        try await program.succeed("daemon", "--once")
        let versions = try program.connect().query(
            """
            select model, version, weights_sha256, parent
              from analysis.model_version
             where origin = 'trained'
               and (model, version) <> ('mlp', 1)
             order by run
            """)
        let names = try versions.map { "\(try $0["model"] as String)@\(try $0["version"] as Int)" }
        #expect(names == ["file@1", "mlp@2", "graph@2", "queued@1"])
        #expect(Set(try versions.map { try $0["weights_sha256"] as String }).count == 1)
        #expect(try versions.map { try $0["parent"] as String? } == [nil, "mlp@1", "graph@1", "mlp@1"])
        #expect(try await program.succeed("show", "mlp@2").output.contains("those of mlp@1"))
        #expect(
            try program.connect().query("select parent from analysis.run where parent is not null").count == 3)

        let digits = try await Disturbed.smallFolder(training: 60, test: 30)
        try await program.succeed("dataset", "import", "digits", digits.path, "--quiet")
        let csv = try place.write("index,predicted\n" + (0..<30).map { "\($0),1\n" }.joined(), "p.csv")
        try await program.succeed("import", "vendor", "--predictions", csv, "--dataset", "small", "--quiet")
        for (arguments, status, expected) in [
            (
                ["--from", "mlp@1", "--dataset", "digits"], 65,
                "takes images of 1 × 8 × 8 in 10 classes; the data set “digits” has images of 1 × 28 × 28 in 10 classes"
            ),
            (["--from", "vendor"], 65, "vendor@1 has no weights: its predictions were imported."),
            (["--from", "nobody"], 66, "nobody"), (["mlp", "--from", "mlp"], 64, "one of the two"),
            ([], 64, "--from"),
        ] as [([String], Int32, String)] {
            let result = try await program.run(["train"] + arguments)
            #expect(result.status == status && result.errors.contains(expected), "\(arguments): \(result.errors)")
        }
        try await program.succeed("alias", "mlp", "production")
        let words = try await program.succeed(
            "schedule", "add", "further", "@daily", "train", "--detach", "--from", "mlp@production")
        #expect(!words.output.isEmpty || !words.errors.isEmpty)
    }

    @Test(
        "the lines of Python in the document write weights that classify as PyTorch does",
        .enabled("needs PyTorch and safetensors; PYTHON names an interpreter with them") {
            try await Python.run("import torch, safetensors").status == 0
        })
    func document() async throws {
        let lines = try Python.linesOfDocument("Networks")[0]
        let place = try await Place()
        let images = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small")
        let script = """
            import gzip, os, sys, torch
            def read(name, start):
                return torch.frombuffer(bytearray(gzip.open(sys.argv[1] + "/t10k-" + name + "-ubyte.gz").read()[start:]), dtype=torch.uint8)
            os.chdir(sys.argv[2])
            torch.manual_seed(1)
            net = torch.nn.Sequential(
                torch.nn.Conv2d(1, 6, 3, padding=1), torch.nn.BatchNorm2d(6), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
                torch.nn.Flatten(), torch.nn.Linear(96, 20), torch.nn.Tanh(), torch.nn.Linear(20, 10))
            x = (read("images-idx3", 16).reshape(-1, 1, 8, 8) / 255 - 0.5) / 0.25
            net(x)  # moments of the normalisation
            net.eval()
            y = read("labels-idx1", 8).long()
            logits = net(x).double()
            print((logits.argmax(1) == y).double().mean().item(), torch.nn.functional.cross_entropy(logits, y).item())

            """ + lines
        let written = try await Python.run(script, images.path, place.folder)
        try #require(written.status == 0, "\(written.errors)")
        let found = written.output.split(separator: " ").compactMap { Double($0.trimmingCharacters(in: .newlines)) }
        let layers = try place.write(
            """
            {"name": "net", "input": {"channels": 1, "height": 8, "width": 8}, "layers": [
             {"type": "conv2d", "outputs": 6, "kernel": 3, "padding": 1}, {"type": "batch_norm"}, {"type": "relu"},
             {"type": "max_pool2d", "size": 2}, {"type": "flatten"}, {"type": "dense", "outputs": 20}, {"type": "tanh"},
             {"type": "dense", "outputs": 10}]}
            """, "net.json")
        let result = try await place.program.succeed(
            "import", "net", "\(place.folder)/net.safetensors", "--architecture", layers, "--dataset", "small",
            "--mean", "0.5", "--std", "0.25", "--format", "json")
        let version = try Self.json(result)
        #expect(found.count == 2 && version["test_accuracy"] as? Double == found[0])
        #expect(abs(try #require(version["test_loss"] as? Double) - found[1]) < 1e-5)
    }
}
