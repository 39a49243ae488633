/// A network: an architecture and its weights.
package final class Network {
    package let architecture: Architecture
    /// In the order of the layers, and in each layer in PyTorch's order.
    let parameters: [Parameter]
    /// Those of each layer.
    let parametersOfLayer: [[Parameter]]

    private init(_ architecture: Architecture, layers: [[Parameter]]) {
        self.architecture = architecture
        parametersOfLayer = layers
        parameters = layers.flatMap { $0 }
    }

    /// A network to be trained, with random weights.
    ///
    /// Each tensor has a random stream of its own, so that a change of one layer leaves the others' first weights as they
    /// were.
    package convenience init(
        _ architecture: Architecture, seed: UInt64, initialization: Initialization = .uniformFanIn, engine: Engine
    ) throws {
        let tensors = try architecture.tensorShapes()
        let layers = zip(architecture.layers, tensors).map { layer, tensors in
            tensors.map { tensor in
                let parameter = Parameter(tensor)
                if layer.isLinear {
                    let bounds = initialization.bounds(weight: tensors[0].weight.shape)
                    parameter.fill(
                        with: RandomStream(seed: seed, name: "initialisation \(tensor.name)"),
                        bound: tensor.weight.kind == "weight" ? bounds.weight : bounds.bias, kernels: engine.kernels)
                } else if tensor.weight.kind == "weight" || tensor.weight.kind == "running_var" {
                    parameter.set([Float](repeating: 1, count: parameter.count))
                }
                return parameter
            }
        }
        self.init(architecture, layers: layers)
    }

    /// A network with weights that are there, without a random number.
    ///
    /// - Parameter weights: Named and laid out as `tensors()`. PyTorch's counters of batches (`num_batches_tracked`) are
    ///   ignored: nothing is computed from them.
    /// - Throws: `WeightsError` when a tensor is missing, superfluous, or of another shape.
    package convenience init(_ architecture: Architecture, weights: [Tensor]) throws {
        let named = try architecture.check(weights)
        let layers = try architecture.tensorShapes().map { tensors in
            tensors.map { tensor in
                let parameter = Parameter(tensor)
                parameter.set(named[tensor.name]?.values ?? [])
                return parameter
            }
        }
        self.init(architecture, layers: layers)
    }

    /// All weights, named and laid out as in PyTorch's `state_dict`.
    package func tensors() -> [Tensor] { parameters.map { $0.tensor(of: $0.values) } }
}

/// A tensor of a network before it is allocated.
struct TensorShape {
    /// E.g. `conv1.weight`.
    let name: String
    let weight: WeightShape
}

extension Architecture {
    /// The tensors of each layer, in PyTorch's order.
    func tensorShapes() throws -> [[TensorShape]] {
        let names = weightNames()
        var input = LayerShape.image(self.input)
        return zip(layers, try shapes()).enumerated().map { index, pair in
            defer { input = pair.1 }
            return pair.0.kind.weightShapes(for: input).map { weight in
                TensorShape(name: "\(names[index] ?? "").\(weight.kind)", weight: weight)
            }
        }
    }

    /// Whether weights fit, before a network is allocated.
    ///
    /// - Returns: The weights by name.
    /// - Throws: `WeightsError`, as `Network(_:weights:)`.
    @discardableResult
    package func check(_ weights: [Tensor]) throws -> [String: Tensor] {
        let named = Dictionary(weights.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let needed = try tensorShapes().flatMap { $0 }
        let known = Set(needed.map(\.name))
        let missing = needed.map(\.name).filter { named[$0] == nil }
        let superfluous = weights.filter { !known.contains($0.name) && !$0.isCounterOfBatches }.map(\.name)
        guard missing.isEmpty, superfluous.isEmpty else {
            throw WeightsError.names(missing: missing, superfluous: superfluous, needed: needed.count)
        }
        for (name, weight) in needed.map({ ($0.name, $0.weight) }) {
            guard let tensor = named[name] else { continue }
            guard tensor.shape == weight.shape else {
                throw WeightsError.shape(name, found: tensor.shape, needed: weight.shape)
            }
            guard tensor.values.count == weight.count else {
                throw WeightsError.count(name, found: tensor.values.count, needed: weight.count)
            }
        }
        return named
    }
}

/// Why weights do not fit a network.
package enum WeightsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Tensors that the network needs, of `needed`, and those that it does not have.
    case names(missing: [String], superfluous: [String], needed: Int)
    case doubled(String)
    case shape(String, found: [Int], needed: [Int])
    case count(String, found: Int, needed: Int)
    case notFinite(String, Float)
    case negativeVariance(String, Float)

    package var description: String {
        switch self {
        case .names(let missing, let superfluous, let needed): Self.describe(missing, superfluous, needed: needed)
        case .doubled(let name):
            "Two of the weights' tensors are called “\(name)” without the parts that PyTorch's wrappers add."
        case .shape(let name, let found, let needed):
            "The tensor “\(name)” has the shape \(found), the network needs \(needed)."
        case .count(let name, let found, let needed):
            "The tensor “\(name)” has \(found) numbers, the network needs \(needed)."
        case .notFinite(let name, let value):
            "The tensor “\(name)” has a number that is not finite (\(value)): nothing can be learned from there."
        case .negativeVariance(let name, let value): "The tensor “\(name)” has the variance \(value), below zero."
        }
    }

    private static func describe(_ missing: [String], _ superfluous: [String], needed: Int) -> String {
        var sentences: [String] = []
        if !missing.isEmpty {
            sentences.append(
                "The weights lack \(missing.count) of the \(needed) tensors that the network needs: \(list(missing)).")
        }
        if !superfluous.isEmpty {
            sentences.append(
                "\(missing.isEmpty ? "The weights" : "They") have \(superfluous.count) that it does not have: "
                    + "\(list(superfluous)).")
        }
        return sentences.joined(separator: " ")
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(20).joined(separator: ", ")
        return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
    }
}
