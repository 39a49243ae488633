import FoundationEssentials
import NeuralNetwork

/// All that determines the result of a run, as `registry.run.configuration` keeps it. The number of threads is not part
/// of it: it changes no result.
package struct RunConfiguration: Codable, Hashable, Sendable {
    package var architecture: Architecture
    package var training: TrainingConfiguration
    /// SHA-256 of the artifact with the weights to start from; `nil` when the seed makes them.
    package var initialWeights: String?
    /// The model version that these weights are of, e.g. `cnn@2`; `nil` where they are a file's.
    package var parent: String?
    /// The file of an imported network; `nil` for a training. Of `training` the standardisation alone is known then.
    package var source: NetworkSource?

    private enum CodingKeys: String, CodingKey {
        case architecture, training, initialWeights, parent, source
    }

    package init(
        architecture: Architecture, training: TrainingConfiguration, initialWeights: String? = nil,
        parent: String? = nil, source: NetworkSource? = nil
    ) {
        self.architecture = architecture
        self.training = training
        self.initialWeights = initialWeights
        self.parent = parent
        self.source = source
    }

    /// A JSON object with snake_case keys.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// Reads what `json()` wrote. Whoever may write to the database may have written something else.
    ///
    /// - Parameter isToBeTrained: Whether a setting that this program does not know is refused: a newer one may have asked
    ///   for what this one cannot do. To show what was trained, it is of no matter.
    /// - Throws: `UnreadableConfiguration`, or `TrainingError` for a setting that is out of its range.
    package init(json: String, isToBeTrained: Bool = false) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            self = try decoder.decode(RunConfiguration.self, from: Data(json.utf8))
            if isToBeTrained {
                // An architecture refuses what it does not know by itself, and leaves out what is usual.
                let asked = try JSONDecoder().decode(SettingNames.self, from: Data(json.utf8))
                let known = try JSONDecoder().decode(SettingNames.self, from: Data(self.json().utf8))
                if let name = asked.paths.subtracting(known.paths).filter({ !$0.hasPrefix("architecture.") }).min() {
                    throw UnreadableConfiguration(unknown: name)
                }
            }
        } catch let error as DecodingError {
            throw UnreadableConfiguration(error)
        }
        try training.check()
    }
}

/// The file that a network was imported from.
package struct NetworkSource: Codable, Hashable, Sendable {
    package enum Format: String, Codable, Sendable {
        case safetensors, onnx
    }

    package var format: Format
    /// Its name, without folders.
    package var file: String
    /// Of its bytes, in hexadecimal.
    package var sha256: String

    package init(format: Format, file: String, sha256: String) {
        self.format = format
        self.file = file
        self.sha256 = sha256
    }
}

extension RunConfiguration {
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(architecture, forKey: .architecture)
        if source == nil {
            try values.encode(training, forKey: .training)
        } else {
            try values.encode(KnownOfTraining(standardization: training.standardization), forKey: .training)
        }
        try values.encodeIfPresent(initialWeights, forKey: .initialWeights)
        try values.encodeIfPresent(parent, forKey: .parent)
        try values.encodeIfPresent(source, forKey: .source)
    }

    /// What is known of how an imported network was trained.
    private struct KnownOfTraining: Encodable {
        let standardization: Standardization?
    }
}

/// The settings in a JSON object, written `training.schedule.kind`. Those that are null are as absent ones.
private struct SettingNames: Decodable {
    var paths: Set<String> = []

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        // What is no object has no settings within.
        guard let values = try? decoder.container(keyedBy: Name.self) else { return }
        for key in values.allKeys {
            if try values.decodeNil(forKey: key) { continue }
            paths.insert(key.stringValue)
            paths.formUnion(
                try values.decode(SettingNames.self, forKey: key).paths.map { "\(key.stringValue).\($0)" })
        }
    }
}

/// A stored configuration that is none.
package struct UnreadableConfiguration: Error, CustomStringConvertible {
    package let description: String

    init(unknown setting: String) {
        description = "The run's configuration has the setting “\(setting)”, which this program does not know"
    }

    init(_ error: DecodingError) {
        let (path, reason): ([any CodingKey], String) =
            switch error {
            case .keyNotFound(let key, let context): (context.codingPath + [key], "it is missing")
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                (context.codingPath, context.debugDescription)
            @unknown default: ([], "it can't be decoded")
            }
        let setting = path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        description = "The run's configuration can't be read\(setting.isEmpty ? "" : " at “\(setting)”"): \(reason)"
    }
}
