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

        let program = try await Program.onNewDatabase()
        try await program.succeed("dataset", "fetch", "mnist", "--from", try await MNISTFiles.folder().string)
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
        let program = try await Program.onNewDatabase()
        try await program.succeed("dataset", "fetch", "mnist", "--from", try await MNISTFiles.folder().string)
        try await program.succeed("train", description.path, "--epochs", "1")
        let result = try await program.run(["export", "even", folder.appending(path: "even.onnx").path])
        #expect(result.status == 64)
        #expect(result.errors.contains("Layer 1 (local_response_norm) of size 4"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["network.json"])
    }
}
