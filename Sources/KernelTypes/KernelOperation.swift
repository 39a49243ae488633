/// All that the kernels compute. A new operation is a case here; the compiler then asks for its kernel.
package enum KernelOperation {
    case convolution(ConvolutionForward)
    case convolutionInputGradient(ConvolutionInputGradient)
    case convolutionWeightGradient(ConvolutionWeightGradient)
    case matrixProduct(MatrixProduct)
    case columnSums(ColumnSums)
    case maximumPooling(MaximumPoolingForward)
    case maximumPoolingGradient(MaximumPoolingGradient)
    case averagePooling(AveragePoolingForward)
    case averagePoolingGradient(AveragePoolingGradient)
    case activation(ActivationForward)
    case activationGradient(ActivationGradient)
    case scaling(Scaling)
    case squareSums(SquareSums)
    case batchNormalization(BatchNormalizationForward)
    case batchNormalizationGradient(BatchNormalizationGradient)
    case responseNormalization(ResponseNormalization)
    case dropoutFactors(DropoutFactors)
    case uniformFill(UniformFill)
    case transposition(Transposition)
    case gather(Gather)
    case softmaxCrossEntropy(SoftmaxCrossEntropy)

    /// How it is called in a profile.
    package var name: String { type(of: operation).name }

    /// Units are numbered from 0.
    package var unitCount: Int { operation.unitCount }

    private var operation: any Operation {
        switch self {
        case .convolution(let operation): operation
        case .convolutionInputGradient(let operation): operation
        case .convolutionWeightGradient(let operation): operation
        case .matrixProduct(let operation): operation
        case .columnSums(let operation): operation
        case .maximumPooling(let operation): operation
        case .maximumPoolingGradient(let operation): operation
        case .averagePooling(let operation): operation
        case .averagePoolingGradient(let operation): operation
        case .activation(let operation): operation
        case .activationGradient(let operation): operation
        case .scaling(let operation): operation
        case .squareSums(let operation): operation
        case .batchNormalization(let operation): operation
        case .batchNormalizationGradient(let operation): operation
        case .responseNormalization(let operation): operation
        case .dropoutFactors(let operation): operation
        case .uniformFill(let operation): operation
        case .transposition(let operation): operation
        case .gather(let operation): operation
        case .softmaxCrossEntropy(let operation): operation
        }
    }
}
