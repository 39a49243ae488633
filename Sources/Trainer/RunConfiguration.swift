import FoundationEssentials
import NeuralNetwork

/// All that determines the result of a run, as `registry.run.configuration` keeps it. The number of threads is not part
/// of it: it changes no result.
public struct RunConfiguration: Codable, Hashable, Sendable {
    public var architecture: Architecture
    public var training: TrainingConfiguration
    /// SHA-256 of the artifact with the weights to start from; `nil` when the seed makes them.
    public var initialWeights: String?

    public init(architecture: Architecture, training: TrainingConfiguration, initialWeights: String? = nil) {
        self.architecture = architecture
        self.training = training
        self.initialWeights = initialWeights
    }

    /// A JSON object with snake_case keys.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// Reads what `json()` wrote. Whoever may write to the database may have written something else.
    ///
    /// - Throws: `UnreadableConfiguration`, or `TrainingError` for a setting that is out of its range.
    public init(json: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            self = try decoder.decode(RunConfiguration.self, from: Data(json.utf8))
        } catch let error as DecodingError {
            throw UnreadableConfiguration(error)
        }
        try training.check()
    }
}

/// A stored configuration that is none.
public struct UnreadableConfiguration: Error, CustomStringConvertible {
    public let description: String

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
