import PostgreSQL
import Samples

/// The registry's tables in one database, through one connection.
///
/// Each subject has a file of its own that extends this type: `Datasets.swift`, `Runs.swift`, `ModelVersions.swift`, …
/// Like its connection, a store is used by one thread at a time.
package final class Store {
    /// The connection that every statement goes through.
    package let connection: Connection

    /// Wraps a connection. The schema of an empty database is made; one that is there is never changed.
    ///
    /// - Throws: `SchemaError` when the schema and this program do not fit together, `PostgreSQLError` otherwise.
    package init(connection: Connection) throws {
        self.connection = connection
        try Schema.current.prepare(connection)
    }
}

/// Something that was asked for by name and is not in the database.
package enum NotFound: Error, Sendable, CustomStringConvertible {
    case dataset(String)
    /// A data set, written mnist@1, has no such split.
    case split(Split, of: String)
    case model(String, known: [String])
    case modelVersion(ModelReference, newest: Int?)
    case artifact(String)

    package var description: String {
        switch self {
        case .dataset(let name): "There is no data set “\(name)”."
        case .split(let split, let dataset): "\(dataset) has no \(split.rawValue) split."
        case .model(let name, let known) where known.isEmpty:
            "There is no model “\(name)”: nothing has been trained yet."
        case .model(let name, let known):
            "There is no model “\(name)”. There are: \(known.prefix(20).joined(separator: ", "))"
                + (known.count > 20 ? " and \(known.count - 20) more." : ".")
        case .modelVersion(let reference, nil): "\(reference): the model has no version yet."
        case .modelVersion(let reference, let newest?):
            "There is no version \(reference). The newest is \(reference.model)@\(newest)."
        case .artifact(let digest):
            "The artifact \(digest) is not in the database, or not whole."
        }
    }
}
