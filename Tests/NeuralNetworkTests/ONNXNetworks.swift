import Foundation
import Testing

@testable import NeuralNetwork

/// ONNX files that tests make, with this program's writer or byte by byte.
enum ONNXNetworks {
    /// A graph as a file.
    static func file(_ graph: ONNXGraph, operatorSet: Int = 18) -> [UInt8] {
        file(graph.message(), operatorSet: operatorSet)
    }

    static func file(_ graph: ProtobufMessage, operatorSet: Int = 18) -> [UInt8] {
        var operators = ProtobufMessage()
        operators.add(2, operatorSet)
        var model = ProtobufMessage()
        model.add(1, 8)
        model.add(7, graph)
        model.add(8, operators)
        return model.bytes
    }

    /// A network of images of 2 × 6 × 6: the operators of `layers`, then logits of three classes.
    ///
    /// - Parameter layers: From the name of the images to the name of what was made of them.
    static func network(
        operatorSet: Int = 18, batch: ONNXGraph.Dimension = .any("N"),
        _ layers: (inout ONNXGraph, String) throws -> String
    ) rethrows -> [UInt8] {
        var graph = ONNXGraph(name: "network")
        graph.input("x", .float, [batch, .exactly(2), .exactly(6), .exactly(6)])
        let last = try layers(&graph, "x")
        graph.output(last, .float, [batch, .exactly(3)])
        return file(graph, operatorSet: operatorSet)
    }

    /// Ends a network of 2 × 6 × 6 features.
    static func logits(_ graph: inout ONNXGraph, _ input: String, features: Int = 72) -> String {
        graph.tensor(tensor("w", [3, features]))
        return graph.node("Gemm", [graph.node("Flatten", [input]), "w"], [.integer("transB", 1)])
    }

    /// 0, 1, 2 … as far as the shape goes.
    static func tensor(_ name: String, _ shape: [Int]) -> Tensor {
        Tensor(name: name, shape: shape, values: (0..<shape.reduce(1, *)).map(Float.init))
    }

    static func resource(_ name: String, _ type: String) throws -> Data {
        try Data(
            contentsOf: #require(Bundle.module.url(forResource: name, withExtension: type, subdirectory: "onnx")))
    }
}
