/// How the weights of dense and convolutional layers start; those of normalisations start with 1 and 0.
package enum Initialization: String, Codable, Hashable, Sendable, CaseIterable {
    /// Weights and biases uniform in ±1/√fan-in: PyTorch's default.
    case uniformFanIn = "uniform-fan-in"
    /// Weights uniform in ±√(6/fan-in), biases 0.
    ///
    /// - Source: He, Zhang, Ren and Sun, “Delving deep into rectifiers”, 2015.
    case he
    /// Weights uniform in ±√(6/(fan-in + fan-out)), biases 0.
    ///
    /// - Source: Glorot and Bengio, “Understanding the difficulty of training deep feedforward neural networks”, 2010.
    case glorot

    /// - Parameter weight: Shape of the layer's weight, [outputs, inputs, …].
    /// - Returns: The bounds of weight and bias.
    func bounds(weight: [Int]) -> (weight: Float, bias: Float) {
        let fanIn = Float(weight.dropFirst().reduce(1, *))
        let fanOut = Float(weight.enumerated().reduce(1) { $1.offset == 1 ? $0 : $0 * $1.element })
        return switch self {
        case .uniformFanIn: (1 / fanIn.squareRoot(), 1 / fanIn.squareRoot())
        case .he: ((6 / fanIn).squareRoot(), 0)
        case .glorot: ((6 / (fanIn + fanOut)).squareRoot(), 0)
        }
    }
}
