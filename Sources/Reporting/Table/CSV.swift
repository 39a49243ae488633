extension Table {
    /// A header and a line per row, after RFC 4180; an empty field is an absent value.
    package var csv: String {
        ([keys.map(Self.csvField)] + rows.map { $0.map(Self.csvField) })
            .map { $0.joined(separator: ",") + "\r\n" }.joined()
    }

    fileprivate static func csvField(_ value: JSONValue) -> String {
        quoted(csvText(value), separator: ",")
    }

    private static func csvField(_ text: String) -> String { quoted(text, separator: ",") }

    private static func csvText(_ value: JSONValue) -> String {
        switch value {
        case .null: ""
        case .string(let text): text
        case .number(let number) where !number.isFinite: JSONValue.name(ofNonFinite: number)
        // A line of CSV within the field, with spaces for its commas.
        case .array(let values): values.map { quoted(csvText($0), separator: " ") }.joined(separator: " ")
        default: value.line
        }
    }

    /// By Unicode scalar: a quote or a separator that is joined to its neighbour is a `Character` of another kind.
    private static func quoted(_ text: String, separator: Unicode.Scalar) -> String {
        let special: Set<Unicode.Scalar> = [separator, "\"", "\r", "\n"]
        guard text.unicodeScalars.contains(where: special.contains) else { return text }
        let quotes = text.unicodeScalars.split(separator: "\"", omittingEmptySubsequences: false)
        return "\"" + quotes.map { String($0) }.joined(separator: "\"\"") + "\""
    }
}
