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
        let configuration = try connection.query(
            "select jsonb_build_object('architecture', jsonb_build_object('producer', $1::text))::text as configuration",
            version.producer)[0]
        return try registerImport(
            RunRequest(
                model: version.model, datasetID: version.dataset.id, configuration: try configuration["configuration"],
                parameterCount: nil, multiplyAdds: nil, epochs: 1),
            ImportedTest(
                losses: version.losses, meanLoss: version.meanLoss, correct: version.correct,
                misclassifications: version.misclassifications), weights: nil, check: check)
    }
}
