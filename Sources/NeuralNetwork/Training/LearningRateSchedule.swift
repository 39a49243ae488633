/// How the learning rate changes from epoch to epoch.
package struct LearningRateSchedule: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// Always the same.
        case constant
        /// × `decay` after every epoch.
        case exponential
        /// × `decay` after every `stepEpochs` epochs.
        case step
        /// Along half a cosine, from the learning rate to `minimum` after the last epoch.
        ///
        /// - Source: Loshchilov and Hutter, “SGDR: stochastic gradient descent with warm restarts”, 2017.
        case cosine
    }

    package var kind = Kind.constant
    package var decay = 1.0
    package var stepEpochs = 1
    package var minimum = 0.0
    /// Epochs before the schedule begins, in which the learning rate grows evenly: in epoch e of n it is e / (n + 1) of
    /// the full one.
    package var warmupEpochs = 0

    package init() {}

    /// - Parameters:
    ///   - epoch: Counts from 1.
    ///   - epochs: Of the whole training.
    ///   - full: The learning rate at the schedule's beginning.
    func learningRate(inEpoch epoch: Int, of epochs: Int, from full: Double) -> Double {
        guard epoch > warmupEpochs else { return full * Double(epoch) / Double(warmupEpochs + 1) }
        let passed = epoch - warmupEpochs - 1
        switch kind {
        case .constant: return full
        case .exponential: return full * power(decay, passed)
        case .step: return full * power(decay, passed / max(stepEpochs, 1))
        case .cosine:
            let whole = max(epochs - warmupEpochs, 1)
            return minimum + (full - minimum) * (1 + cosine(.pi * Double(passed) / Double(whole))) / 2
        }
    }
}
