/// A JSON text in the making. Objects keep the order of their keys.
public enum JSONValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])
    /// JSON text from elsewhere, taken over as it is.
    case verbatim(String)

    /// A key and its value.
    public struct Member: Sendable, Hashable {
        public let key: String
        public let value: JSONValue

        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The text, indented by two spaces a level, without a line's end.
    public var text: String { text(indentation: "") }

    /// The text on one line.
    public var line: String {
        switch self {
        case .array(let values): "[" + values.map(\.line).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(Self.quoted($0.key)):\($0.value.line)" }.joined(separator: ",") + "}"
        default: text
        }
    }

    private func text(indentation: String) -> String {
        switch self {
        case .null: return "null"
        case .boolean(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        // As PostgreSQL does it: JSON has no numbers for these.
        case .number(let value): return value.isFinite ? "\(value)" : "\"\(Self.name(ofNonFinite: value))\""
        case .string(let value): return Self.quoted(value)
        case .verbatim(let text): return text
        case .array(let values):
            return Self.bracketed(values.map { $0.text(indentation: indentation + "  ") }, "[", "]", indentation)
        case .object(let members):
            let lines = members.map { "\(Self.quoted($0.key)): \($0.value.text(indentation: indentation + "  "))" }
            return Self.bracketed(lines, "{", "}", indentation)
        }
    }

    private static func bracketed(_ lines: [String], _ open: String, _ close: String, _ indentation: String) -> String {
        guard !lines.isEmpty else { return open + close }
        return "\(open)\n" + lines.map { "\(indentation)  \($0)" }.joined(separator: ",\n") + "\n\(indentation)\(close)"
    }

    static func name(ofNonFinite value: Double) -> String {
        value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            // The same text to every reader of JSON, and nothing that a terminal obeys.
            case _ where scalar.isControl:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
