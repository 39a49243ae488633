import KernelTypes
import NeuralNetwork
import Store

/// Tests a model version on changed test images, as far as that has not been done.
public struct RobustnessTest {
    let version: StoredVersion
    let store: Store
    let kernels: KernelSet
    let threads: Int?

    /// - Parameters:
    ///   - kernels: Those that the processor can run; they change no result.
    ///   - threads: Worker threads of the engine; `nil` for one a physical core.
    public init(_ version: StoredVersion, kernels: KernelSet, threads: Int?, store: Store) {
        self.version = version
        self.kernels = kernels
        self.threads = threads
        self.store = store
    }

    /// Measures what is missing of all strengths of these kinds, and stores each as an evaluation of its own.
    ///
    /// - Parameter report: Told of every change before it is tested.
    public func callAsFunction(
        _ kinds: [Perturbation.Kind], report: (_ perturbation: Perturbation, _ done: Int, _ of: Int) -> Void
    ) throws {
        var known: Set<Perturbation> = []
        for row in try store.robustness(of: version) {
            guard let kind = Perturbation.Kind(rawValue: try row["perturbation"]) else { continue }
            known.insert(Perturbation(kind, strength: try row["strength"]))
        }
        let missing = kinds.flatMap { kind in kind.strengths.map { Perturbation(kind, strength: $0) } }
            .filter { !known.contains($0) }
        guard !missing.isEmpty else { return }

        let configuration = try RunConfiguration(json: version.configuration)
        let network = try Network(configuration.architecture, seed: 0)
        try network.load(Safetensors.decode(try store.artifact(version.weightsDigest)).tensors)
        let images = try TrainingData.images(of: try store.dataset(id: version.datasetID), split: .test, from: store)
        let loop = try TrainingLoop(
            network: network, images: images.images, configuration: configuration.training, threads: threads,
            kernels: kernels)
        for (done, perturbation) in missing.enumerated() {
            report(perturbation, done, missing.count)
            let tested = try loop.evaluate(try perturbation(images.images, threads: threads))
            try store.store(
                EvaluationRecord(
                    perturbation: perturbation.kind.rawValue, strength: perturbation.strength,
                    testLoss: tested.meanLoss, testCorrect: tested.correct, predictions: tested.predictions,
                    seconds: tested.seconds),
                of: version)
        }
    }
}
