import Crypto
import Foundation
import Samples
import Testing

@testable import NeuralNetwork

@Suite("Networks from ONNX files")
struct ForeignNetworkTests {
    private static let digits = ImageShape(channels: 1, height: 28, width: 28)
    private static let colours = ImageShape(channels: 3, height: 32, width: 32)

    private static func digest(_ network: Network) throws -> String {
        SHA256.hash(data: try network.encodedWeights()).map { String($0, radix: 16) }.joined()
    }

    @Test(
        "what was exported is read back: the same architecture, the same weights to the bit, the same standardisation",
        arguments: Architecture.builtInNames.filter { $0 != "vgg16" } + ["every layer"])
    func roundTrip(name: String) throws {
        for (images, standardization) in [
            (Self.digits, Standardization(mean: 0.130_660_476_2, standardDeviation: 0.308_107_8)),
            (Self.digits, nil),
            (
                Self.colours,
                Standardization(means: [0.4914, 0.4822, 0.4465], standardDeviations: [0.247, 0.2435, 0.2616])
            ),
        ] {
            // The large ones once: hundreds of megabytes.
            if ["alexnet", "vgg16"].contains(name), standardization == nil || images == Self.colours { continue }
            let architecture =
                try Architecture.builtIn(name, input: images, classes: 10) ?? StoredArchitectureTests.everyLayer()
            guard architecture.accepts(images) else { continue }
            let network = try Network(architecture, seed: 7)
            let file = try ONNXModel.encode(
                network, images: images, standardization: standardization, producerVersion: "1")
            let read = try ForeignNetwork(onnx: file)
            #expect(read.architecture == architecture)
            #expect(read.images == images)
            #expect(try Self.digest(Network(read.architecture, weights: read.weights)) == Self.digest(network))
            guard let standardization else {
                #expect(read.scale == .zeroToOne)
                continue
            }
            guard case .standardized(let found) = read.scale else {
                Issue.record("no standardisation")
                continue
            }
            #expect(found.means.count == standardization.means.count)
            for channel in found.means.indices {
                // What the network is given is the same to the bit.
                #expect(found.scale(ofChannel: channel) == standardization.scale(ofChannel: channel))
                #expect(found.offset(ofChannel: channel) == standardization.offset(ofChannel: channel))
                #expect(abs(found.means[channel] - standardization.means[channel]) < 1e-7)
            }
        }
    }

    private struct Expected: Decodable {
        let pixels: [UInt8]
        /// As ONNX Runtime computes them; image × class.
        let probabilities: [Float]
    }

    @Test(
        "files of other programs classify as ONNX Runtime does",
        arguments: [
            (
                "lenet", .left,
                [
                    .convolution(outputs: 4, kernel: 5, padding: 2), .relu, .maximumPooling(size: 2, stride: 2),
                    .convolution(outputs: 6, kernel: 3), .tanh, .averagePooling(size: 2, stride: 2), .flatten,
                    .dense(outputs: 16), .sigmoid, .dense(outputs: 10),
                ]
            ),
            (
                "convolutions",
                .standardized(
                    Standardization(means: [0.485, 0.456, 0.406], standardDeviations: [0.229, 0.224, 0.225])),
                [
                    .convolution(outputs: 5, kernel: 3, stride: 2), .batchNormalization(epsilon: 0.001, momentum: 0.01),
                    .leakyReLU(slope: 0.2), .localResponseNormalization(size: 3, alpha: 0.05, beta: 0.6, k: 2),
                    .convolution(outputs: 7, kernel: 3, padding: 1), .dropout(rate: 0.25),
                    .averagePooling(size: 5, stride: 5), .flatten, .dense(outputs: 4),
                ]
            ),
            (
                "perceptron", .left,
                [
                    .flatten, .dense(outputs: 16), .dropout(rate: 0.1), .tanh, .dense(outputs: 16), .relu,
                    .dense(outputs: 16),
                ]
            ),
        ] as [(String, ForeignNetwork.Scale, [Layer])])
    func others(name: String, scale: ForeignNetwork.Scale, layers: [Layer]) throws {
        let read = try ForeignNetwork(onnx: [UInt8](ONNXNetworks.resource(name, "onnx")))
        #expect(read.architecture == (try Architecture(name: name, input: read.images, layers: layers)))
        var configuration = TrainingConfiguration()
        switch (read.scale, scale) {
        case (.standardized(let found), .standardized(let expected)):
            configuration.standardization = found
            for (a, b) in zip(
                found.means + found.standardDeviations, expected.means + expected.standardDeviations)
            {
                #expect(abs(a - b) < 1e-7)
            }
        default: #expect(read.scale == scale)
        }
        let expected = try JSONDecoder().decode(Expected.self, from: ONNXNetworks.resource(name, "json"))
        let count = expected.pixels.count / read.images.count
        let images = try LabeledImages(
            shape: read.images, pixels: expected.pixels, labels: [UInt16](repeating: 0, count: count),
            classes: read.architecture.classes)
        let network = try Network(read.architecture, weights: read.weights)
        let found = try Evaluator(network, configuration: configuration, engine: .fastest)(images)
        #expect(found.probabilities.count == expected.probabilities.count)
        for (own, theirs) in zip(found.probabilities, expected.probabilities) { #expect(abs(own - theirs) < 1e-5) }
    }

    @Test("numbers of all types and in all places are read as 32 bits, to the bit")
    func numbers() throws {
        func read(_ tensor: ProtobufMessage) throws -> [Float] { try ONNXTensor(message: tensor.bytes[...]).floats() }
        func message(_ type: Int, _ fill: (inout ProtobufMessage) -> Void) -> ProtobufMessage {
            var tensor = ProtobufMessage()
            tensor.add(1, 3)
            tensor.add(2, type)
            fill(&tensor)
            return tensor
        }
        func bytes<Number>(_ numbers: [Number]) -> [UInt8] { numbers.withUnsafeBytes { Array($0) } }
        func variableLength(_ numbers: [Int]) -> [UInt8] {
            // Numbers below 2¹⁴.
            numbers.flatMap { $0 < 128 ? [UInt8($0)] : [UInt8($0 & 127) | 128, UInt8($0 >> 7)] }
        }
        let floats: [Float] = [1.5, -0, .leastNonzeroMagnitude]
        #expect(try read(message(1) { $0.add(9, bytes(floats)) }).map(\.bitPattern) == floats.map(\.bitPattern))
        // float_data packed, and one by one.
        #expect(try read(message(1) { $0.add(4, bytes(floats)) }) == floats)
        #expect(try read(message(1) { for value in floats { $0.add(4, value) } }) == floats)
        // numpy: float32(float64) of a tie, of a number beyond 32 bits' precision, and of one that becomes zero.
        let doubles = [1 + 0x1p-24, 0.1, 1e-60]
        #expect(try read(message(11) { $0.add(9, bytes(doubles)) }).map(\.bitPattern) == [0x3F80_0000, 0x3DCC_CCCD, 0])
        #expect(
            try read(message(11) { $0.add(10, bytes(doubles)) }).map(\.bitPattern) == [0x3F80_0000, 0x3DCC_CCCD, 0])
        // Half: 1, the smallest, 0.333251953125; in raw_data and as int32_data.
        let halves = [0x3C00, 0x0001, 0x3555]
        let expected: [UInt32] = [0x3F80_0000, 0x3380_0000, 0x3EAA_A000]
        #expect(try read(message(10) { $0.add(9, bytes(halves.map(UInt16.init))) }).map(\.bitPattern) == expected)
        #expect(try read(message(10) { $0.add(5, variableLength(halves)) }).map(\.bitPattern) == expected)
        #expect(try read(message(10) { for half in halves { $0.add(5, half) } }).map(\.bitPattern) == expected)
        #expect(
            try read(message(16) { $0.add(9, bytes([0x3F80, 0xC000, 1] as [UInt16])) }).map(\.bitPattern)
                == [0x3F80_0000, 0xC000_0000, 0x0001_0000])
    }

    @Test("weights of either orientation, and a bias that is added, become those of PyTorch's layout")
    func orientations() throws {
        let file = ONNXNetworks.network { graph, input in
            graph.tensor(ONNXNetworks.tensor("w", [72, 3]))
            graph.tensor(ONNXNetworks.tensor("b", [1, 3]))
            return graph.node("Add", ["b", graph.node("MatMul", [graph.node("Flatten", [input]), "w"])])
        }
        let weights = try ForeignNetwork(onnx: file).weights
        #expect(weights.map(\.name) == ["fc1.weight", "fc1.bias"])
        #expect(weights.map(\.shape) == [[3, 72], [3]])
        // Row 1 of the transposed is column 1: 1, 4, 7, …
        #expect(weights[0].values[72..<75] == [1, 4, 7])
        #expect(weights[1].values == [0, 1, 2])
    }

    @Test(
        "images that the file scales itself become a standardisation",
        arguments: [
            ([("Div", 255)], .left, .standardized(Standardization(mean: 0, standardDeviation: 255))),
            ([("Sub", 0.5), ("Div", 0.25)], .left, .standardized(Standardization(mean: 0.5, standardDeviation: 0.25))),
            ([("Mul", 2), ("Add", -1)], .left, .standardized(Standardization(mean: 0.5, standardDeviation: 0.5))),
            ([("Mul", 1)], .left, .zeroToOne),
            ([], .left, .left),
            ([("Div", 255)], .zeroToOne, .zeroToOne),
            ([], .zeroToOne, .standardized(Standardization(mean: 0, standardDeviation: 1 / 255))),
            (
                [("Sub", 127.5), ("Div", 127.5)], .zeroToOne,
                .standardized(Standardization(mean: 0.5, standardDeviation: 0.5))
            ),
        ] as [([(String, Float)], ForeignNetwork.Scale, ForeignNetwork.Scale)])
    func scales(operators: [(String, Float)], input: ForeignNetwork.Scale, expected: ForeignNetwork.Scale) throws {
        var graph = ONNXGraph(name: "scaled")
        let isByte = input == .zeroToOne
        graph.input("x", isByte ? .uint8 : .float, [.any("N"), .exactly(2), .exactly(6), .exactly(6)])
        var current = isByte ? graph.node("Cast", ["x"], [.integer("to", 1)]) : "x"
        for (index, (type, value)) in operators.enumerated() {
            graph.scalar("c\(index)", value)
            current = graph.node(type, [current, "c\(index)"])
        }
        graph.output(ONNXNetworks.logits(&graph, current), .float, [.any("N"), .exactly(3)])
        #expect(try ForeignNetwork(onnx: ONNXNetworks.file(graph)).scale == expected)
    }

    @Test("a fixed number of images, and shapes that name it, are read")
    func fixedBatch() throws {
        for (shape, batch) in [
            ([-1, 72], .any("N")), ([0, -1], .any("N")), ([4, -1], .exactly(4)), ([4, 72], .exactly(4)),
        ] as [([Int], ONNXGraph.Dimension)] {
            let file = ONNXNetworks.network(batch: batch) { graph, input in
                graph.integers("shape", shape)
                graph.tensor(ONNXNetworks.tensor("w", [3, 72]))
                return graph.node("Gemm", [graph.node("Reshape", [input, "shape"]), "w"], [.integer("transB", 1)])
            }
            #expect(try ForeignNetwork(onnx: file).architecture.layers == [.flatten, .dense(outputs: 3)])
        }
    }
}
