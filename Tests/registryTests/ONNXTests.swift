import Foundation
import PostgreSQL
import TestData
import Testing

/// Python with ONNX Runtime, as `scripts/install-onnxruntime` installs it.
private enum ONNXRuntime {
    /// Runs `python3`.
    static func run(_ arguments: String...) async throws -> Program.Result {
        var environment = ProcessInfo.processInfo.environment
        let project = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        environment["PYTHONPATH"] = project.appending(path: ".build/python").path
        return try await Program(environment: environment).start("/usr/bin/env", arguments: ["python3"] + arguments)
            .end()
    }

    static func isInstalled() async throws -> Bool { try await run("-c", "import onnxruntime").status == 0 }
}

@Suite("Exported networks, in ONNX Runtime")
struct ONNXTests {
    /// Every kind of layer that there is, on images that are resized.
    private static let everyLayer = """
        {"name": "every-layer", "input": {"channels": 2, "height": 20, "width": 12}, "resize": true, "layers": [
         {"type": "conv2d", "outputs": 7, "kernel": 4, "stride": 2, "padding": 1}, {"type": "batch_norm"},
         {"type": "leaky_relu"}, {"type": "conv2d", "outputs": 6, "kernel": 3, "padding": 2}, {"type": "relu"},
         {"type": "max_pool2d", "size": 3, "stride": 2}, {"type": "local_response_norm", "size": 5, "alpha": 0.1},
         {"type": "avg_pool2d", "size": 2, "stride": 1}, {"type": "dropout", "rate": 0.1}, {"type": "tanh"},
         {"type": "flatten"}, {"type": "dense", "outputs": 33}, {"type": "batch_norm"}, {"type": "sigmoid"},
         {"type": "dense", "outputs": 10}]}
        """

    @Test(
        "predictions of all 10,000 test images are the same",
        .enabled("needs ONNX Runtime: scripts/install-onnxruntime") { try await ONNXRuntime.isInstalled() },
        arguments: ["mlp", "cnn", "lenet", "every layer"])
    func predictions(network: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let description = folder.appending(path: "network.json")
        try Data(Self.everyLayer.utf8).write(to: description)

        let program = try await Program.withMNIST()
        let trained = try await program.succeed(
            "train", network == "every layer" ? description.path : network, "--epochs", "1", "--quiet")
        let model = folder.appending(path: "model.onnx")
        try await program.succeed("export", String(trained.output.dropLast()), model.path)

        let test = try await MNISTFiles.dataset().test
        let pixels = folder.appending(path: "pixels")
        try Data(test.pixels()).write(to: pixels)
        let script = try #require(
            Bundle.module.url(forResource: "onnx_predictions", withExtension: "py", subdirectory: "Resources"))
        let result = try await ONNXRuntime.run(
            script.path, model.path, pixels.path, "1", "28", "28")
        #expect(result.status == 0, "\(result.errors)")
        let predictions = result.output.split(separator: "\n").map { Int($0) }

        var expected = test.labels.map { Int($0) as Int? }
        let misclassified = try program.connect().query(
            """
            select sample.index, misclassification.predicted
              from registry.misclassification
              join registry.sample using (sample_id)
            """)
        #expect(misclassified.count > 0)
        for row in misclassified { expected[try row["index"]] = try row["predicted"] as Int }
        #expect(predictions == expected)
    }

    /// What the program finds for all images of an array, in order of classes, beside what ONNX Runtime does.
    private func compare(
        _ model: String, with file: URL, _ program: Program, _ pixels: [UInt8], shape: [Int], mean: Double = 0,
        deviation: Double = 1
    ) async throws {
        let folder = file.deletingLastPathComponent()
        let (raw, array) = (folder.appending(path: "pixels"), folder.appending(path: "images.npy"))
        try Data(pixels).write(to: raw)
        let count = pixels.count / shape.reduce(1, *)
        try Data(FormFile.npy("|u1", [count] + shape.filter { $0 != 1 }, pixels)).write(to: array)
        let script = try #require(
            Bundle.module.url(forResource: "onnx_probabilities", withExtension: "py", subdirectory: "Resources"))
        let result = try await ONNXRuntime.run(
            script.path, file.path, raw.path, "\(shape[0])", "\(shape[1])", "\(shape[2])", "\(mean)", "\(deviation)")
        #expect(result.status == 0, "\(result.errors)")
        let expected = result.output.split(separator: "\n").map { $0.split(separator: ",").compactMap { Double($0) } }
        #expect(expected.count == count && count > 0)

        struct Answer: Decodable {
            let file: String
            let rank: Int
            let predicted: Int
            let confidence: Double
        }
        let predicted = try await program.succeed("predict", model, array.path, "--top", "1000", "--format", "json")
        let answers = try JSONDecoder().decode([Answer].self, from: Data(predicted.output.utf8))
        #expect(answers.count == expected.reduce(0) { $0 + $1.count })
        for answer in answers {
            let image = try #require(answer.file.split(separator: "#").last.flatMap { Int($0) })
            let theirs = expected[image]
            #expect(abs(answer.confidence - theirs[answer.predicted]) < 1e-5, "\(answer)")
            if answer.rank == 1 { #expect(theirs.indices.max { theirs[$0] < theirs[$1] } == answer.predicted) }
        }
    }

    @Test(
        "networks that come from files predict what ONNX Runtime does: other programs', and our own",
        .enabled("needs ONNX Runtime: scripts/install-onnxruntime") { try await ONNXRuntime.isInstalled() })
    func imported() async throws {
        let program = try await Program.withSmallDataset()
        let folder = URL(filePath: try #require(program.environment["HOME"]))
        let resources = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../NeuralNetworkTests/Resources/onnx").standardized
        struct Images: Decodable { let pixels: [UInt8] }
        for (name, shape, classes, scale) in [
            ("lenet", [1, 12, 12], 10, [0.4, 0.3]), ("convolutions", [3, 11, 11], 4, nil),
            ("perceptron", [1, 4, 4], 16, [0.5, 0.25]),
        ] as [(String, [Int], Int, [Double]?)] {
            let file = folder.appending(path: "\(name).onnx")
            try FileManager.default.copyItem(at: resources.appending(path: "\(name).onnx"), to: file)
            let pixels = try JSONDecoder().decode(
                Images.self, from: Data(contentsOf: resources.appending(path: "\(name).json"))
            ).pixels
            let count = pixels.count / shape.reduce(1, *)
            let x = FormFile.npy("|u1", [count] + shape.filter { $0 != 1 }, pixels)
            let y = FormFile.npy("|u1", [count], (0..<count).map { UInt8($0 % classes) })
            let archive = folder.appending(path: "\(name).npz")
            try Data(
                FormFile.zip([("x_train.npy", x), ("y_train.npy", y), ("x_test.npy", x), ("y_test.npy", y)])
            ).write(to: archive)
            try await program.succeed("dataset", "import", name, archive.path, "--quiet")
            try await program.succeed(
                ["import", name, file.path, "--dataset", name, "--quiet"]
                    + (scale.map { ["--mean", "\($0[0])", "--std", "\($0[1])"] } ?? []))
            try await compare(
                name, with: file, program, pixels, shape: shape, mean: scale?[0] ?? 0, deviation: scale?[1] ?? 1)
        }

        let description = folder.appending(path: "convolution.json")
        try Data(
            """
            {"name": "convolution", "input": {"channels": 1, "height": 8, "width": 8}, "layers": [
             {"type": "conv2d", "outputs": 5, "kernel": 3}, {"type": "relu"}, {"type": "max_pool2d", "size": 2},
             {"type": "flatten"}, {"type": "dense", "outputs": 10}]}
            """.utf8
        ).write(to: description)
        let images = try program.connect().query(
            "select pixels from analysis.sample where dataset = 'small' and split = 'test' order by index")
        let pixels = try images.flatMap { try $0["pixels"] as [UInt8] }
        for (name, network) in [("mlp", "mlp"), ("convolution", description.path)] {
            try await program.succeed("train", network, "--dataset", "small", "--epochs", "2", "--quiet")
            let file = folder.appending(path: "\(name).onnx")
            try await program.succeed("export", name, file.path)
            try await program.succeed("import", "again-\(name)", file.path, "--dataset", "small", "--quiet")
            try await compare("again-\(name)", with: file, program, pixels, shape: [1, 8, 8])
        }
    }

    @Test("what ONNX defines otherwise is refused, and no file is written")
    func evenResponseNormalization() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let description = folder.appending(path: "network.json")
        try Data(
            """
            {"name": "even", "input": {"channels": 1, "height": 28, "width": 28}, "layers": [
             {"type": "local_response_norm", "size": 4}, {"type": "max_pool2d", "size": 4}, {"type": "flatten"},
             {"type": "dense", "outputs": 10}]}
            """.utf8
        ).write(to: description)
        let program = try await Program.withMNIST()
        try await program.succeed("train", description.path, "--epochs", "1")
        let result = try await program.run(["export", "even", folder.appending(path: "even.onnx").path])
        #expect(result.status == 64)
        #expect(result.errors.contains("Layer 1 (local_response_norm) of size 4"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["network.json"])
    }
}
