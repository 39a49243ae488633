import NeuralNetwork
import Store

/// Tests a model version on changed test images, as far as that has not been done.
package struct RobustnessTest {
    let version: StoredVersion
    let store: Store
    let engine: Engine

    package init(_ version: StoredVersion, engine: Engine, store: Store) {
        self.version = version
        self.engine = engine
        self.store = store
    }

    /// Measures what is missing of all strengths of these kinds, and stores each as an evaluation of its own.
    ///
    /// - Parameter report: Told of every change before it is tested.
    package func callAsFunction(
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

        let evaluator = try TrainedNetwork(of: version, in: store).evaluator(on: engine)
        let images = try store.samples(of: try store.dataset(id: version.datasetID), split: .test).images
        for (done, perturbation) in missing.enumerated() {
            report(perturbation, done, missing.count)
            let tested = try evaluator(try perturbation(images, engine: engine))
            try store.record(
                EvaluationRecord(
                    perturbation: perturbation.kind.rawValue, strength: perturbation.strength,
                    testLoss: tested.meanLoss, testCorrect: tested.correct, predictions: tested.predictions,
                    seconds: tested.seconds),
                of: version)
        }
    }
}
