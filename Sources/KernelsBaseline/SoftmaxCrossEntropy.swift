import KernelTypes

/// One unit of softmax with cross-entropy: 16 samples.
///
/// With the largest logit m and the smoothing ε over K classes: the target is t = (1 − ε)·[label] + ε/K, the loss is
/// ln Σ e^(z − m) − Σ t·(z − m), p = e^(z − m) / Σ, and the gradient of the batch's mean loss is (p − t) / count.
func softmaxCrossEntropy(_ operation: SoftmaxCrossEntropy, unit: Int) {
    let classes = operation.classes
    let width = paddedToLanes(classes)
    let spread = operation.labelSmoothing / Float(classes)
    for sample in unit * lanes..<min(operation.count, (unit + 1) * lanes) {
        let logits = operation.logits + sample * width
        let label = Int(operation.labels[sample])
        var best = 0
        for index in 1..<max(classes, 1) where logits[index] > logits[best] { best = index }
        operation.predictions[sample] = UInt16(truncatingIfNeeded: best)

        let maximum = Lanes(repeating: logits[best])
        var sums = Lanes()
        for start in stride(from: 0, to: width, by: lanes) {
            sums += exponentials(logits + start, minus: maximum, count: classes - start)
        }
        let sum = sums.total
        var target = logits[label] - logits[best]
        if operation.labelSmoothing > 0 {
            var distances = Lanes()
            for start in stride(from: 0, to: width, by: lanes) {
                let distance = load(logits + start) - maximum
                distances += distance.replacing(with: 0, where: laneNumbers .>= Float(classes - start))
            }
            target = (1 - operation.labelSmoothing) * target + spread * distances.total
        }
        operation.losses[sample] = logarithm(Lanes(repeating: sum))[0] - target

        let inverse = Lanes(repeating: 1 / sum)
        for start in stride(from: 0, to: width, by: lanes) {
            let probabilities = exponentials(logits + start, minus: maximum, count: classes - start) * inverse
            if let gradient = operation.gradient {
                var difference = probabilities
                if operation.labelSmoothing > 0 {
                    difference -= Lanes(repeating: spread)
                        .replacing(with: 0, where: laneNumbers .>= Float(classes - start))
                }
                if label >= start && label < start + lanes {
                    difference[label - start] -= 1 - operation.labelSmoothing
                }
                store(difference * (1 / Float(operation.count)), gradient + sample * width + start)
            }
            if let kept = operation.probabilities {
                for index in 0..<min(lanes, classes - start) {
                    kept[sample * classes + start + index] = probabilities[index]
                }
            }
        }
    }
}

/// e^(z − m) for the first `count` lanes, zero for those that only pad.
@inline(__always)
private func exponentials(_ logits: UnsafePointer<Float>, minus maximum: Lanes, count: Int) -> Lanes {
    let powers = exponential(load(logits) - maximum)
    guard count < lanes else { return powers }
    return powers.replacing(with: 0, where: laneNumbers .>= Float(count))
}

let laneNumbers = Lanes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
