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

/// A model version and a data set whose classes have other names: which is which nobody knows.
public struct OtherClasses: Error, Sendable, CustomStringConvertible {
    public let version: ModelReference
    /// The name of the version's architecture.
    public let network: String
    public let dataset: StoredDataset
    /// The first name that the version's data set does not have.
    public let name: String

    public var description: String {
        "The data set “\(dataset.name)” has a class “\(name)”, which \(version) was not trained on."
    }
}

extension StoredDataset {
    /// The place of each class among those that a version has learned, by name.
    ///
    /// - Throws: `OtherClasses` when it has not learned one of them.
    func places(
        among learned: DatasetDescription, of version: ModelReference, network: String
    ) throws -> [Int] {
        try description.classNames.map { name in
            guard let place = learned.classNames.firstIndex(of: name) else {
                throw OtherClasses(version: version, network: network, dataset: self, name: name)
            }
            return place
        }
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
