/// A value that can be sent as a parameter.
///
/// Numbers, texts and arrays are sent as text of no declared type, so that the server takes the type that the statement
/// needs there: an `Int` fits `smallint`, `integer` and `bigint`, a `String` fits `text`, `jsonb` and enumerations, as a
/// literal in quotes would. Bytes are sent in binary form as `bytea`.
package protocol PostgreSQLEncodable {
    var postgreSQLParameter: Parameter { get }
}

/// A parameter as it goes over the wire.
package enum Parameter: Sendable, Hashable {
    case text(String)
    case bytes([UInt8])
}

extension String: PostgreSQLEncodable {
    package var postgreSQLParameter: Parameter { .text(self) }
}

extension Int: PostgreSQLEncodable {
    package var postgreSQLParameter: Parameter { .text(String(self)) }
}

extension Int64: PostgreSQLEncodable {
    package var postgreSQLParameter: Parameter { .text(String(self)) }
}

extension Bool: PostgreSQLEncodable {
    package var postgreSQLParameter: Parameter { .text(self ? "t" : "f") }
}

extension Double: PostgreSQLEncodable {
    /// The shortest decimal that reads back as the same number.
    package var postgreSQLParameter: Parameter { .text(isNaN ? "NaN" : String(describing: self)) }
}

extension Float: PostgreSQLEncodable {
    /// The shortest decimal that reads back as the same number.
    package var postgreSQLParameter: Parameter { .text(isNaN ? "NaN" : String(describing: self)) }
}

extension Timestamp: PostgreSQLEncodable {
    package var postgreSQLParameter: Parameter { .text(description) }
}

extension Array: PostgreSQLEncodable where Element: PostgreSQLEncodable {
    /// An array literal; `[UInt8]`, which is not an array to PostgreSQL, becomes a `bytea`.
    package var postgreSQLParameter: Parameter {
        // An empty array of anything can be cast to one of bytes.
        if Element.self == UInt8.self, let bytes = self as? [UInt8] { return .bytes(bytes) }
        let elements = map { element in
            switch element.postgreSQLParameter {
            case .text(let text): text.asArrayElement
            case .bytes(let bytes):
                "\"\\\\x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\""
            }
        }
        return .text("{" + elements.joined(separator: ",") + "}")
    }
}

extension UInt8: PostgreSQLEncodable {
    package var postgreSQLParameter: Parameter { .text(String(self)) }
}
