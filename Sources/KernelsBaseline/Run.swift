import KernelTypes

/// The kernels as this module was compiled: computes one unit of an operation.
package func run(_ operation: KernelOperation, unit: Int) {
    switch operation {
    case .convolution(let operation): convolve(operation, unit: unit)
    case .convolutionInputGradient(let operation): convolutionInputGradient(operation, unit: unit)
    case .convolutionWeightGradient(let operation): convolutionWeightGradient(operation, unit: unit)
    case .matrixProduct(let operation): multiply(operation, unit: unit)
    case .columnSums(let operation): sumColumns(operation, unit: unit)
    case .maximumPooling(let operation): poolMaximum(operation, unit: unit)
    case .maximumPoolingGradient(let operation): poolMaximumGradient(operation, unit: unit)
    case .averagePooling(let operation): poolAverage(operation, unit: unit)
    case .averagePoolingGradient(let operation): poolAverageGradient(operation, unit: unit)
    case .activation(let operation): activate(operation, unit: unit)
    case .activationGradient(let operation): activationGradient(operation, unit: unit)
    case .scaling(let operation): scale(operation, unit: unit)
    case .squareSums(let operation): sumSquares(operation, unit: unit)
    case .batchNormalization(let operation): normalizeBatch(operation, unit: unit)
    case .batchNormalizationGradient(let operation): batchNormalizationGradient(operation, unit: unit)
    case .responseNormalization(let operation): normalizeResponse(operation, unit: unit)
    case .dropoutFactors(let operation): drawDropoutFactors(operation, unit: unit)
    case .uniformFill(let operation): fillUniform(operation, unit: unit)
    case .transposition(let operation): transpose(operation, unit: unit)
    case .gather(let operation): gather(operation, unit: unit)
    case .softmaxCrossEntropy(let operation): softmaxCrossEntropy(operation, unit: unit)
    }
}
