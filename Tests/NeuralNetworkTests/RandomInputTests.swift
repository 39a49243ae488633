import Samples
import TestData
import Testing

@testable import NeuralNetwork

/// Files with a few bytes changed, and networks put together at random: each is refused with its own error, or is what it
/// says it is. The seed is fixed, so that what fails once fails again.
@Suite("Random files and networks")
struct RandomInputTests {
    private static let signs = "0123456789-.eE\"{}[],:"

    @Test("1,000 damaged safetensors files: refused, or tensors of the size that they say")
    func safetensors() throws {
        var numbers = FixedNumbers(seed: 1)
        let whole = try Safetensors.encode(
            [
                Tensor(name: "fc1.weight", shape: [2, 3], values: [0, -1, 1, 2, 0.5, 3.5]),
                Tensor(name: "fc1.bias", shape: [2], values: [7, 8]), Tensor(name: "scalar", shape: [], values: [1]),
            ], metadata: ["format": "pt"])
        var read = 0
        for _ in 0..<1000 {
            let bytes = whole.damaged(&numbers, signs: Self.signs)
            do {
                for tensor in try Safetensors.decode(bytes).tensors {
                    #expect(tensor.values.count == tensor.shape.reduce(1, *))
                }
                read += 1
            } catch let error as SafetensorsError {
                #expect(error.description.hasSuffix("."))
            }
        }
        #expect((1..<900).contains(read), "both ways were gone")
    }

    @Test("1,000 damaged descriptions of a network: refused, or a network with a table of layers")
    func descriptions() throws {
        var numbers = FixedNumbers(seed: 2)
        let shape = ImageShape(channels: 1, height: 28, width: 28)
        let whole = Array(try #require(try Architecture.builtIn("cnn", input: shape, classes: 10)).json().utf8)
        var read = 0
        for _ in 0..<1000 {
            do {
                try Self.examine(Architecture(json: whole.damaged(&numbers, signs: Self.signs)))
                read += 1
            } catch is ArchitectureError {}
        }
        #expect((1..<900).contains(read), "both ways were gone")
    }

    /// What `registry architecture show` does with it.
    private static func examine(_ architecture: Architecture) throws {
        #expect(architecture.summary().allSatisfy { $0.parameters >= 0 && $0.multiplyAdds >= 0 })
        #expect((2...32_768).contains(architecture.classes))
        #expect(try Architecture(json: Array(architecture.json().utf8)) == architecture)
        let samples = SampleCounts(training: 60_000, test: 10_000, shape: architecture.input)
        #expect(architecture.trainingMemory(TrainingConfiguration(), samples: samples).total > 0)
    }

    /// - Parameter size: Any size of a layer.
    private static func layers(_ random: inout RandomStream, size: (inout RandomStream) -> Int) -> [Layer] {
        var layers: [Layer] = []
        var isFlat = false
        for _ in 0..<random.next(below: 7) {
            switch random.next(below: 12) {
            case 0 where !isFlat:
                layers.append(
                    .convolution(
                        outputs: size(&random), kernel: size(&random), stride: size(&random),
                        padding: size(&random) - 1))
            case 1 where !isFlat: layers.append(.maximumPooling(size: size(&random), stride: size(&random)))
            case 2 where !isFlat: layers.append(.averagePooling(size: size(&random), stride: size(&random)))
            case 3 where !isFlat: layers.append(.localResponseNormalization(size: size(&random)))
            case 4:
                layers.append(.flatten)
                isFlat = true
            case 5 where isFlat: layers.append(.dense(outputs: size(&random)))
            case 6: layers.append(.dropout(rate: Double(random.nextUnit())))
            case 7: layers.append(.batchNormalization(momentum: Double(random.nextUnit())))
            case 8: layers.append(.leakyReLU(slope: Double(random.nextUnit())))
            case 9: layers.append(.relu)
            case 10: layers.append(.tanh)
            default: layers.append(.sigmoid)
            }
        }
        return layers + (isFlat ? [] : [.flatten]) + [.dense(outputs: size(&random) + 1)]
    }

    @Test("2,000 networks of random layers of any size: refused, or with a table of layers and a need of memory")
    func architectures() throws {
        var random = RandomStream(seed: 3, name: "networks")
        let sizes = [1, 2, 3, 5, 7, 64, 1000, 65_535, 65_536, 65_537, 1 << 31, 1 << 62, .max, 0, -1, .min + 1]
        func size(_ random: inout RandomStream) -> Int {
            // Small ones twice out of three times, else nothing would ever fit.
            let bound = random.next(below: 3) == 0 ? sizes.count : 5
            return sizes[Int(random.next(below: UInt32(bound)))]
        }
        var made = 0
        for _ in 0..<2000 {
            let input = ImageShape(channels: size(&random), height: size(&random), width: size(&random))
            var layers = Self.layers(&random) { min(size(&$0), .max - 1) }
            if random.next(below: 8) == 0 { layers.shuffle(by: &random) }
            do {
                try Self.examine(Architecture(name: "random", input: input, layers: layers))
                made += 1
            } catch is ArchitectureError {}
        }
        #expect((100..<1900).contains(made), "both ways were gone")
    }

    @Test("250 networks of random layers are trained: the same weights to the bit with one thread and with three")
    func trainings() throws {
        var random = RandomStream(seed: 4, name: "trainings")
        var trained = 0
        while trained < 250 {
            let input = ImageShape(
                channels: 1 + Int(random.next(below: 3)), height: 1 + Int(random.next(below: 9)),
                width: 1 + Int(random.next(below: 9)))
            let layers = Self.layers(&random) { 1 + Int($0.next(below: 4)) }
            guard let architecture = try? Architecture(name: "random", input: input, layers: layers) else { continue }
            let images = try LabeledImages(
                shape: input, pixels: (0..<7 * input.count).map { _ in UInt8(random.next(below: 256)) },
                labels: (0..<7).map { _ in UInt16(random.next(below: UInt32(architecture.classes))) },
                classes: architecture.classes)
            var configuration = TrainingConfiguration()
            configuration.epochs = 2
            configuration.batchSize = 1 + Int(random.next(below: 9))
            configuration.optimizer = Optimizer.allCases[Int(random.next(below: 3))]
            configuration.augmentation.shift = Int(random.next(below: 3))
            configuration.augmentation.rotation = Double(random.next(below: 3)) * 45
            configuration.labelSmoothing = Double(random.next(below: 2)) / 10
            var weights: [[Tensor]] = []
            do {
                for threads in [1, 3] {
                    let network = try Network(architecture, seed: 5)
                    let loop = try TrainingLoop(
                        network: network, images: images, configuration: configuration, threads: threads)
                    for epoch in 1...2 { _ = try #require(loop.trainEpoch(epoch)) }
                    #expect(try loop.evaluate(images).losses.count == 7)
                    weights.append(network.tensors())
                }
            } catch TrainingError.singleValue {
                continue
            }
            let counts = weights[0].map(\.values.count)
            #expect(counts.reduce(0, +) >= architecture.parameterCount)
            let bits = weights.map { $0.map { $0.values.map(\.bitPattern) } }
            #expect(bits[0] == bits[1], "\(layers) on \(input)")
            trained += 1
        }
    }
}

extension Array {
    fileprivate mutating func shuffle(by random: inout RandomStream) {
        for index in indices.dropFirst() { swapAt(index, Int(random.next(below: UInt32(index + 1)))) }
    }
}
