import NeuralNetwork
import Store

/// A network and a data set that do not belong together.
public struct Misfit: Error, Sendable, CustomStringConvertible {
    public let architecture: Architecture
    public let dataset: DatasetDescription

    public var description: String {
        "The network “\(architecture.name)” takes images of \(architecture.input) in \(architecture.classes) classes; "
            + "the data set “\(dataset.name)” has images of \(dataset.imageShape) in \(dataset.classNames.count) classes."
    }
}

extension Architecture {
    /// - Throws: `Misfit` when the network can't learn the data set.
    public func checkFits(_ dataset: DatasetDescription) throws {
        guard accepts(dataset.imageShape), classes == dataset.classNames.count else {
            throw Misfit(architecture: self, dataset: dataset)
        }
    }
}

extension DatasetDescription {
    public var imageShape: ImageShape { ImageShape(channels: channels, height: height, width: width) }
}
