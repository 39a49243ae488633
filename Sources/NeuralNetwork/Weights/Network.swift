import KernelTypes
import Kernels

/// A network: an architecture and its weights.
public final class Network {
    public let architecture: Architecture
    /// In the order of the layers, and in each layer in PyTorch's order.
    let parameters: [Parameter]
    /// Those of each layer.
    let parametersOfLayer: [[Parameter]]

    /// Each tensor has a random stream of its own, so that a change of one layer leaves the others' first weights as they
    /// were.
    public init(_ architecture: Architecture, seed: UInt64, initialization: Initialization = .uniformFanIn) throws {
        self.architecture = architecture
        let kernels = KernelSet.fastest()
        var input = LayerShape.image(architecture.input)
        var layers: [[Parameter]] = []
        let names = architecture.weightNames()
        for (index, output) in try architecture.shapes().enumerated() {
            let layer = architecture.layers[index]
            let shapes = layer.weightShapes(for: input)
            layers.append(
                shapes.map { weight in
                    let parameter = Parameter(
                        name: "\(names[index] ?? "").\(weight.kind)", shape: weight.shape,
                        isTrainable: weight.isTrainable)
                    if layer.isLinear {
                        let bounds = initialization.bounds(weight: shapes[0].shape)
                        parameter.fill(
                            with: RandomStream(seed: seed, name: "initialisation \(parameter.name)"),
                            bound: weight.kind == "weight" ? bounds.weight : bounds.bias, kernels: kernels)
                    } else if weight.kind == "weight" || weight.kind == "running_var" {
                        parameter.set([Float](repeating: 1, count: weight.count))
                    }
                    return parameter
                })
            input = output
        }
        parametersOfLayer = layers
        parameters = layers.flatMap { $0 }
    }

    /// All weights, named and laid out as in PyTorch's `state_dict`.
    public func tensors() -> [Tensor] { parameters.map { $0.tensor(of: $0.values) } }

    /// Takes over weights; the network stays as it was when one does not fit. PyTorch's counters of batches
    /// (`num_batches_tracked`) are passed over: nothing is computed from them.
    ///
    /// - Throws: `WeightsError` when a tensor is missing, superfluous, or of another shape.
    public func load(_ tensors: [Tensor]) throws {
        let named = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for parameter in parameters {
            guard let tensor = named[parameter.name] else {
                throw WeightsError.missing(parameter.name, present: tensors.map(\.name))
            }
            guard tensor.shape == parameter.shape else {
                throw WeightsError.shape(parameter.name, found: tensor.shape, needed: parameter.shape)
            }
            guard tensor.values.count == parameter.count else {
                throw WeightsError.count(parameter.name, found: tensor.values.count, needed: parameter.count)
            }
        }
        let known = Set(parameters.map(\.name))
        if let stranger = tensors.first(where: {
            !known.contains($0.name) && !$0.name.hasSuffix(".num_batches_tracked")
        }) {
            throw WeightsError.superfluous(stranger.name)
        }
        for parameter in parameters { parameter.set(named[parameter.name]?.values ?? []) }
    }
}

/// Why weights do not fit a network.
public enum WeightsError: Error, Sendable, Equatable, CustomStringConvertible {
    case missing(String, present: [String])
    case superfluous(String)
    case shape(String, found: [Int], needed: [Int])
    case count(String, found: Int, needed: Int)
    case notFinite(String, Float)
    case negativeVariance(String, Float)

    public var description: String {
        switch self {
        case .missing(let name, let present):
            "The weights have no tensor “\(name)”, which the network needs; there are \(Self.list(present))."
        case .superfluous(let name): "The weights have a tensor “\(name)”, which the network does not have."
        case .shape(let name, let found, let needed):
            "The tensor “\(name)” has the shape \(found), the network needs \(needed)."
        case .count(let name, let found, let needed):
            "The tensor “\(name)” has \(found) numbers, the network needs \(needed)."
        case .notFinite(let name, let value):
            "The tensor “\(name)” has a number that is not finite (\(value)): nothing can be learned from there."
        case .negativeVariance(let name, let value): "The tensor “\(name)” has the variance \(value), below zero."
        }
    }

    private static func list(_ names: [String]) -> String {
        guard !names.isEmpty else { return "none" }
        let shown = names.prefix(20).joined(separator: ", ")
        return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
    }
}
