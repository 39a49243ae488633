/// A row of the layer table.
public struct LayerSummary: Hashable, Sendable {
    /// The start of its weights' names, or its type where it has none.
    public let name: String
    public let type: String
    /// channels, height and width, or the number of features.
    public let output: [Int]
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
            let weights = layer.weightShapes(for: input).filter(\.isTrainable)
            // Every weight of a linear layer is used once at each position of the output.
            let uses = layer.isLinear ? output.count / output.channels : 0
            return LayerSummary(
                name: names[index] ?? layer.typeName, type: layer.typeName, output: output.sizes,
                parameters: weights.reduce(0) { $0 + $1.count }, multiplyAdds: (weights.first?.count ?? 0) * uses)
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

/// One tensor of a layer.
struct WeightShape: Hashable {
    /// The end of its name: `weight`, `bias`, `running_mean` or `running_var`.
    let kind: String
    /// As PyTorch has it.
    let shape: [Int]
    /// Whether steps of the optimiser change it.
    let isTrainable: Bool

    init(_ kind: String, _ shape: [Int], isTrainable: Bool = true) {
        self.kind = kind
        self.shape = shape
        self.isTrainable = isTrainable
    }

    /// Numbers in it.
    var count: Int { shape.reduce(1, *) }
}

extension Layer {
    /// Its tensors, in PyTorch's order; empty for layers without.
    func weightShapes(for input: LayerShape) -> [WeightShape] {
        switch (self, input) {
        case (.convolution(let outputs, let kernel, _, _), .image(let image)):
            [WeightShape("weight", [outputs, image.channels, kernel, kernel]), WeightShape("bias", [outputs])]
        case (.dense(let outputs), _):
            [WeightShape("weight", [outputs, input.count]), WeightShape("bias", [outputs])]
        case (.batchNormalization, _):
            [
                WeightShape("weight", [input.channels]), WeightShape("bias", [input.channels]),
                WeightShape("running_mean", [input.channels], isTrainable: false),
                WeightShape("running_var", [input.channels], isTrainable: false),
            ]
        default: []
        }
    }
}
