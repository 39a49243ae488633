/// The kernels as compiled for one instruction set. Each takes an operation and the number of the unit to compute.
public struct KernelSet: Sendable {
    /// Which of the processor's instructions they use.
    public enum Level: String, Sendable, CaseIterable, Comparable {
        case baseline, v3, v4

        public static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    }

    public typealias Kernel<Operation> = @Sendable (Operation, Int) -> Void

    public let level: Level
    public let convolve: Kernel<ConvolutionForward>
    public let convolutionInputGradient: Kernel<ConvolutionInputGradient>
    public let convolutionWeightGradient: Kernel<ConvolutionWeightGradient>
    public let multiply: Kernel<MatrixProduct>
    public let sumColumns: Kernel<ColumnSums>
    public let poolMaximum: Kernel<MaximumPoolingForward>
    public let poolMaximumGradient: Kernel<MaximumPoolingGradient>
    public let poolAverage: Kernel<AveragePoolingForward>
    public let poolAverageGradient: Kernel<AveragePoolingGradient>
    public let activate: Kernel<ActivationForward>
    public let activationGradient: Kernel<ActivationGradient>
    public let normalizeBatch: Kernel<BatchNormalizationForward>
    public let batchNormalizationGradient: Kernel<BatchNormalizationGradient>
    public let normalizeResponse: Kernel<ResponseNormalization>
    public let drawDropoutFactors: Kernel<DropoutFactors>
    public let scale: Kernel<Scaling>
    public let fillUniform: Kernel<UniformFill>
    public let sumSquares: Kernel<SquareSums>
    public let transpose: Kernel<Transposition>
    public let gather: Kernel<Gather>
    public let softmaxCrossEntropy: Kernel<SoftmaxCrossEntropy>
    /// For measuring.
    public let loopAtPeak: Kernel<PeakLoop>
    /// e to the power of each of so many floats, a multiple of 16, in place.
    public let exponential: Kernel<UnsafeMutablePointer<Float>>
    /// The natural logarithm of each of so many floats, a multiple of 16, in place.
    public let logarithm: Kernel<UnsafeMutablePointer<Float>>

    public init(
        level: Level,
        convolve: @escaping Kernel<ConvolutionForward>,
        convolutionInputGradient: @escaping Kernel<ConvolutionInputGradient>,
        convolutionWeightGradient: @escaping Kernel<ConvolutionWeightGradient>,
        multiply: @escaping Kernel<MatrixProduct>,
        sumColumns: @escaping Kernel<ColumnSums>,
        poolMaximum: @escaping Kernel<MaximumPoolingForward>,
        poolMaximumGradient: @escaping Kernel<MaximumPoolingGradient>,
        poolAverage: @escaping Kernel<AveragePoolingForward>,
        poolAverageGradient: @escaping Kernel<AveragePoolingGradient>,
        activate: @escaping Kernel<ActivationForward>,
        activationGradient: @escaping Kernel<ActivationGradient>,
        normalizeBatch: @escaping Kernel<BatchNormalizationForward>,
        batchNormalizationGradient: @escaping Kernel<BatchNormalizationGradient>,
        normalizeResponse: @escaping Kernel<ResponseNormalization>,
        drawDropoutFactors: @escaping Kernel<DropoutFactors>,
        scale: @escaping Kernel<Scaling>,
        fillUniform: @escaping Kernel<UniformFill>,
        sumSquares: @escaping Kernel<SquareSums>,
        transpose: @escaping Kernel<Transposition>,
        gather: @escaping Kernel<Gather>,
        softmaxCrossEntropy: @escaping Kernel<SoftmaxCrossEntropy>,
        loopAtPeak: @escaping Kernel<PeakLoop>,
        exponential: @escaping Kernel<UnsafeMutablePointer<Float>>,
        logarithm: @escaping Kernel<UnsafeMutablePointer<Float>>
    ) {
        self.level = level
        self.convolve = convolve
        self.convolutionInputGradient = convolutionInputGradient
        self.convolutionWeightGradient = convolutionWeightGradient
        self.multiply = multiply
        self.sumColumns = sumColumns
        self.poolMaximum = poolMaximum
        self.poolMaximumGradient = poolMaximumGradient
        self.poolAverage = poolAverage
        self.poolAverageGradient = poolAverageGradient
        self.activate = activate
        self.activationGradient = activationGradient
        self.normalizeBatch = normalizeBatch
        self.batchNormalizationGradient = batchNormalizationGradient
        self.normalizeResponse = normalizeResponse
        self.drawDropoutFactors = drawDropoutFactors
        self.scale = scale
        self.fillUniform = fillUniform
        self.sumSquares = sumSquares
        self.transpose = transpose
        self.gather = gather
        self.softmaxCrossEntropy = softmaxCrossEntropy
        self.loopAtPeak = loopAtPeak
        self.exponential = exponential
        self.logarithm = logarithm
    }
}
