import Samples
import Testing

@testable import NeuralNetwork

/// The kernels check no bounds: what calls them must have proven them.
@Suite("What contradicts itself does not reach a kernel")
struct BoundsTests {
    private static let shape = ImageShape(channels: 1, height: 2, width: 3)

    @Test(
        "images whose pixels, labels and shape contradict each other are no images",
        arguments: [
            (shape, 12, [0, 1], 2, nil), (shape, 12, [0, 2], 2, .label(2, position: 1, classes: 2)),
            (shape, 11, [0, 1], 2, .pixelCount(found: 11, images: 2, shape)),
            (shape, 1, [0], 2, .pixelCount(found: 1, images: 1, shape)),
            (shape, 18, [0, 1], 2, .pixelCount(found: 18, images: 2, shape)), (shape, 0, [], 2, .empty),
            (ImageShape(channels: 0, height: 2, width: 3), 0, [0], 2, .shape(.init(channels: 0, height: 2, width: 3))),
            (
                ImageShape(channels: 1, height: 1 << 31 - 1, width: 1), 1, [0], 2,
                .shape(.init(channels: 1, height: 1 << 31 - 1, width: 1))
            ),
            (
                ImageShape(channels: 1 << 62, height: 2, width: 2), 0, [0], 2,
                .shape(.init(channels: 1 << 62, height: 2, width: 2))
            ),
            (
                ImageShape(channels: -1, height: -2, width: 3), 6, [0], 2,
                .shape(.init(channels: -1, height: -2, width: 3))
            ),
        ] as [(ImageShape, Int, [UInt16], Int, ImagesError?)])
    func images(shape: ImageShape, pixels: Int, labels: [UInt16], classes: Int, error: ImagesError?) throws {
        func make() throws -> LabeledImages {
            try LabeledImages(
                shape: shape, pixels: [UInt8](repeating: 0, count: pixels), labels: labels, classes: classes)
        }
        if let error {
            #expect(throws: error) { try make() }
        } else {
            #expect(try make().count == labels.count)
        }
    }

    private static let architecture = [Layer.flatten, .dense(outputs: 2)]

    private func loop(
        _ change: (inout TrainingConfiguration) -> Void = { _ in }, labels: [UInt16] = [0, 1],
        shape: ImageShape = BoundsTests.shape
    ) throws -> TrainingLoop {
        var configuration = TrainingConfiguration()
        change(&configuration)
        let images = try LabeledImages(
            shape: shape, pixels: [UInt8](repeating: 7, count: shape.count * labels.count), labels: labels, classes: 9)
        let network = try Network(
            Architecture(name: "test", input: Self.shape, layers: Self.architecture), seed: 1)
        return try TrainingLoop(network: network, images: images, configuration: configuration)
    }

    @Test("a training refuses sizes that are out of range, and images that the network does not take")
    func training() throws {
        #expect(throws: Never.self) { try loop() }
        for change: (inout TrainingConfiguration) -> Void in [
            { $0.batchSize = 0 }, { $0.batchSize = -1 }, { $0.batchSize = .max }, { $0.epochs = -5 },
            { $0.epochs = .max }, { $0.augmentation.shift = -3 }, { $0.augmentation.shift = .max },
            { $0.augmentation.rotation = .nan }, { $0.schedule.warmupEpochs = -1 }, { $0.schedule.stepEpochs = 0 },
            { $0.standardization = Standardization(mean: 0.5, standardDeviation: 0) },
            { $0.standardization = Standardization(mean: .nan, standardDeviation: 1) },
            { $0.standardization = Standardization(mean: 0, standardDeviation: -1) },
            { $0.standardization = Standardization(means: [], standardDeviations: []) },
            { $0.standardization = Standardization(means: [0.1, 0.2], standardDeviations: [1]) },
            { $0.standardization = Standardization(means: [0.1, 0.2], standardDeviations: [1, 1]) },
        ] {
            #expect(throws: TrainingError.self) { try loop(change) }
        }
        #expect(throws: TrainingError.label(2, classes: 2)) { try loop(labels: [0, 2]) }
        #expect(throws: TrainingError.self) { try loop(shape: ImageShape(channels: 1, height: 3, width: 2)) }
    }

    @Test("weights and checkpoints with other counts than their shape says are refused")
    func weights() throws {
        let architecture = try Architecture(name: "test", input: Self.shape, layers: Self.architecture)
        let network = try Network(architecture, seed: 1)
        var tensors = network.tensors()
        tensors[0].values.append(0)
        #expect(throws: WeightsError.count("fc1.weight", found: 13, needed: 12)) {
            try Network(architecture, weights: tensors)
        }
        let moment = Tensor(name: "first_moment.fc1.weight", shape: [2, 6], values: [1])
        #expect(throws: WeightsError.count(moment.name, found: 1, needed: 12)) {
            try Network(architecture, resuming: Checkpoint(epoch: 1, tensors: network.tensors() + [moment]))
        }
        let turned = Tensor(name: moment.name, shape: [6, 2], values: [Float](repeating: 0, count: 12))
        #expect(throws: WeightsError.shape(moment.name, found: [6, 2], needed: [2, 6])) {
            try Network(architecture, resuming: Checkpoint(epoch: 1, tensors: network.tensors() + [turned]))
        }
        #expect(throws: SafetensorsError.self) { try Safetensors.encode(tensors) }
    }

    @Test("changes of images by strengths that are no numbers are refused", arguments: Perturbation.Kind.allCases)
    func perturbations(kind: Perturbation.Kind) throws {
        let images = try LabeledImages(shape: Self.shape, pixels: [1, 2, 3, 4, 5, 6], labels: [0], classes: 2)
        for strength in [Double.nan, .infinity, -.infinity, 1e300] {
            #expect(throws: PerturbationError.self) {
                try Perturbation(kind, strength: strength)(images, engine: .fastest)
            }
        }
        for strength in kind.strengths {
            #expect(throws: Never.self) { try Perturbation(kind, strength: strength)(images, engine: .fastest) }
        }
    }

    private func normalizing(_ layers: [Layer], samples: Int, batchSize: Int) throws -> (Network, TrainingLoop) {
        let architecture = try Architecture(name: "test", input: Self.shape, layers: layers)
        let network = try Network(architecture, seed: 1)
        var configuration = TrainingConfiguration()
        configuration.batchSize = batchSize
        configuration.shuffles = false
        let pixels = (0..<samples * 6).map { UInt8(truncatingIfNeeded: $0 * 37) }
        let images = try LabeledImages(
            shape: Self.shape, pixels: pixels, labels: (0..<samples).map { UInt16($0 % 2) }, classes: 2)
        return (network, try TrainingLoop(network: network, images: images, configuration: configuration))
    }

    @Test("one value cannot be normalised: batches of one are refused where a channel has one value a sample")
    func singleValues() throws {
        let features: [Layer] = [.flatten, .dense(outputs: 3), .batchNormalization(), .dense(outputs: 2)]
        let image: [Layer] = [.batchNormalization(), .flatten, .dense(outputs: 2)]
        let point: [Layer] = [
            .averagePooling(size: 2, stride: 2), .batchNormalization(), .flatten, .dense(outputs: 2),
        ]
        #expect(throws: TrainingError.singleValue(layer: 3, samples: 5)) {
            try normalizing(features, samples: 5, batchSize: 1)
        }
        #expect(throws: TrainingError.singleValue(layer: 2, samples: 5)) {
            try normalizing(point, samples: 5, batchSize: 1)
        }
        #expect(throws: TrainingError.singleValue(layer: 3, samples: 1)) {
            try normalizing(features, samples: 1, batchSize: 64)
        }
        #expect(throws: Never.self) { try normalizing(image, samples: 5, batchSize: 1) }
        #expect(throws: Never.self) { try normalizing(features, samples: 5, batchSize: 2) }
    }

    @Test("a last image that could not be normalised joins the batch before it")
    func lastOfOne() throws {
        let features: [Layer] = [.flatten, .dense(outputs: 3), .batchNormalization(), .dense(outputs: 2)]
        let (joined, loop) = try normalizing(features, samples: 5, batchSize: 4)
        var sizes: [Int] = []
        _ = loop.trainEpoch(1) { step in
            sizes.append(step.batchSize)
            return .proceed
        }
        #expect(sizes == [5])
        let (whole, wholeLoop) = try normalizing(features, samples: 5, batchSize: 5)
        _ = wholeLoop.trainEpoch(1)
        #expect(joined.tensors() == whole.tensors())
        // Without such a layer, and with more than one left over, batches are what they always were.
        let architecture = try Architecture(name: "test", input: Self.shape, layers: Self.architecture)
        #expect(architecture.batches(of: 5, size: 4) == [0..<4, 4..<5])
        #expect(joined.architecture.batches(of: 6, size: 4) == [0..<4, 4..<6])
        #expect(joined.architecture.batches(of: 9, size: 4) == [0..<4, 4..<9])
        #expect(joined.architecture.batches(of: 3, size: 4) == [0..<3])
        for architecture in [architecture, joined.architecture] {
            for (samples, size) in (0...12).flatMap({ samples in (1...5).map { (samples, $0) } }) {
                let largest = architecture.batches(of: samples, size: size).map(\.count).max() ?? 0
                #expect(architecture.largestBatch(of: samples, size: size) == largest, "\(samples), \(size)")
            }
        }
        // A list of these batches would not fit into any memory.
        #expect(architecture.largestBatch(of: .max, size: 4) == 4)
    }
}
