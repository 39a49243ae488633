/// A function of single values.
package enum ActivationFunction: Sendable, Hashable {
    case relu
    case leakyReLU(slope: Float)
    case sigmoid
    case tanh
}

/// output = function(input), in either layout.
package struct ActivationForward: Operation {
    package static let name = "activation"

    package var function: ActivationFunction
    package var input: UnsafePointer<Float>
    package var output: UnsafeMutablePointer<Float>
    /// Floats, a multiple of 16.
    package var count: Int

    package init(
        function: ActivationFunction, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int
    ) {
        self.function = function
        self.input = input
        self.output = output
        self.count = count
    }

    @inlinable package var unitCount: Int { (count + elementsPerUnit - 1) / elementsPerUnit }
}

/// The loss's gradient by the input of an activation function.
package struct ActivationGradient: Operation {
    package static let name = "activation, gradient"

    package var function: ActivationFunction
    package var output: UnsafePointer<Float>
    package var outputGradient: UnsafePointer<Float>
    package var inputGradient: UnsafeMutablePointer<Float>
    /// The input, when it was rectified: where it is not positive, the gradient is zero.
    package var mask: UnsafePointer<Float>?
    /// Floats, a multiple of 16.
    package var count: Int

    package init(
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

    @inlinable package var unitCount: Int { (count + elementsPerUnit - 1) / elementsPerUnit }
}

/// output = input · factors, zero where the mask is not positive: dropout forward and backward.
package struct Scaling: Operation {
    package static let name = "dropout"

    package var input: UnsafePointer<Float>
    package var factors: UnsafePointer<Float>
    package var output: UnsafeMutablePointer<Float>
    package var mask: UnsafePointer<Float>?
    /// Floats, a multiple of 16.
    package var count: Int

    package init(
        input: UnsafePointer<Float>, factors: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
        mask: UnsafePointer<Float>?, count: Int
    ) {
        self.input = input
        self.factors = factors
        self.output = output
        self.mask = mask
        self.count = count
    }

    @inlinable package var unitCount: Int { (count + elementsPerUnit - 1) / elementsPerUnit }
}

/// The squares of many numbers, added up in double precision, a sum a unit.
package struct SquareSums: Operation {
    package static let name = "norms"

    package var values: UnsafePointer<Float>
    /// Floats, a multiple of 16.
    package var count: Int
    /// One a unit.
    package var sums: UnsafeMutablePointer<Double>

    package init(values: UnsafePointer<Float>, count: Int, sums: UnsafeMutablePointer<Double>) {
        self.values = values
        self.count = count
        self.sums = sums
    }

    @inlinable package var unitCount: Int { (count + elementsPerUnit - 1) / elementsPerUnit }
}
