/// A function of single values.
@frozen public enum ActivationFunction: Sendable, Hashable {
    case relu
    case leakyReLU(slope: Float)
    case sigmoid
    case tanh
}

/// output = function(input), in either layout.
@frozen public struct ActivationForward: Operation {
    public static let name = "activation"

    public var function: ActivationFunction
    public var input: UnsafePointer<Float>
    public var output: UnsafeMutablePointer<Float>
    /// Floats, a multiple of 16.
    public var count: Int

    public init(
        function: ActivationFunction, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int
    ) {
        self.function = function
        self.input = input
        self.output = output
        self.count = count
    }

    @inlinable public var unitCount: Int { (count + elementsPerUnit - 1) / elementsPerUnit }
}

/// The loss's gradient by the input of an activation function.
@frozen public struct ActivationGradient: Operation {
    public static let name = "activation, gradient"

    public var function: ActivationFunction
    public var output: UnsafePointer<Float>
    public var outputGradient: UnsafePointer<Float>
    public var inputGradient: UnsafeMutablePointer<Float>
    /// The input, when it was rectified: where it is not positive, the gradient is zero.
    public var mask: UnsafePointer<Float>?
    /// Floats, a multiple of 16.
    public var count: Int

    public init(
        function: ActivationFunction, output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>, mask: UnsafePointer<Float>?, count: Int
    ) {
        self.function = function
        self.output = output
        self.outputGradient = outputGradient
        self.inputGradient = inputGradient
        self.mask = mask
        self.count = count
    }

    @inlinable public var unitCount: Int { (count + elementsPerUnit - 1) / elementsPerUnit }
}

/// output = input · factors, zero where the mask is not positive: dropout forward and backward.
@frozen public struct Scaling: Operation {
    public static let name = "dropout"

    public var input: UnsafePointer<Float>
    public var factors: UnsafePointer<Float>
    public var output: UnsafeMutablePointer<Float>
    public var mask: UnsafePointer<Float>?
    /// Floats, a multiple of 16.
    public var count: Int

    public init(
        input: UnsafePointer<Float>, factors: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
        mask: UnsafePointer<Float>?, count: Int
    ) {
        self.input = input
        self.factors = factors
        self.output = output
        self.mask = mask
        self.count = count
    }

    @inlinable public var unitCount: Int { (count + elementsPerUnit - 1) / elementsPerUnit }
}

/// The squares of many numbers, added up in double precision, a sum a unit.
@frozen public struct SquareSums: Operation {
    public static let name = "norms"

    public var values: UnsafePointer<Float>
    /// Floats, a multiple of 16.
    public var count: Int
    /// One a unit.
    public var sums: UnsafeMutablePointer<Double>

    public init(values: UnsafePointer<Float>, count: Int, sums: UnsafeMutablePointer<Double>) {
        self.values = values
        self.count = count
        self.sums = sums
    }

    @inlinable public var unitCount: Int { (count + elementsPerUnit - 1) / elementsPerUnit }
}
