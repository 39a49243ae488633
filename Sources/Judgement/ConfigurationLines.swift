import NeuralNetwork

extension TrainingConfiguration {
    /// One line per setting, with name and value. Settings that have no effect are left out.
    public var lines: [[String]] {
        var lines = [
            ["epochs", "\(epochs)"], ["batch size", "\(batchSize)"],
            ["optimiser", optimizerLine], ["learning rate", "\(learningRate)\(scheduleLine)"],
            ["weight decay", "\(weightDecay)"],
        ]
        if labelSmoothing > 0 { lines.append(["label smoothing", "\(labelSmoothing)"]) }
        lines.append(["initialisation", initialization.rawValue])
        if augmentation.shift > 0 { lines.append(["shift", "up to ±\(augmentation.shift) pixels"]) }
        if augmentation.rotation > 0 { lines.append(["rotation", "up to ±\(augmentation.rotation)°"]) }
        lines.append(["seed", "\(seed)"])
        lines.append(["order", shuffles ? "shuffled each epoch" : "as in the data set"])
        let moments = standardization.map { "mean \($0.mean), deviation \($0.standardDeviation)" }
        lines.append(["standardised", moments ?? "no"])
        return lines
    }

    private var optimizerLine: String {
        switch optimizer {
        case .sgd: momentum == 0 ? "sgd" : "sgd, \(usesNesterov ? "Nesterov " : "")momentum \(momentum)"
        case .adam, .adamw: "\(optimizer.rawValue), β₁ \(beta1), β₂ \(beta2), ε \(epsilon)"
        }
    }

    private var scheduleLine: String {
        let warmup = schedule.warmupEpochs == 0 ? "" : ", after \(schedule.warmupEpochs) epochs of warm-up"
        let change =
            switch schedule.kind {
            case .constant: ""
            case .exponential: ", × \(schedule.decay) an epoch"
            case .step: ", × \(schedule.decay) every \(schedule.stepEpochs) epochs"
            case .cosine: ", along a cosine to \(schedule.minimum)"
            }
        return warmup + change
    }
}
