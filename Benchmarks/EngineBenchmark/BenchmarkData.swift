import Datasets
import FoundationEssentials
import NeuralNetwork
import Samples
import SystemPackage
import TestData

/// MNIST, for ours in memory and for the peers as raw files.
struct BenchmarkData {
    let training: LabeledImages
    let test: LabeledImages
    let folder: FilePath

    static func load() async throws -> BenchmarkData {
        let dataset = try await MNISTFiles.dataset()
        let shape = ImageShape(channels: 1, height: 28, width: 28)
        let folder = FilePath(FileManager.default.temporaryDirectory.path)
            .appending("registry-benchmark-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        func write(_ bytes: [UInt8], to name: String) throws {
            try Data(bytes).write(to: URL(filePath: folder.appending(name).string))
        }
        func images(_ samples: SampleSet) throws -> LabeledImages {
            try LabeledImages(shape: shape, pixels: samples.pixels(), labels: samples.labels, classes: 10)
        }
        let (training, test) = (dataset.training, dataset.test)
        try write(FormFile.idx([60_000, 28, 28], training.pixels()), to: "train-images-idx3-ubyte")
        try write(FormFile.idx([60_000], training.labels.map { UInt8($0) }), to: "train-labels-idx1-ubyte")
        return BenchmarkData(
            training: try images(training),
            test: try images(test), folder: folder)
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder.string) }

    private func architecture(_ model: String) throws -> Architecture {
        guard let architecture = try Architecture.builtIn(model, input: training.shape, classes: 10) else {
            throw TrainingError.label(10, classes: 10)
        }
        return architecture
    }

    func loop(_ model: String, _ engine: Engine) throws -> TrainingLoop {
        var configuration = TrainingConfiguration()
        configuration.standardization = Standardization(mean: 0.1306604762738429, standardDeviation: 0.3081078071444696)
        return try TrainingLoop(
            network: Network(architecture(model), seed: 1234, engine: engine), images: training,
            configuration: configuration, engine: engine)
    }

    /// Floating-point operations of an epoch by dense arithmetic: forward, and backward twice as many, but for the first
    /// layer, whose input needs no gradient.
    func operations(_ model: String) throws -> Double {
        let layers = try architecture(model).summary().map(\.multiplyAdds).filter { $0 > 0 }
        let multiplyAdds = layers.reduce(0) { $0 + 3 * $1 } - (layers.first ?? 0)
        return 2 * Double(multiplyAdds) * Double(training.count)
    }
}
