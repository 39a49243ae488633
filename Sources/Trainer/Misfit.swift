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
    public let dataset: DatasetDescription
    /// The first name that the version's data set does not have.
    public let name: String

    public var description: String {
        "The data set “\(dataset.name)” has a class “\(name)”, which \(version) was not trained on: the two cannot be compared."
    }
}

extension DatasetDescription {
    /// The place of each class of another data set among the classes of this one, by name.
    ///
    /// - Throws: `OtherClasses` unless both have the same names.
    func places(of other: DatasetDescription, learnedBy version: ModelReference) throws -> [Int] {
        if let name = classNames.first(where: { !other.classNames.contains($0) }) {
            throw OtherClasses(version: version, dataset: self, name: name)
        }
        return other.classNames.compactMap { classNames.firstIndex(of: $0) }
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
