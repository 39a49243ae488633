import NeuralNetwork
import Store

extension Evaluation {
    /// The samples that were classified wrongly, as the database keeps them.
    ///
    /// - Parameters:
    ///   - labels: Of the images that were tested.
    ///   - sampleIDs: Their keys in the database.
    func misclassifications(labels: [UInt16], sampleIDs: [Int]) -> [Misclassification] {
        let classes = probabilities.count / count
        return (0..<count).compactMap { index in
            guard predictions[index] != labels[index] else { return nil }
            return Misclassification(
                sampleID: sampleIDs[index], predicted: predictions[index], loss: losses[index],
                probabilities: Array(probabilities[index * classes..<(index + 1) * classes]))
        }
    }
}

extension Architecture {
    /// The health of the layers of which something is known.
    ///
    /// - Parameter trained: `nil` for a network that was only tested: there are no gradients.
    func layerMetrics(_ tested: Evaluation, _ trained: EpochReport? = nil) -> [LayerMetric] {
        summary().enumerated().compactMap { index, layer in
            let (norm, share) = (trained?.gradientNorms[index], tested.deadShares[index])
            guard norm != nil || share != nil else { return nil }
            return LayerMetric(layer: index + 1, name: layer.name, gradientNorm: norm, deadUnitShare: share)
        }
    }
}
