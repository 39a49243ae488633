import NeuralNetwork
import Reporting
import Store
import SystemPackage
import Trainer

/// A network in a file that another program wrote, before it is known what it is tested on.
struct NetworkFile {
    private enum Content {
        /// `nil` for a built-in network, which adapts itself to the data set.
        case weights(ForeignWeights, architecture: String, described: Architecture?)
        case network(ForeignNetwork)
    }

    private let path: String
    private let content: Content
    private let source: NetworkSource

    static let extensions = ["onnx", "safetensors"]

    static func format(of path: String) -> NetworkSource.Format? {
        hasExtension(path, ["onnx"]) ? .onnx : hasExtension(path, ["safetensors"]) ? .safetensors : nil
    }

    /// - Parameter architecture: Of weights: a built-in network, or a file in JSON.
    init(_ path: String, architecture: String?) throws {
        self.path = path
        // The file, what is read of it, and the network are in memory at the same time.
        let bytes = try readFile(path, limit: Memory.available / 5)
        if let architecture {
            let isBuiltIn = Architecture.builtInNames.contains(architecture)
            let described = isBuiltIn ? nil : try describedArchitecture(architecture)
            content = .weights(try ForeignWeights(bytes), architecture: architecture, described: described)
        } else {
            content = .network(try ForeignNetwork(onnx: bytes))
        }
        source = NetworkSource(
            format: architecture == nil ? .onnx : .safetensors,
            file: FilePath(path).lastComponent?.string ?? path, sha256: sha256(bytes))
    }

    /// What a person should know of how it was read, a sentence each.
    var remarks: [String] {
        guard case .weights(let weights, _, _) = content else { return [] }
        return weights.changes
            + weights.shared.map { "\($0.joined(separator: " and ")) are one tensor; each gets numbers of its own." }
    }

    /// The network as it is tested on a data set.
    ///
    /// - Throws: `OwnScale` where the file itself says how pixels become its input.
    func network(for dataset: DatasetDescription, _ pixels: StandardizationOptions) throws -> ImportedNetwork {
        switch content {
        case .weights(let weights, let name, let described):
            let found =
                try described
                ?? Architecture.builtIn(name, input: dataset.shape, classes: dataset.classNames.count)
            guard let architecture = found else { throw UnknownArchitecture(name: name) }
            return try ImportedNetwork(
                architecture, weights: weights.tensors, standardization: pixels.standardization(for: dataset),
                source: source)
        case .network(let network):
            let standardization: Standardization?
            switch network.scale {
            case .left: standardization = pixels.standardization(for: dataset)
            case .zeroToOne: standardization = nil
            case .standardized(let own): standardization = own
            }
            guard network.scale == .left || !pixels.isGiven else { throw OwnScale(path: path) }
            return try ImportedNetwork(
                network.architecture, weights: network.weights, standardization: standardization, source: source)
        }
    }
}

/// An ONNX file that standardises pixels itself, and options that say how to.
struct OwnScale: Failure {
    let path: String

    var exitStatus: ExitStatus { .usage }
    var description: String {
        "\(path): it says itself how pixels become its input, and no other way may be given."
    }
}
