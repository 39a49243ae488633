import Samples

/// A network in the format of the Open Neural Network Exchange, operator set 18, ready to classify: it takes images as
/// bytes and standardises (and resizes) them itself.
///
/// Input: `images`, uint8 [batch, channels, height, width]. Outputs: `logits` and `probabilities`, float32
/// [batch, classes]. Weights are named as in PyTorch's `state_dict`.
///
/// - Source: ONNX, “onnx.proto” of IR version 8, and “Operator schemas”.
package enum ONNXModel {
    /// The version of the operators that is written.
    package static let operatorSet = 18

    /// - Parameters:
    ///   - images: The shape of the images that it will be given.
    ///   - standardization: As in the training; `nil` when intensities were only scaled to 0…1.
    ///   - metadata: Kept in the file under these keys.
    /// - Throws: `ONNXError` for a layer that ONNX defines differently, `TrainingError` for images that the network does
    ///   not take.
    package static func encode(
        _ network: Network, images: ImageShape, standardization: Standardization?, producerVersion: String,
        metadata: [(key: String, value: String)] = []
    ) throws -> [UInt8] {
        let input = network.architecture.input
        guard network.architecture.accepts(images) else {
            throw TrainingError.imageShape(found: images, needed: input)
        }
        var graph = ONNXGraph(name: network.architecture.name)
        graph.input(
            "images", .uint8,
            [.any("batch"), .exactly(images.channels), .exactly(images.height), .exactly(images.width)])
        var current = graph.node("Cast", ["images"], [.integer("to", ONNXGraph.ElementType.float.rawValue)])
        if images != input { current = graph.fit(current, images, to: input) }
        let standardization = standardization ?? .none
        try network.architecture.check(standardization)
        let channels = Array(standardization.means.indices)
        graph.channels("standardization.scale", channels.map { standardization.scale(ofChannel: $0) })
        graph.channels("standardization.offset", channels.map { standardization.offset(ofChannel: $0) })
        current = graph.node("Mul", [current, "standardization.scale"])
        current = graph.node("Add", [current, "standardization.offset"])
        for (index, layer) in network.architecture.layers.enumerated() {
            for parameter in network.parametersOfLayer[index] { graph.tensor(parameter.tensor(of: parameter.values)) }
            current = try graph.layer(layer, number: index + 1, current, network.parametersOfLayer[index].map(\.name))
        }
        let classes = [ONNXGraph.Dimension.any("batch"), .exactly(network.architecture.classes)]
        graph.output(graph.node("Identity", [current], output: "logits"), .float, classes)
        graph.output(
            graph.node("Softmax", ["logits"], [.integer("axis", 1)], output: "probabilities"), .float, classes)

        var operators = ProtobufMessage()
        operators.add(ONNXField.OperatorSet.domain, "")
        operators.add(ONNXField.OperatorSet.version, operatorSet)
        var model = ProtobufMessage()
        model.add(ONNXField.Model.irVersion, 8)
        model.add(ONNXField.Model.producer, "registry")
        model.add(ONNXField.Model.producerVersion, producerVersion)
        model.add(ONNXField.Model.graph, graph.message())
        model.add(ONNXField.Model.operatorSet, operators)
        for (key, value) in metadata {
            var entry = ProtobufMessage()
            entry.add(ONNXField.Entry.key, key)
            entry.add(ONNXField.Entry.value, value)
            model.add(ONNXField.Model.metadata, entry)
        }
        return model.bytes
    }
}

/// Why a network can't be written as ONNX.
package struct ONNXError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
}

extension ONNXGraph {
    /// Adds what a layer does when it classifies.
    ///
    /// - Returns: The name of its output.
    fileprivate mutating func layer(
        _ layer: Layer, number: Int, _ input: String, _ weights: [String]
    ) throws -> String {
        switch layer {
        case .convolution(let convolution):
            let (kernel, stride, padding) = (convolution.kernel, convolution.stride, convolution.padding)
            return node(
                "Conv", [input] + weights,
                [
                    .integers("kernel_shape", [kernel, kernel]), .integers("strides", [stride, stride]),
                    .integers("pads", [padding, padding, padding, padding]),
                ])
        case .maximumPooling(let pooling):
            return node(
                "MaxPool", [input],
                [
                    .integers("kernel_shape", [pooling.size, pooling.size]),
                    .integers("strides", [pooling.stride, pooling.stride]),
                ])
        case .averagePooling(let pooling):
            return node(
                "AveragePool", [input],
                [
                    .integers("kernel_shape", [pooling.size, pooling.size]),
                    .integers("strides", [pooling.stride, pooling.stride]),
                ])
        case .flatten: return node("Flatten", [input], [.integer("axis", 1)])
        case .dense: return node("Gemm", [input] + weights, [.integer("transB", 1)])
        case .dropout(let dropout):
            // It does nothing when the network classifies; whoever trains it further finds the rate.
            scalar("dropout\(number).ratio", Float(dropout.rate))
            return node("Dropout", [input, "dropout\(number).ratio"])
        case .batchNormalization(let normalization):
            return node(
                "BatchNormalization", [input] + weights,
                [
                    .float("epsilon", Float(normalization.epsilon)),
                    .float("momentum", Float(1 - normalization.momentum)),
                ])
        case .localResponseNormalization(let normalization):
            guard normalization.size % 2 == 1 else {
                throw ONNXError(
                    description: "Layer \(number) (\(layer.typeName)) of size \(normalization.size) can't be written: "
                        + "for even sizes ONNX takes other neighbours than PyTorch and this program.")
            }
            return node(
                "LRN", [input],
                [
                    .integer("size", normalization.size), .float("alpha", Float(normalization.alpha)),
                    .float("beta", Float(normalization.beta)),
                    .float("bias", Float(normalization.k)),
                ])
        case .relu: return node("Relu", [input])
        case .leakyReLU(let function):
            return node("LeakyRelu", [input], [.float("alpha", Float(function.slope))])
        case .sigmoid: return node("Sigmoid", [input])
        case .tanh: return node("Tanh", [input])
        }
    }

    /// Resizes images as `ImageFitting` does, to whole intensities, and repeats grey in all channels.
    fileprivate mutating func fit(_ images: String, _ source: ImageShape, to target: ImageShape) -> String {
        var current = images
        if (source.height, source.width) != (target.height, target.width) {
            integers("resize.sizes", [target.height, target.width])
            scalar("resize.half", 0.5)
            current = node(
                "Resize", [current, "", "", "resize.sizes"],
                [
                    .string("mode", "linear"), .string("coordinate_transformation_mode", "half_pixel"),
                    .integers("axes", [2, 3]),
                ])
            current = node("Floor", [node("Add", [current, "resize.half"])])
        }
        guard source.channels != target.channels else { return current }
        return node("Concat", [String](repeating: current, count: target.channels), [.integer("axis", 1)])
    }
}
