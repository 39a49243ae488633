import NeuralNetwork
import Reporting
import Store
import Trainer

extension RunConfiguration {
    /// One line per setting, with name and value. Settings that have no effect are left out; of an imported network all is
    /// left out but how pixels become its input.
    package var lines: [[String]] {
        if let source {
            return [
                ["imported from", "\(source.file) (\(source.format.rawValue))"], ["SHA-256", source.sha256],
                training.standardizationLine,
            ]
        }
        let start = parent ?? initialWeights.map { "a file with SHA-256 \($0)" }
        return (start.map { [["weights at the start", "those of \($0)"]] } ?? []) + training.lines
    }
}

extension RunConfiguration {
    /// A sentence: how pixels become the network's input.
    package var pixelLine: String {
        "Pixels are \(training.standardization.map { "standardised with \($0.text)" } ?? "scaled to 0…1 alone")."
    }
}

extension TrainingConfiguration {
    fileprivate var lines: [[String]] {
        var lines = [
            ["epochs", Quantity.count(epochs)], ["batch size", Quantity.count(batchSize)],
            ["optimiser", optimizerLine], ["learning rate", Quantity.number(learningRate) + scheduleLine],
            ["weight decay", Quantity.number(weightDecay)],
        ]
        if labelSmoothing > 0 { lines.append(["label smoothing", Quantity.number(labelSmoothing)]) }
        lines.append(["initialisation", initialization.rawValue])
        if augmentation.shift > 0 { lines.append(["shift", "up to ±\(Quantity.count(augmentation.shift, "pixel"))"]) }
        if augmentation.rotation > 0 {
            lines.append(["rotation", "up to ±\(Quantity.number(augmentation.rotation))°"])
        }
        lines.append(["seed", "\(seed)"])
        lines.append(["order", shuffles ? "shuffled each epoch" : "as in the data set"])
        lines.append(standardizationLine)
        return lines
    }

    fileprivate var standardizationLine: [String] { ["standardised", standardization?.text ?? "no"] }

    private var optimizerLine: String {
        switch optimizer {
        case .sgd:
            momentum == 0 ? "sgd" : "sgd, \(usesNesterov ? "Nesterov " : "")momentum \(Quantity.number(momentum))"
        case .adam, .adamw:
            "\(optimizer.rawValue), β₁ \(Quantity.number(beta1)), β₂ \(Quantity.number(beta2)), "
                + "ε \(Quantity.number(epsilon))"
        }
    }

    private var scheduleLine: String {
        let warmup =
            schedule.warmupEpochs == 0 ? "" : ", after \(Quantity.count(schedule.warmupEpochs, "epoch")) of warm-up"
        let change =
            switch schedule.kind {
            case .constant: ""
            case .exponential: ", × \(Quantity.number(schedule.decay)) after each epoch"
            case .step: ", × \(Quantity.number(schedule.decay)) every \(Quantity.count(schedule.stepEpochs, "epoch"))"
            case .cosine: ", along a cosine to \(Quantity.number(schedule.minimum))"
            }
        return warmup + change
    }
}

extension Standardization {
    /// Mean and deviation of the intensities, scaled to 0…1, of each channel where they differ.
    package var text: String {
        zip(means, standardDeviations).map { "mean \(Quantity.number($0)), deviation \(Quantity.number($1))" }
            .joined(separator: "; ")
    }
}
