import Foundation
import Samples
import Testing

@testable import NeuralNetwork

/// What every change of the layers must leave as it is: architectures are told apart by the text that runs store.
@Suite("The stored text of architectures")
struct StoredArchitectureTests {
    private static let digits = ImageShape(channels: 1, height: 28, width: 28)

    /// A layer of every kind, some with their defaults and some without.
    static func everyLayer() throws -> Architecture {
        try Architecture(
            name: "every layer", input: ImageShape(channels: 2, height: 25, width: 31),
            layers: [
                .convolution(outputs: 7, kernel: 4, stride: 2, padding: 1), .batchNormalization(),
                .leakyReLU(), .maximumPooling(size: 3, stride: 2), .convolution(outputs: 6, kernel: 2), .relu,
                .localResponseNormalization(size: 5), .averagePooling(size: 2, stride: 1),
                .localResponseNormalization(size: 3, alpha: 0.1, beta: 0.5, k: 2), .dropout(rate: 0.2), .tanh,
                .flatten, .dense(outputs: 33), .batchNormalization(epsilon: 0.001, momentum: 0.25), .sigmoid,
                .leakyReLU(slope: 0.3), .dropout(rate: 0), .dense(outputs: 10),
            ], resizesImages: true)
    }

    private static func text(_ name: String) throws -> [UInt8] {
        let url = try #require(
            Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "architectures"))
        return Array(try Data(contentsOf: url))
    }

    @Test(
        "is the same to the byte, and gives the same architecture",
        arguments: Architecture.builtInNames + ["every-layer"])
    func bytes(name: String) throws {
        let architecture = try Architecture.builtIn(name, input: Self.digits, classes: 10) ?? Self.everyLayer()
        // As a run's configuration is written.
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = Array(try encoder.encode(architecture))
        #expect(String(decoding: text, as: UTF8.self) == String(decoding: try Self.text(name), as: UTF8.self))
        #expect(try Architecture(json: try Self.text(name)) == architecture)
        #expect(try Architecture(json: Array(architecture.json().utf8)) == architecture)
    }

    @Test("the network of every layer has a layer of every kind that JSON knows")
    func everyKind() throws {
        let types = Set(try Self.everyLayer().layers.map(\.typeName))
        #expect(types == Set(Layer.kinds.map { $0.typeName }))
        #expect(types.count == Layer.kinds.count)
    }

    @Test(
        "settings that are left out have PyTorch's defaults",
        arguments: [
            (
                #"{"type": "conv2d", "outputs": 3, "kernel": 2}"#,
                .convolution(outputs: 3, kernel: 2, stride: 1, padding: 0)
            ),
            (#"{"type": "max_pool2d", "size": 3}"#, .maximumPooling(size: 3, stride: 3)),
            (#"{"type": "avg_pool2d", "size": 2}"#, .averagePooling(size: 2, stride: 2)),
            (#"{"type": "batch_norm"}"#, .batchNormalization(epsilon: 1e-5, momentum: 0.1)),
            (#"{"type": "batch_norm", "momentum": 0.5}"#, .batchNormalization(epsilon: 1e-5, momentum: 0.5)),
            (
                #"{"type": "local_response_norm", "size": 5}"#,
                .localResponseNormalization(size: 5, alpha: 1e-4, beta: 0.75, k: 1)
            ),
            (#"{"type": "leaky_relu"}"#, .leakyReLU(slope: 0.01)),
            // Null is left out too.
            (#"{"type": "leaky_relu", "slope": null}"#, .leakyReLU(slope: 0.01)),
        ] as [(String, Layer)])
    func defaults(json: String, layer: Layer) throws {
        #expect(try JSONDecoder().decode(Layer.self, from: Data(json.utf8)) == layer)
    }
}
