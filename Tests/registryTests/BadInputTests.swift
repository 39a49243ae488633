import Foundation
import PostgreSQL
import TestData
import TestServer
import Testing

@testable import registry

@Suite("Bad input: one clear line, the right exit status, nothing stored")
struct BadInputTests {
    /// Runs a command that has to fail with this status, and returns the one line it prints.
    private func line(
        _ program: Program, _ status: Int32, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await program.run(arguments)
        #expect(result.status == status, "\(arguments): \(result.errors)", sourceLocation: sourceLocation)
        #expect(result.output.isEmpty, sourceLocation: sourceLocation)
        #expect(result.errorLines.count == 1, "\(result.errors)", sourceLocation: sourceLocation)
        let line = try #require(result.errorLines.last, sourceLocation: sourceLocation)
        #expect(line.hasPrefix("registry: "), sourceLocation: sourceLocation)
        return String(line)
    }

    @Test(
        "an answer that cannot be written is no success",
        arguments: [
            ["models", "--format", "json"], ["runs", "--format", "csv"], ["architecture", "list"],
            ["architecture", "show", "mlp"], ["--help"],
        ])
    func fullOutput(arguments: [String]) async throws {
        let program = try await Program.onNewDatabase()
        let script = #"exec "$0" "$@" > /dev/full"#
        let result = try await program.start("/bin/sh", arguments: ["-c", script, Program.executable.path] + arguments)
            .end()
        #expect(result.status == 74, "\(result.errors)")
        // Lists that are empty say so in a line of their own.
        #expect(result.errorLines.last?.hasPrefix("registry: ") == true, "\(result.errors)")
    }

    @Test(
        "wrong flags and values are refused before anything is done",
        arguments: [
            ["train", "mlp", "--epochs", "0"], ["train", "mlp", "--epochs", "many"],
            ["train", "mlp", "--batch-size", "-1"],
            ["train", "mlp", "--learning-rate", "nan"], ["train", "mlp", "--momentum", "1"], ["train"],
            ["train", "mlp", "--seed", "-1"], ["train", "mlp", "--optimizer", "lion"],
            ["train", "mlp", "--schedule", "step"], ["train", "mlp", "--nesterov"],
            ["train", "mlp", "--learning-rate-decay", "0.9", "--schedule", "cosine"],
            ["train", "mlp", "--optimizer", "adam", "--momentum", "0.9"], ["train", "mlp", "--label-smoothing", "1"],
            ["train", "mlp", "--epochs", "2", "--warmup-epochs", "2"], ["train", "mlp", "--augment-rotation", "181"],
            ["train", "mlp", "--schedule", "cosine", "--minimum-learning-rate", "1"],
            ["curve"], ["curve", "mlp", "--output", "curve.pdf"], ["architecture", "show"],
            ["architecture", "show", "mlp", "--classes", "ten"],
            ["train", "mlp", "--name", "a@b"], ["compare", "mlp"], ["compare", "mlp", "cnn@0"], ["show", "@3"],
            ["frobnicate"], ["hardest", "--since", "2026-13-01"], ["hardest", "--since", "2026-11-01T12:00"],
            ["hardest", "--until", "2026-11-01x"], ["show", "run:0"],
            ["export", "mlp", "file.txt"], ["dataset", "import", "", "."], ["errors", "mlp", "--limit", "-1"],
            ["models", "--format", "xml"], ["dataset", "import", "x", ".", "--class-names", "a"],
        ])
    func usage(arguments: [String]) async throws {
        let program = Program(environment: ["HOME": "/dev/null", "PATH": "/usr/bin:/bin"])
        let result = try await program.run(arguments)
        #expect(result.status == 64, "\(result.errors)")
        #expect(result.output.isEmpty && result.errors.hasPrefix("registry: "))
    }

    @Test("more versions than can be compared in a moment are refused before anything is done")
    func tooManyVersions() async throws {
        let program = Program(environment: ["HOME": "/dev/null", "PATH": "/usr/bin:/bin"])
        let models = (1...21).map { "mlp@\($0)" }
        for command in ["compare", "report"] {
            let refused = try await program.run([command] + models)
            #expect(refused.status == 64 && refused.errorLines.count == 1, "\(refused.errors)")
            #expect(refused.errors.contains("21 versions") && refused.errors.contains("name at most 20"))
            #expect(try await program.succeed(command, "--help").output.contains("20 of mlp, mlp@3"))
            // 20 are not, but there is no home.
            #expect(try await program.run([command] + models.dropLast()).errors.contains("/dev/null"))
        }
    }

    @Test("a negative number is refused with what is allowed, however it is written")
    func negativeNumbers() throws {
        let training = [
            "--epochs", "--batch-size", "--learning-rate", "--learning-rate-decay", "--step-epochs",
            "--minimum-learning-rate", "--warmup-epochs", "--momentum", "--weight-decay", "--label-smoothing",
            "--augment-shift", "--augment-rotation", "--seed", "--threads",
        ]
        let options =
            training.map { ["train", "mlp", $0] }
            + ["--level", "--margin", "--minimum-accuracy", "--threads"].map { ["retrain", $0] }
            + ["--classes", "--channels", "--height", "--width", "--batch-size"].map {
                ["architecture", "show", "mlp", $0]
            }
            + ["models", "runs"].map { [$0, "--limit"] } + [["hardest", "--limit"], ["errors", "mlp", "--limit"]]
            + ["--workers", "--threads-per-worker", "--metrics-port"].map { ["daemon", $0] }
            + [["db", "migrate", "--wait"], ["robustness", "mlp", "--threads"]]
        for option in options {
            for words in [option + ["-1"], option.dropLast() + ["\(option[option.count - 1])=-1"]] {
                let error = #expect(throws: (any Error).self, "\(words)") { try Registry.parseAsRoot(Array(words)) }
                let message = error.map { Registry.message(for: $0) } ?? ""
                #expect(message.contains(option[option.count - 1]), "\(words): \(message)")
                #expect(message.contains("must"), "\(words): \(message)")
            }
        }
    }

    @Test("what is not there is named, with the way to get it")
    func notFound() async throws {
        let program = try await Program.onNewDatabase()
        #expect(try await line(program, 66, "show", "mlp").contains("registry train mlp"))
        #expect(try await line(program, 66, "compare", "mlp", "cnn").contains("nothing has been trained yet"))
        #expect(try await line(program, 66, "train", "resnet").contains("mlp, cnn, lenet"))
        #expect(try await line(program, 66, "architecture", "show", "resnet").contains("mlp, cnn, lenet"))
        #expect(try await line(program, 66, "train", "mlp", "--dataset", "letters").contains("registry dataset list"))
        #expect(try await line(program, 66, "dataset", "fetch", "letters").contains("mnist, fashion-mnist"))
        #expect(try await line(program, 66, "dataset", "show", "mnist").contains("registry dataset fetch mnist"))
        #expect(try await line(program, 66, "train", "mlp", "--init", "/proc/nonexistent").contains("no such file"))
        #expect(try await line(program, 66, "hardest").contains("registry dataset"))
        for command in ["runs", "models"] {
            #expect(try await line(program, 66, command, "--model", "nosuch").contains("no model “nosuch”"))
            #expect(try await line(program, 66, command, "--dataset", "nosuch").contains("no data set “nosuch”"))
        }
        for name in ["mnist@2", "mnist@9223372036854775807", "mnist@99999999999999999999", "mnist@"] {
            #expect(
                try await line(program, 66, "dataset", "show", name)
                    .hasSuffix("There is no data set “\(name)”. See: registry dataset list"))
        }
    }

    @Test("bad data files leave nothing behind")
    func badData() async throws {
        let program = try await Program.onNewDatabase()
        let folder = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(
            try await line(program, 65, "dataset", "import", "x", folder.path + "/absent").contains(
                "no such file or folder"))
        #expect(
            try await line(program, 65, "dataset", "import", "x", folder.path).contains(
                "no data set is recognised there; the folder has nothing"))
        let source = URL(filePath: try await MNISTFiles.folder().string)
        let names = try FileManager.default.contentsOfDirectory(atPath: source.path)
        for name in names {
            try Data(contentsOf: source.appending(path: name)).write(to: folder.appending(path: name))
        }
        // Packed or not, as they were fetched.
        let images = folder.appending(path: try #require(names.first { $0.hasPrefix("train-images") }))
        try Data(contentsOf: images).dropLast(1000).write(to: images)
        #expect(try await line(program, 65, "dataset", "import", "x", folder.path).contains("cut short"))
        #expect(try await line(program, 65, "dataset", "fetch", "mnist", "--from", folder.path).contains("cut short"))
        try FileManager.default.removeItem(at: images)
        try FileManager.default.createDirectory(at: images, withIntermediateDirectories: false)
        #expect(try await line(program, 65, "dataset", "import", "x", folder.path).contains("This is a folder"))
        let stored: Int = try program.connect().query("select count(*) as n from registry.dataset")[0]["n"]
        #expect(stored == 0)
    }

    @Test("files that are no network, or another's weights, are refused before a run is made")
    func badNetwork() async throws {
        let program = try await Program.withMNIST()
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        for (text, message) in [
            ("not JSON", "it is no JSON"), ("{}", "is missing"),
            (
                #"{"name":"x","input":{"channels":1,"height":28,"width":28},"layers":[{"type":"dense","outputs":10}]}"#,
                "Layer 1 (dense)"
            ),
            (
                #"{"name":"x","input":{"channels":3,"height":8,"width":8},"layers":[{"type":"flatten"},{"type":"dense","outputs":10}]}"#,
                "takes images of 3 × 8 × 8"
            ),
            (
                #"{"name":"x","input":{"channels":1,"height":28,"width":28},"layers":[{"type":"flatten"},{"type":"dense","outputs":7}]}"#,
                "in 7 classes"
            ),
        ] {
            try Data(text.utf8).write(to: file)
            #expect(try await line(program, 65, "train", file.path).contains(message))
        }
        #expect(try await line(program, 65, "train", "mlp", "--init", file.path).contains("no safetensors file"))
        let resources = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../NeuralNetworkTests/Resources/pytorch/cnn.init.safetensors")
        #expect(try await line(program, 65, "train", "mlp", "--init", resources.path).contains("conv1.weight"))
        let runs: Int = try program.connect().query("select count(*) as n from registry.run")[0]["n"]
        #expect(runs == 0)
    }

    @Test("what nothing can be learned from is refused before a run is made, with what helps")
    func nothingToLearn() async throws {
        let program = try await Program.onNewDatabase()
        let resources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources")
        for name in ["black", "small"] {
            try await program.succeed("dataset", "import", name, resources.appending(path: name).path)
        }
        let black = ["train", "mlp", "--dataset", "black", "--epochs", "1"]
        #expect(try await line(program, 65, "train", "mlp", "--dataset", "black").contains("Use --no-standardize"))
        #expect(try await program.run(black + ["--no-standardize"]).status == 0)

        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let layers =
            #"{"type":"flatten"},{"type":"dense","outputs":12},{"type":"batch_norm"},{"type":"dense","outputs":10}"#
        try Data(
            #"{"name":"norm","input":{"channels":1,"height":8,"width":8},"layers":[\#(layers)]}"#.utf8
        ).write(to: file)
        let refused = try await line(program, 65, "train", file.path, "--dataset", "small", "--batch-size", "1")
        #expect(refused.contains("Layer 3 (batch_norm)") && refused.contains("Take a larger --batch-size"))
        // 60 training samples: one is left over.
        let trained = try await program.run(["train", file.path, "--dataset", "small", "--batch-size", "59"])
        #expect(trained.status == 0, "\(trained.errors)")
        let runs: Int = try program.connect().query("select count(*) as n from registry.run")[0]["n"]
        #expect(runs == 2)
    }

    @Test("what is no file is not waited for, and named for what it is", .timeLimit(.minutes(10)))
    func noFiles() async throws {
        let program = try await Program.onNewDatabase()
        let folder = URL(filePath: try TemporaryDirectory.make().string)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (pipe, sparse) = (folder.appending(path: "pipe").path, folder.appending(path: "sparse").path)
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(FileManager.default.createFile(atPath: sparse, contents: nil))
        #expect(truncate(sparse, 100 << 30) == 0)
        for (path, reason) in [
            (pipe, "it is a pipe"), ("/dev/zero", "it is a device"), (folder.path, "it is a folder"),
            (sparse, "it has 107,374,182,400 bytes, and at most"),
        ] {
            #expect(try await line(program, 66, "train", "mlp", "--init", path).contains(reason))
            #expect(try await line(program, 66, "architecture", "show", path).contains(reason))
        }
    }

    @Test("a database that can't be reached, or has another owner's newer schema, is exit 69")
    func database() async throws {
        var program = try await Program.onNewDatabase()
        #expect(try await line(program, 69, "models", "--database", "host=/nonexistent").contains("cannot be reached"))
        try program.connect().execute(
            "insert into registry.schema_migration (version, name, checksum, oldest_program) values (9999, '9999-later', repeat('0', 64), 9999)"
        )
        #expect(try await line(program, 69, "models").contains("Use a newer registry program"))
        program.environment["REGISTRY_DATABASE_URL"] = nil
        program.environment["REGISTRY_HOME"] = "relative"
        #expect(try await line(program, 64, "models").contains("relative path"))
        program.environment["REGISTRY_HOME"] = nil
        program.environment["HOME"] = nil
        #expect(try await line(program, 64, "models").contains("REGISTRY_HOME"))
    }

    @Test("an export that can't be written leaves no file")
    func export() async throws {
        let program = try await Program.withMNIST()
        try await program.succeed("train", "mlp", "--epochs", "1", "--quiet")
        #expect(
            try await line(program, 74, "export", "mlp", "/proc/nonexistent/a.safetensors").contains("Nothing was left")
        )
    }
}
