import KernelTypes
import Samples

/// What a network asks of a machine's memory, in bytes, told before anything of it is allocated.
///
/// It is computed from the layer table by the sizes that `Plan` and `Parameter` allocate.
package struct MemoryEstimate: Sendable, Hashable {
    /// The weights themselves.
    package internal(set) var weights = 0
    /// What the optimiser remembers of each weight.
    package internal(set) var optimizer = 0
    /// The gradients, which are kept for the last step of an epoch to measure their norms.
    package internal(set) var gradients = 0
    /// What flows between the layers, and back, for one batch.
    package internal(set) var activations = 0
    /// Images and labels, and what is predicted for each.
    package internal(set) var samples = 0
    /// Weights and the optimiser's memory once more, as they are written to the database or read from it.
    package internal(set) var storing = 0

    /// The program itself with its libraries and a database connection, measured.
    package static let program = 34 << 20

    /// At the peak: what is needed at the same time.
    package internal(set) var total = 0
}

/// Images to be learned or classified: how many of what shape.
package struct SampleCounts: Sendable, Hashable {
    package var training: Int
    /// Those of the validation included.
    package var test: Int
    package var shape: ImageShape

    package init(training: Int, test: Int, shape: ImageShape) {
        self.training = training
        self.test = test
        self.shape = shape
    }

    /// Pixels; label, key and place in the order of each.
    fileprivate func bytes(_ count: Int) -> Int { saturatingProduct([count, shape.checkedCount ?? .max]) + 14 * count }
}

extension Architecture {
    /// What a training needs, the tests after its epochs included.
    ///
    /// - Parameter samples: `nil` for a data set that is not known yet, with at least a batch of training images; its own
    ///   bytes are not counted then.
    package func trainingMemory(_ training: TrainingConfiguration, samples: SampleCounts?) -> MemoryEstimate {
        var memory = evaluationMemory(batchSize: training.batchSize, samples: samples, isCopied: false)
        let trainable = weightBytes { $0.isTrainable }
        memory.gradients = trainable
        memory.optimizer = saturatingProduct([training.momentCount, trainable])
        memory.storing = saturatingSum(memory.weights, memory.optimizer)
        let batch =
            samples.map { largestBatch(of: $0.training, size: training.batchSize) } ?? training.batchSize
        memory.activations = saturatingSum(
            memory.activations,
            activationBytes(
                batchSize: batch, trains: true,
                fits: samples.map { $0.shape != input } ?? resizesImages || !training.augmentation.isNone))
        memory.samples = saturatingSum(memory.samples, samples.map { $0.bytes($0.training) } ?? 0)
        // An epoch's gradients are gone when it is stored.
        memory.total = [
            MemoryEstimate.program, memory.weights, memory.optimizer, max(memory.gradients, memory.storing),
            memory.activations, memory.samples,
        ].reduce(0, saturatingSum)
        return memory
    }

    /// What a test needs.
    ///
    /// - Parameters:
    ///   - batchSize: Of the training.
    ///   - samples: As for a training; its training images are not counted.
    ///   - isCopied: Whether the images are changed before they are tested.
    package func evaluationMemory(
        batchSize: Int, samples: SampleCounts?, isCopied: Bool = true
    ) -> MemoryEstimate {
        var memory = MemoryEstimate()
        memory.weights = weightBytes { _ in true }
        // The file's bytes and the tensors that are read from it.
        memory.storing = saturatingProduct([2, memory.weights])
        let batch = min(Evaluation.batchSize(afterTrainingWith: batchSize), samples?.test ?? .max)
        memory.activations = activationBytes(
            batchSize: batch, trains: false, fits: samples.map { $0.shape != input } ?? resizesImages)
        if let samples {
            let results = saturatingProduct([samples.test, 4 * classes + 8])
            memory.samples = saturatingSum(saturatingProduct([isCopied ? 2 : 1, samples.bytes(samples.test)]), results)
        }
        // What was read is gone when images are classified.
        memory.total = [
            MemoryEstimate.program, memory.weights, max(memory.storing, memory.activations), memory.samples,
        ].reduce(0, saturatingSum)
        return memory
    }

    private func weightBytes(_ isCounted: (WeightShape) -> Bool) -> Int {
        var input = LayerShape.image(self.input)
        return zip(layers, (try? shapes()) ?? []).reduce(0) { sum, pair in
            defer { input = pair.1 }
            return pair.0.kind.weightShapes(for: input).filter(isCounted).reduce(sum) {
                saturatingSum($0, saturatingProduct([4, Parameter.paddedCount($1.shape)]))
            }
        }
    }

    /// - Parameter fits: Whether images are resized or moved before they are the input.
    private func activationBytes(batchSize: Int, trains: Bool, fits: Bool) -> Int {
        let floats = ((try? stages(trains: trains)) ?? []).map { stage in
            let output = stage.output.shape.bufferCount(batchSize: batchSize)
            return saturatingSum(
                saturatingProduct([stage.output.hasGradient ? 2 : 1, output]),
                stage.layer.kind.workingSpace(from: stage.input, to: stage.output.shape, batchSize: batchSize))
        }
        return saturatingSum(
            saturatingProduct([
                4, floats.reduce(LayerShape.image(input).bufferCount(batchSize: batchSize), saturatingSum),
            ]),
            fits ? saturatingProduct([batchSize, input.count]) : 0)
    }
}

extension TrainingConfiguration {
    /// Numbers that the optimiser remembers of each weight.
    var momentCount: Int { step(inEpoch: 1, number: 1).momentCount }
}

private func saturatingSum(_ a: Int, _ b: Int) -> Int {
    let (sum, overflows) = a.addingReportingOverflow(b)
    return overflows ? .max : sum
}

/// The largest number that there is when the product overflows.
func saturatingProduct(_ factors: [Int]) -> Int { product(factors) ?? .max }
