import PostgreSQL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What another program made of one test sample.
package struct OutsideAnswer: Sendable, Hashable {
    package var predicted: UInt16
    /// Probability given to the predicted class, 0…1; `nil` where it is not known.
    package var confidence: Double?
    /// Of each class, class 0 first; `nil` where they are not known.
    package var probabilities: [Double]?

    package init(predicted: UInt16, confidence: Double? = nil, probabilities: [Double]? = nil) {
        self.predicted = predicted
        self.confidence = confidence
        self.probabilities = probabilities
    }

    /// Cross-entropy in nats: −ln of the probability of the right class, infinite where that is 0. `nil` where it is not
    /// known: without probabilities it is known of a right answer with its confidence alone.
    package func loss(label: UInt16) -> Double? {
        let probability = probabilities?[Int(label)] ?? (predicted == label ? confidence : nil)
        // Not −0 for certainty, and nothing negative where rounding has left a little more than 1.
        return probability.map { $0 < 1 ? -log($0) : 0 }
    }
}

/// Predictions of all test samples of a data set that another program made.
package struct OutsideVersion: Sendable {
    package let model: String
    /// Who made them, e.g. the name of an architecture; versions of one producer have one vote together.
    package let producer: String
    package let dataset: StoredDataset
    let correct: Int
    /// In nats, in order of index.
    let losses: [Float?]
    /// In nats; `nil` unless the loss of each sample is known.
    let meanLoss: Double?
    let misclassifications: [Misclassification]

    /// - Parameters:
    ///   - ids: Keys of the test samples, in order of index.
    ///   - labels: Their classes.
    ///   - answer: What was predicted for the sample at this position. Asked once for each, in order.
    package init(
        model: String, producer: String, dataset: StoredDataset, ids: [Int], labels: [UInt16],
        answer: (_ index: Int) -> OutsideAnswer
    ) {
        self.model = model
        self.producer = producer
        self.dataset = dataset
        var (losses, misclassifications): ([Float?], [Misclassification]) = ([], [])
        losses.reserveCapacity(labels.count)
        var sum: Double? = 0
        for (index, label) in labels.enumerated() {
            let answer = answer(index)
            let loss = answer.loss(label: label)
            losses.append(loss.map { Float($0) })
            sum = sum.flatMap { sum in loss.map { sum + $0 } }
            guard answer.predicted != label else { continue }
            misclassifications.append(Misclassification(sampleID: ids[index], answer, loss: loss))
        }
        self.losses = losses
        self.misclassifications = misclassifications
        correct = labels.count - misclassifications.count
        meanLoss = sum.map { $0 / Double(labels.count) }
    }
}

extension Misclassification {
    fileprivate init(sampleID: Int, _ answer: OutsideAnswer, loss: Double?) {
        if let probabilities = answer.probabilities, let loss {
            self.init(
                sampleID: sampleID, predicted: answer.predicted, loss: Float(loss),
                probabilities: probabilities.map { Float($0) })
        } else {
            self.init(
                sampleID: sampleID, predicted: answer.predicted, confidence: answer.confidence.map { Float($0) })
        }
    }
}

extension Store {
    /// Registers predictions as the model's next version, in one transaction; the model's name is made if it is new.
    ///
    /// - Parameter check: Told the test accuracy. When it throws, nothing is stored.
    /// - Returns: The new version.
    package func register(
        _ version: OutsideVersion, check: (_ testAccuracy: Double) throws -> Void = { _ in }
    ) throws -> ModelReference {
        try connection.transaction {
            let row = try connection.query(
                """
                with named as (
                    insert into registry.model (name)
                    values ($1)
                        on conflict (name) do update
                       set last_version_number = model.last_version_number
                    returning model_id
                )
                insert into registry.run (model_id, dataset_id, configuration, epochs, state, epochs_finished, finished_at)
                select model_id, $2, jsonb_build_object('architecture', jsonb_build_object('producer', $3::text)), 1,
                       'succeeded', 1, now()
                  from named
                returning run_id, model_id
                """, version.model, version.dataset.id, version.producer)[0]
            let (run, model): (Int, Int) = (try row["run_id"], try row["model_id"])
            _ = try connection.execute(
                """
                insert into registry.epoch_metric (run_id, epoch, test_loss, test_correct, test_samples)
                values ($1, 1, $2, $3, $4)
                """, run, version.meanLoss, version.correct, version.losses.count)
            _ = try connection.copy(into: "registry.test_loss", columns: ["run_id", "epoch", "losses"]) { writer in
                try writer.row { row in
                    row.int8(Int64(run))
                    row.int4(1)
                    row.float4Array(version.losses)
                }
            }
            try insert(version.misclassifications, run: run, epoch: 1)
            let reference = try registerVersion(of: model, run: run, epoch: 1, weights: nil)
            try check(
                try connection.query("select test_accuracy from analysis.model_version where run = $1", run)[0][
                    "test_accuracy"])
            return reference
        }
    }
}
