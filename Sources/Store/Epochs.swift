import PostgreSQL

/// What one epoch reached, as the database keeps it. Losses are mean cross-entropies in nats.
package struct EpochRecord: Sendable {
    /// Counts from 1.
    package var epoch: Int
    package var learningRate: Double
    package var trainingLoss: Double
    package var trainingCorrect: Int
    package var trainingSamples: Int
    package var trainingSeconds: Double
    package var testLoss: Double
    package var testCorrect: Int
    package var testSamples: Int
    package var testSeconds: Double
    package var stepLosses: [StepLoss]
    package var misclassifications: [Misclassification]
    package var layerMetrics: [LayerMetric]
    /// On the validation split; `nil` for a data set without one.
    package var validation: ValidationResult?
    /// Loss of each test sample, in order; kept for a run's last epoch only.
    package var testLosses: [Float]?

    package init(
        epoch: Int, learningRate: Double, trainingLoss: Double, trainingCorrect: Int, trainingSamples: Int,
        trainingSeconds: Double, testLoss: Double, testCorrect: Int, testSamples: Int, testSeconds: Double,
        stepLosses: [StepLoss], misclassifications: [Misclassification], layerMetrics: [LayerMetric] = [],
        validation: ValidationResult? = nil, testLosses: [Float]? = nil
    ) {
        self.epoch = epoch
        self.learningRate = learningRate
        self.trainingLoss = trainingLoss
        self.trainingCorrect = trainingCorrect
        self.trainingSamples = trainingSamples
        self.trainingSeconds = trainingSeconds
        self.testLoss = testLoss
        self.testCorrect = testCorrect
        self.testSamples = testSamples
        self.testSeconds = testSeconds
        self.stepLosses = stepLosses
        self.misclassifications = misclassifications
        self.layerMetrics = layerMetrics
        self.validation = validation
        self.testLosses = testLosses
    }
}

/// What an epoch reached on the validation split.
package struct ValidationResult: Sendable, Hashable {
    /// Mean cross-entropy, in nats.
    package var loss: Double
    package var correct: Int
    package var samples: Int

    package init(loss: Double, correct: Int, samples: Int) {
        self.loss = loss
        self.correct = correct
        self.samples = samples
    }
}

/// The health of a layer after an epoch.
package struct LayerMetric: Sendable, Hashable {
    /// Position in the architecture, from 1.
    package var layer: Int
    /// The start of its weights' names, or its type where it has none.
    package var name: String
    /// In the epoch's last step; `nil` without weights.
    package var gradientNorm: Double?
    /// Share of a ReLU layer's units that were zero for all test samples; `nil` for other layers.
    package var deadUnitShare: Double?

    package init(layer: Int, name: String, gradientNorm: Double?, deadUnitShare: Double?) {
        self.layer = layer
        self.name = name
        self.gradientNorm = gradientNorm
        self.deadUnitShare = deadUnitShare
    }
}

/// A point of the loss curve.
package struct StepLoss: Sendable, Hashable {
    /// Training samples learned from, over all epochs, when the loss was measured.
    package var samplesSeen: Int
    /// Mean loss of the batch, in nats.
    package var loss: Double

    package init(samplesSeen: Int, loss: Double) {
        self.samplesSeen = samplesSeen
        self.loss = loss
    }
}

/// A test sample that was classified wrongly.
package struct Misclassification: Sendable, Hashable {
    /// Key of the sample in the database.
    package var sampleID: Int
    package var predicted: UInt16
    /// Probability given to the predicted class; `nil` where imported predictions do not tell it.
    package var confidence: Float?
    /// Cross-entropy, in nats; `nil` where there are no probabilities.
    package var loss: Float?
    /// Of each class, class 0 first; `nil` where imported predictions do not tell it.
    package var probabilities: [Float]?

    package init(sampleID: Int, predicted: UInt16, loss: Float, probabilities: [Float]) {
        self.sampleID = sampleID
        self.predicted = predicted
        self.loss = loss
        self.probabilities = probabilities
        let position = Int(predicted)
        confidence = probabilities.indices.contains(position) ? probabilities[position] : nil
    }

    /// One of imported predictions without the probabilities of the other classes.
    package init(sampleID: Int, predicted: UInt16, confidence: Float?) {
        self.sampleID = sampleID
        self.predicted = predicted
        self.confidence = confidence
    }
}

extension Store {
    /// Inserts all rows of an epoch; part of the transaction of `record(_:under:)`.
    func insert(_ epoch: EpochRecord, under lease: Lease) throws {
        let run = lease.run
        _ = try connection.execute(
            """
            insert into registry.epoch_metric (run_id, epoch, learning_rate,
                                               training_loss, training_correct, training_samples, training_seconds,
                                               test_loss, test_correct, test_samples, test_seconds, fence,
                                               validation_loss, validation_correct, validation_samples)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            """,
            run, epoch.epoch, epoch.learningRate, epoch.trainingLoss, epoch.trainingCorrect, epoch.trainingSamples,
            epoch.trainingSeconds, epoch.testLoss, epoch.testCorrect, epoch.testSamples, epoch.testSeconds, lease.fence,
            epoch.validation?.loss, epoch.validation?.correct, epoch.validation?.samples)
        _ = try connection.copy(into: "registry.step_loss", columns: ["run_id", "samples_seen", "loss"]) { writer in
            for step in epoch.stepLosses {
                try writer.row { row in
                    row.int8(Int64(run))
                    row.int8(Int64(step.samplesSeen))
                    row.float8(step.loss)
                }
            }
        }
        try insert(epoch.layerMetrics, run: run, epoch: epoch.epoch)
        if let losses = epoch.testLosses {
            _ = try connection.execute(
                "insert into registry.test_loss (run_id, epoch, losses) values ($1, $2, $3)", run, epoch.epoch, losses)
        }
        try insert(epoch.misclassifications, run: run, epoch: epoch.epoch)
    }

    /// Inserts the health of the layers after an epoch; part of the transaction that stores the epoch.
    func insert(_ metrics: [LayerMetric], run: Int, epoch: Int) throws {
        for metric in metrics {
            _ = try connection.execute(
                """
                insert into registry.layer_metric (run_id, epoch, layer, name, gradient_norm, dead_unit_share)
                values ($1, $2, $3, $4, $5, $6)
                """,
                run, epoch, metric.layer, metric.name, metric.gradientNorm, metric.deadUnitShare)
        }
    }

    /// Inserts all misclassified samples of an epoch; part of the transaction that stores the epoch.
    func insert(_ misclassifications: [Misclassification], run: Int, epoch: Int) throws {
        _ = try connection.copy(
            into: "registry.misclassification",
            columns: ["run_id", "sample_id", "epoch", "predicted", "confidence", "loss", "probabilities"]
        ) { writer in
            for wrong in misclassifications {
                try writer.row { row in
                    row.int8(Int64(run))
                    row.int8(Int64(wrong.sampleID))
                    row.int4(Int32(epoch))
                    row.int2(Int16(wrong.predicted))
                    row.float4(wrong.confidence)
                    row.float4(wrong.loss)
                    if let probabilities = wrong.probabilities { row.float4Array(probabilities) } else { row.null() }
                }
            }
        }
    }
}
