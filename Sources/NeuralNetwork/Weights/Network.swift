/// A network: an architecture and its weights.
public final class Network {
    public let architecture: Architecture
    /// In the order of the layers, weight before bias.
    let parameters: [Parameter]

    /// Weights and biases start uniform in ±1/√fan-in, PyTorch's default. Each tensor has a random stream of its own,
    /// so that a change of one layer leaves the others' first weights as they were.
    public init(_ architecture: Architecture, seed: UInt64) throws {
        self.architecture = architecture
        var input = LayerShape.image(architecture.input)
        var parameters: [Parameter] = []
        let names = architecture.weightNames()
        for (index, output) in try architecture.shapes().enumerated() {
            let shapes = architecture.layers[index].weightShapes(for: input)
            for (shape, kind) in zip(shapes, ["weight", "bias"]) {
                parameters.append(
                    Parameter(
                        name: "\(names[index] ?? "").\(kind)", shape: shape,
                        fanIn: shapes[0].dropFirst().reduce(1, *)))
            }
            input = output
        }
        self.parameters = parameters
        for parameter in parameters {
            var random = RandomStream(seed: seed, name: "initialisation \(parameter.name)")
            let bound = 1 / Float(parameter.fanIn).squareRoot()
            parameter.set((0..<parameter.count).map { _ in (random.nextUnit() * 2 - 1) * bound })
        }
    }

    /// All weights, named and laid out as in PyTorch's `state_dict`.
    public func tensors() -> [Tensor] { parameters.map { $0.tensor(of: $0.values) } }

    /// Takes over weights; the network stays as it was when one does not fit.
    ///
    /// - Throws: `WeightsError` when a tensor is missing, superfluous, or of another shape.
    public func load(_ tensors: [Tensor]) throws {
        let named = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for parameter in parameters {
            guard let tensor = named[parameter.name] else { throw WeightsError.missing(parameter.name) }
            guard tensor.shape == parameter.shape else {
                throw WeightsError.shape(parameter.name, found: tensor.shape, needed: parameter.shape)
            }
        }
        let known = Set(parameters.map(\.name))
        if let stranger = tensors.first(where: { !known.contains($0.name) }) {
            throw WeightsError.superfluous(stranger.name)
        }
        for parameter in parameters { parameter.set(named[parameter.name]?.values ?? []) }
    }
}

/// Why weights do not fit a network.
public enum WeightsError: Error, Sendable, Equatable, CustomStringConvertible {
    case missing(String)
    case superfluous(String)
    case shape(String, found: [Int], needed: [Int])

    public var description: String {
        switch self {
        case .missing(let name): "The weights have no tensor “\(name)”, which the network needs."
        case .superfluous(let name): "The weights have a tensor “\(name)”, which the network does not have."
        case .shape(let name, let found, let needed):
            "The tensor “\(name)” has the shape \(found), the network needs \(needed)."
        }
    }
}
