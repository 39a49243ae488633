/// A JSON text in the making. Objects keep the order of their keys.
package enum JSONValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])
    /// JSON text from elsewhere, taken over value for value.
    case verbatim(String)

    /// A key and its value.
    package struct Member: Sendable, Hashable {
        package let key: String
        package let value: JSONValue

        package init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// An object with the members of both.
    ///
    /// - Returns: The first value, where one of them is no object.
    package static func + (a: JSONValue, b: JSONValue) -> JSONValue {
        guard case .object(let first) = a, case .object(let second) = b else { return a }
        return .object(first + second)
    }

    /// The text, indented by two spaces a level, without a line's end.
    package var text: String { text(indentation: "") }

    /// The text on one line.
    package var line: String {
        switch self {
        case .array(let values): "[" + values.map(\.line).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(Self.quoted($0.key)):\($0.value.line)" }.joined(separator: ",") + "}"
        case .verbatim(let text): Self.laidOut(text, indentation: nil)
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
        case .verbatim(let text): return Self.laidOut(text, indentation: indentation)
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

    /// Valid JSON with other white space between its parts: indented as the rest, or on one line.
    private static func laidOut(_ json: String, indentation: String?) -> String {
        var text = String.UnicodeScalarView()
        var (isString, isEscaped, depth) = (false, false, 0)
        var previous: Unicode.Scalar = " "
        func startLine() {
            guard let indentation else { return }
            text.append(contentsOf: ("\n" + indentation + String(repeating: "  ", count: depth)).unicodeScalars)
        }
        for scalar in json.unicodeScalars {
            if isString {
                isString = isEscaped || scalar != "\""
                isEscaped = !isEscaped && scalar == "\\"
                text.append(contentsOf: (scalar.isControl ? escaped(scalar) : String(scalar)).unicodeScalars)
                previous = scalar
                continue
            }
            let isEnd = scalar == "}" || scalar == "]"
            if [" ", "\n", "\r", "\t"].contains(scalar) { continue }
            if isEnd { depth -= 1 }
            if previous == "," || ["{", "["].contains(previous) && !isEnd { startLine() }
            if isEnd, !["{", "["].contains(previous) { startLine() }
            if previous == ":", indentation != nil { text.append(" ") }
            text.append(scalar)
            if scalar == "{" || scalar == "[" { depth += 1 }
            isString = scalar == "\""
            previous = scalar
        }
        return String(text)
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
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
            case _ where scalar.isControl: result += escaped(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(members.map { Member($0.0, $0.1) })
    }
}
