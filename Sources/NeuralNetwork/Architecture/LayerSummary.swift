/// A row of the layer table.
package struct LayerSummary: Hashable, Sendable {
    /// The start of its weights' names, or its type where it has none.
    package let name: String
    package let type: String
    /// channels, height and width, or the number of features.
    package let output: [Int]
    /// Trainable numbers.
    package let parameters: Int
    /// Multiplications with addition for one sample, forward.
    package let multiplyAdds: Int
}

extension Architecture {
    /// One row per layer. Nothing is allocated.
    package func summary() -> [LayerSummary] {
        guard let shapes = try? shapes() else { return [] }
        let names = weightNames()
        var input = LayerShape.image(self.input)
        return zip(layers, shapes).enumerated().map { index, pair in
            let (layer, output) = pair
            defer { input = output }
            let weights = layer.kind.weightShapes(for: input).filter(\.isTrainable)
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
            type(of: layer.kind).weightsPrefix.map { prefix in
                counts[prefix, default: 0] += 1
                return "\(prefix)\(counts[prefix, default: 0])"
            }
        }
    }
}
