/// A function of single values.
@frozen public enum ActivationFunction: Sendable, Hashable {
    case relu
    case leakyReLU(slope: Float)
    case sigmoid
    case tanh
}

/// output = function(input), in either layout.
@frozen public struct ActivationForward: Operation {
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

/// Floats of a unit where each is computed on its own: 16 KiB.
@inlinable public var elementsPerUnit: Int { 4096 }
