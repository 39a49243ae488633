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

    /// The kernels, each timed.
    func wrap(_ kernels: KernelSet) -> KernelSet {
        KernelSet(level: kernels.level) { operation, unit in
            let clock = ContinuousClock()
            let start = clock.now
            kernels.run(operation, unit)
            let seconds = (clock.now - start) / .seconds(1)
            let (size, operations) = Self.describe(operation)
            let entry = Entry(kernel: operation.name, size: size)
            self.sums.withLock {
                $0[entry, default: Sum()].seconds += seconds
                $0[entry, default: Sum()].operations += Double(operations) / Double(operation.unitCount)
            }
        }
    }

    private static func describe(_ operation: KernelOperation) -> (size: Size, operations: Int) {
        switch operation {
        case .convolution(let task): (.convolution(task.shape), operations(task.shape))
        case .convolutionInputGradient(let task): (.convolution(task.shape), operations(task.shape))
        case .convolutionWeightGradient(let task): (.convolution(task.shape), operations(task.shape))
        case .matrixProduct(let task):
            // Rows or depth are the batch; both products of a layer carry all its weights.
            (
                .product(rows: task.rows, depth: task.depth, columns: task.columns),
                2 * task.rows * task.depth * task.columns
            )
        case .maximumPooling(let task): (.pooling(task.shape), 0)
        case .maximumPoolingGradient(let task): (.pooling(task.shape), 0)
        case .averagePooling(let task): (.pooling(task.shape), 0)
        case .averagePoolingGradient(let task): (.pooling(task.shape), 0)
        default: (.none, 0)
        }
    }

    private static func operations(_ shape: ConvolutionShape) -> Int {
        2 * shape.batch * shape.outputChannels * shape.outputHeight * shape.outputWidth * shape.fanIn
    }
}
