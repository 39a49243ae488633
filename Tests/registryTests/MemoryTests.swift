import Foundation
import PostgreSQL
import Samples
import TestServer
import Testing

@testable import NeuralNetwork
@testable import Trainer

@Suite("Memory, told before a training starts")
struct MemoryTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small")

    private static func architecture(side: Int, _ layers: [Layer]) throws -> Architecture {
        try Architecture(
            name: "test", input: ImageShape(channels: 1, height: side, width: side), layers: layers, resizesImages: true
        )
    }

    @Test("what a process takes is what was told, within a quarter")
    func measured() async throws {
        let program = try await Program.withSmallDataset()
        let samples = SampleCounts(training: 60, test: 30, shape: ImageShape(channels: 1, height: 8, width: 8))
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        for (layers, side, optimizer) in [
            // Almost nothing: the program itself.
            ([.flatten, .dense(outputs: 10)], 8, .sgd),
            // Weights, moments and what is stored.
            ([.flatten, .dense(outputs: 4096), .relu, .dense(outputs: 2048), .relu, .dense(outputs: 10)], 28, .adam),
            // Activations, borders, factors.
            (
                [
                    .convolution(outputs: 24, kernel: 5, padding: 2), .batchNormalization(), .tanh, .dropout(rate: 0.1),
                    .localResponseNormalization(size: 5), .averagePooling(size: 4, stride: 4), .flatten,
                    .dense(outputs: 10),
                ], 64, .sgd
            ),
        ] as [([Layer], Int, Optimizer)] {
            let architecture = try Self.architecture(side: side, layers)
            try Data(try architecture.json().utf8).write(to: file)
            let peak = try await peakMemory(
                of: program, "train", file.path, "--dataset", "small", "--epochs", "1", "--optimizer",
                optimizer.rawValue, "--learning-rate", "0.0001", "--quiet")
            var training = TrainingConfiguration()
            training.optimizer = optimizer
            let told = Double(architecture.trainingMemory(training, samples: samples).total)
            #expect(abs(told / Double(peak) - 1) < 0.25, "\(told), and it was \(peak)")
        }
    }

    @Test("batches that are larger than the data set take no more than one of its size")
    func largeBatches() async throws {
        let program = try await Program.withSmallDataset()
        func peak(_ batchSize: Int) async throws -> Int {
            try await peakMemory(
                of: program, "train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet", "--batch-size",
                "\(batchSize)")
        }
        // 65,536 samples of 8 × 8 pixels in 128 units each would be 100 MB.
        let (few, many) = (try await peak(60), try await peak(65_536))
        #expect(abs(many - few) < 20_000_000, "\(few) and \(many)")
    }

    /// Bytes that a command had in memory at most, as its parent's resource usage says. A small process starts it: what a
    /// large one had in memory when it started another counts as the other's.
    private func peakMemory(of program: Program, _ arguments: String...) async throws -> Int {
        let script = """
            import resource, subprocess, sys
            subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
            """
        let result = try await program.start(
            "/usr/bin/env", arguments: ["python3", "-c", script, Program.executable.path] + arguments
        ).end()
        #expect(result.status == 0, "\(result.errors)")
        return try #require(Int(result.output.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    @Test("a training that does not fit is refused before it is queued or started, with a batch size that fits")
    func refused() async throws {
        let program = try await Program.withSmallDataset()
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        func train(_ layers: [Layer], side: Int, _ flags: String...) async throws -> String {
            try Data(try Self.architecture(side: side, layers).json().utf8).write(to: file)
            // 4 GB of addresses.
            let result = try await limited(program, 4_000_000, ["train", file.path, "--dataset", "small"] + flags)
            #expect(result.status == 65, "\(result.errors)")
            #expect(result.errorLines.count == 1, "\(result.errors)")
            return result.errors
        }
        let wide: [Layer] = [.flatten, .dense(outputs: 65_536), .dense(outputs: 65_536), .dense(outputs: 10)]
        for flags in [[], ["--detach"]] {
            let errors =
                flags.isEmpty ? try await train(wide, side: 8) : try await train(wide, side: 8, "--detach")
            #expect(errors.contains("needs about 51."))
            #expect(errors.contains("It does not fit with batches of 1 either"))
        }
        let deep: [Layer] = [.convolution(outputs: 256, kernel: 1), .tanh, .flatten, .dense(outputs: 10)]
        let errors = try await train(deep, side: 96)
        let fitting = try #require(errors.firstMatch(of: /Take --batch-size (\d+), which fits/))
        let size = try #require(Int(fitting.1))
        #expect(size < 64)
        let runs: Int = try program.connect().query("select count(*) as n from registry.run")[0]["n"]
        #expect(runs == 0)
    }

    /// Runs a command that may have so many KiB of addresses.
    private func limited(_ program: Program, _ limit: Int, _ arguments: [String]) async throws -> Program.Result {
        let command = "ulimit -v \(limit); exec \"$0\" \"$@\""
        return try await program.start("/bin/sh", arguments: ["-c", command, Program.executable.path] + arguments).end()
    }

    @Test("a daemon ends a run that is too large for its machine at once, and trains those that fit, one after another")
    func tooLargeForDaemon() async throws {
        let program = try await Program.withSmallDataset()
        let folder = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(folder)
        // 3.2 GB, and twice 0.9 GB.
        for (width, count) in [(16_384, 1), (8192, 2)] {
            let layers: [Layer] = [.flatten, .dense(outputs: width), .dense(outputs: width), .dense(outputs: 10)]
            let file = folder.appending("\(width).json").string
            try Data(try Self.architecture(side: 8, layers).json().utf8).write(to: URL(filePath: file))
            for _ in 0..<count {
                try await program.succeed(
                    "train", file, "--name", "w\(width)", "--dataset", "small", "--epochs", "1", "--detach")
            }
        }
        let daemon = try await limited(
            program, 1_700_000, ["daemon", "--once", "--workers", "2", "--threads-per-worker", "1"])
        #expect(daemon.status == 0, "\(daemon.errors)")
        let runs = try program.connect().query("select state, attempts, failure from registry.run order by run_id")
        #expect(try runs.map { try $0["state"] } == ["failed", "succeeded", "succeeded"], "\(daemon.errors)")
        #expect(try runs.map { try $0["attempts"] } == [1, 1, 1])
        let failure: String? = try runs[0]["failure"]
        #expect(failure?.contains("needs about 3.2") == true && failure?.contains("are available") == true)
        // What was trained elsewhere may be too large to be tested here.
        let untested = try await limited(program, 500_000, ["robustness", "w8192"])
        #expect(untested.status == 65 && untested.errorLines.count == 1, "\(untested.errors)")
        #expect(untested.errors.contains("to be tested, needs about 0.8"))
    }

    @Test("the table of layers tells what a training and a test need")
    func shown() async throws {
        let program = Program(environment: ["HOME": "/proc/nonexistent"])
        let small = try await program.succeed("architecture", "show", "vgg16", "--batch-size", "1", "--format", "json")
            .json()
        let large = try await program.succeed(
            "architecture", "show", "vgg16", "--optimizer", "adam", "--format", "json"
        ).json()
        func bytes(_ json: Any, _ key: String) throws -> Int {
            let memory = try #require((json as? [String: Any])?["memory_bytes"] as? [String: Int])
            return try #require(memory[key])
        }
        // 134,301,514 parameters, four bytes each; Adam remembers two numbers of each.
        #expect(abs(try bytes(small, "weights") - 537_206_056) < 100_000)
        #expect(try bytes(small, "optimizer") == 0)
        #expect(try bytes(large, "optimizer") == 2 * bytes(large, "weights"))
        #expect(try bytes(small, "training") < bytes(large, "training"))
        #expect(try bytes(large, "training") > 20_000_000_000)
    }
}
