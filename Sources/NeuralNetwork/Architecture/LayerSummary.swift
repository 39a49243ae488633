/// A row of the layer table.
public struct LayerSummary: Hashable, Sendable {
    /// The start of its weights' names, or its type where it has none.
    public let name: String
    public let type: String
    /// channels × height × width, or the number of features.
    public let output: String
    /// Trainable numbers.
    public let parameters: Int
    /// Multiplications with addition for one sample, forward.
    public let multiplyAdds: Int
}

extension Architecture {
    /// A row a layer. Nothing is allocated.
    public func summary() -> [LayerSummary] {
        guard let shapes = try? shapes() else { return [] }
        let names = weightNames()
        var input = LayerShape.image(self.input)
        return zip(layers, shapes).enumerated().map { index, pair in
            let (layer, output) = pair
            defer { input = output }
            let weights = layer.weightShapes(for: input).map { $0.reduce(1, *) }
            let positions = output.count / max(weights.last ?? 1, 1)
            return LayerSummary(
                name: names[index] ?? layer.typeName, type: layer.typeName, output: output.description,
                parameters: weights.reduce(0, +), multiplyAdds: (weights.first ?? 0) * positions)
        }
    }

    /// Names of the layers with weights, as is usual with PyTorch: `conv1`, `conv2`, `fc1`, …
    func weightNames() -> [String?] {
        var counts: [String: Int] = [:]
        return layers.map { layer in
            layer.weightsPrefix.map { prefix in
                counts[prefix, default: 0] += 1
                return "\(prefix)\(counts[prefix, default: 0])"
            }
        }
    }
}

extension Layer {
    /// The shapes of weight and bias as PyTorch has them; empty for layers without.
    func weightShapes(for input: LayerShape) -> [[Int]] {
        switch (self, input) {
        case (.convolution(let outputs, let kernel, _, _), .image(let image)):
            [[outputs, image.channels, kernel, kernel], [outputs]]
        case (.dense(let outputs), _): [[outputs, input.count], [outputs]]
        default: []
        }
    }
}
