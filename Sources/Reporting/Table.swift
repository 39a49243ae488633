/// Rows of values under named columns, as a query returned them.
public struct Table: Sendable {
    /// How the values of a column are shown to a person. JSON and CSV always have them in full.
    public enum Style: Sendable, Hashable {
        /// Texts as they are, whole numbers with commas, others in full.
        case plain
        /// Whole numbers without commas: numbers that name something.
        case identifier
        case decimals(Int)
        case percent
        /// A p value.
        case probability
        case duration
        /// A moment, to the second.
        case moment
        /// A hexadecimal digest, its first twelve digits.
        case digest
        /// Not shown in a table.
        case hidden
    }

    /// In order; unique.
    public let keys: [String]
    /// One value a key.
    public let rows: [[JSONValue]]
    private let styles: [String: Style]
    private let titles: [String: String]

    /// - Parameters:
    ///   - styles: By key; `plain` where there is none.
    ///   - titles: By key; the key with spaces where there is none.
    public init(
        keys: [String], rows: [[JSONValue]], styles: [String: Style] = [:], titles: [String: String] = [:]
    ) {
        self.keys = keys
        self.rows = rows
        self.styles = styles
        self.titles = titles
    }

    /// The table without a column.
    public func without(_ key: String) -> Table {
        let kept = keys.indices.filter { keys[$0] != key }
        return Table(
            keys: kept.map { keys[$0] }, rows: rows.map { row in kept.map { row[$0] } }, styles: styles, titles: titles)
    }

    /// An array with an object a row.
    public var json: JSONValue {
        .array(rows.map { row in .object(zip(keys, row).map { JSONValue.Member($0, $1) }) })
    }

    /// A header and a line a row, after RFC 4180; an empty field is an absent value.
    public var csv: String {
        ([keys.map(Self.csvField)] + rows.map { $0.map(Self.csvField) })
            .map { $0.joined(separator: ",") + "\r\n" }.joined()
    }

    private static func csvField(_ value: JSONValue) -> String {
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

    /// Aligned columns with titles; numbers to the right.
    public var text: String {
        let (lines, isRight) = shownLines
        return Self.aligned(lines, isRight: isRight)
    }

    /// The titles, then each row as a person reads it; and which columns are numbers.
    var shownLines: (lines: [[String]], isRight: [Bool]) {
        let visible = keys.indices.filter { styles[keys[$0]] != .hidden }
        let header = visible.map { title(of: keys[$0]) }
        let body = rows.map { row in visible.map { shown(row[$0], as: styles[keys[$0]] ?? .plain) } }
        let isRight = visible.map { column in
            rows.contains { row in
                switch row[column] {
                case .integer, .number: true
                default: false
                }
            }
        }
        return ([header] + body, isRight)
    }

    private func title(of key: String) -> String { titles[key] ?? key.replacing("_", with: " ") }

    private func shown(_ value: JSONValue, as style: Style) -> String {
        switch (value, style) {
        case (.null, _): "–"
        case (.integer(let number), .identifier): String(number)
        case (.integer(let number), .plain): Quantity.count(number)
        case (.number(let number), .decimals(let places)): Quantity.decimal(number, places: places)
        case (.number(let number), .percent): Quantity.percent(number)
        case (.number(let number), .probability): Quantity.probability(number)
        case (.number(let number), .duration): Quantity.duration(seconds: number)
        case (.string(let text), .moment): String(text.prefix(19)).replacing("T", with: " ")
        case (.string(let text), .digest): String(text.prefix(12))
        case (.string(let text), _): text
        case (.array(let values), _): values.map { shown($0, as: style) }.joined(separator: ", ")
        case (.boolean(let isTrue), _): isTrue ? "yes" : "no"
        default: value.text
        }
    }

    /// Lines of cells padded to common widths, two spaces apart, without spaces at the end.
    public static func aligned(_ lines: [[String]], isRight: [Bool]) -> String {
        let widths = isRight.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            let padded = cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return isRight[column] ? space + cells[column] : cells[column] + space
            }
            var line = padded.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    /// A line a column: its title, then its value in each row. Columns that are hidden are left out.
    public func transposedLines() -> [[String]] {
        keys.indices.filter { styles[keys[$0]] != .hidden }.map { column in
            [title(of: keys[column])] + rows.map { shown($0[column], as: styles[keys[column]] ?? .plain) }
        }
    }
}
