import KernelTypes
import Synchronization

/// Where an epoch's time goes: the kernels, wrapped so that each unit is timed on the thread that computes it.
final class KernelProfile: Sendable {
    struct Key: Hashable {
        let kernel: String
        /// What tells layers of one kind apart.
        let size: String
    }

    struct Sum {
        var seconds = 0.0
        /// Floating-point operations; 0 where the work is moving numbers.
        var operations = 0.0
    }

    private struct Entry: Hashable {
        let kernel: String
        let size: Size
    }

    private enum Size: Hashable {
        case convolution(ConvolutionShape)
        case product(rows: Int, depth: Int, columns: Int)
        case pooling(PoolingShape)
        case none
    }

    private let sums = Mutex<[Entry: Sum]>([:])

    /// The sums by kernel and layer, the longest first.
    var entries: [(key: Key, sum: Sum)] {
        sums.withLock { sums in
            // Batches of another size, the epoch's last, belong to the same layer.
            Dictionary(
                sums.map { (Key(kernel: $0.kernel, size: Self.name($0.size)), $1) },
                uniquingKeysWith: { Sum(seconds: $0.seconds + $1.seconds, operations: $0.operations + $1.operations) })
        }
        .map { ($0, $1) }
        .sorted { $0.1.seconds > $1.1.seconds }
    }

    private static func name(_ size: Size) -> String {
        switch size {
        case .convolution(let shape):
            "\(shape.inputChannels)×\(shape.inputHeight)×\(shape.inputWidth) → \(shape.outputChannels)"
        case .product(let rows, let depth, let columns): "\(rows)×\(depth)×\(columns)"
        case .pooling(let shape): "\(shape.channels)×\(shape.inputHeight)×\(shape.inputWidth)"
        case .none: ""
        }
    }

    private func timed<Task: Operation & SendableMetatype>(
        _ name: String, _ kernel: @escaping KernelSet.Kernel<Task>,
        _ describe: @escaping @Sendable (Task) -> (size: Size, operations: Int) = { _ in (.none, 0) }
    ) -> KernelSet.Kernel<Task> {
        { operation, unit in
            let clock = ContinuousClock()
            let start = clock.now
            kernel(operation, unit)
            let seconds = (clock.now - start) / .seconds(1)
            let (size, operations) = describe(operation)
            self.sums.withLock {
                $0[Entry(kernel: name, size: size), default: Sum()].seconds += seconds
                $0[Entry(kernel: name, size: size), default: Sum()].operations +=
                    Double(operations) / Double(operation.unitCount)
            }
        }
    }

    private static func operations(_ shape: ConvolutionShape) -> Int {
        2 * shape.batch * shape.outputChannels * shape.outputHeight * shape.outputWidth * shape.fanIn
    }

    private static func product(_ task: MatrixProduct) -> (Size, Int) {
        // Rows or depth are the batch; both products of a layer carry all its weights.
        (.product(rows: task.rows, depth: task.depth, columns: task.columns), 2 * task.rows * task.depth * task.columns)
    }

    /// The kernels, each timed.
    func wrap(_ kernels: KernelSet) -> KernelSet {
        KernelSet(
            level: kernels.level,
            convolve: timed("convolution forward", kernels.convolve) {
                (.convolution($0.shape), Self.operations($0.shape))
            },
            convolutionInputGradient: timed("convolution, gradient by input", kernels.convolutionInputGradient) {
                (.convolution($0.shape), Self.operations($0.shape))
            },
            convolutionWeightGradient: timed("convolution, gradient by weights", kernels.convolutionWeightGradient) {
                (.convolution($0.shape), Self.operations($0.shape))
            },
            multiply: timed("matrix product", kernels.multiply, Self.product),
            sumColumns: timed("bias gradient", kernels.sumColumns),
            poolMaximum: timed("maximum pooling", kernels.poolMaximum) { (.pooling($0.shape), 0) },
            poolMaximumGradient: timed("maximum pooling, gradient", kernels.poolMaximumGradient) {
                (.pooling($0.shape), 0)
            },
            poolAverage: timed("average pooling", kernels.poolAverage) { (.pooling($0.shape), 0) },
            poolAverageGradient: timed("average pooling, gradient", kernels.poolAverageGradient) {
                (.pooling($0.shape), 0)
            },
            activate: timed("activation", kernels.activate),
            activationGradient: timed("activation, gradient", kernels.activationGradient),
            normalizeBatch: timed("batch normalisation", kernels.normalizeBatch),
            batchNormalizationGradient: timed("batch normalisation, gradient", kernels.batchNormalizationGradient),
            normalizeResponse: timed("local response normalisation", kernels.normalizeResponse),
            drawDropoutFactors: timed("dropout, random numbers", kernels.drawDropoutFactors),
            scale: timed("dropout", kernels.scale),
            fillUniform: timed("initialisation", kernels.fillUniform),
            sumSquares: timed("norms", kernels.sumSquares),
            transpose: timed("transposition", kernels.transpose),
            gather: timed("gathering and standardising", kernels.gather),
            softmaxCrossEntropy: timed("softmax and cross-entropy", kernels.softmaxCrossEntropy),
            loopAtPeak: kernels.loopAtPeak, exponential: kernels.exponential, logarithm: kernels.logarithm)
    }
}
