import NeuralNetwork
import Store

/// A network and a data set that do not belong together.
package struct Misfit: Error, Sendable, CustomStringConvertible {
    package let architecture: Architecture
    package let dataset: DatasetDescription

    package var description: String {
        "The network “\(architecture.name)” takes images of \(architecture.input) in \(architecture.classes) classes; "
            + "the data set “\(dataset.name)” has images of \(dataset.shape) in \(dataset.classNames.count) classes."
    }
}

/// A model version and a data set whose classes have other names: which is which nobody knows.
package struct OtherClasses: Error, Sendable, CustomStringConvertible {
    package let version: ModelReference
    /// The name of the version's architecture.
    package let network: String
    package let dataset: StoredDataset
    /// The first name that the version's data set does not have.
    package let name: String

    package var description: String {
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
    package func checkFits(_ dataset: DatasetDescription) throws {
        guard accepts(dataset.shape), classes == dataset.classNames.count else {
            throw Misfit(architecture: self, dataset: dataset)
        }
    }
}
