/// Rows of values under named columns, as a query returned them.
package struct Table: Sendable {
    /// How the values of a column are shown to a person. JSON and CSV always have them in full.
    package enum Style: Sendable, Hashable {
        /// Texts as they are, whole numbers with commas, others in full.
        case plain
        /// Whole numbers without commas: numbers that name something.
        case identifier
        case decimals(Int)
        case percent
        /// A p value.
        case probability
        case duration
        /// A moment in UTC, to the second.
        case moment
        /// Sizes that belong together: `10 × 24 × 24`.
        case sizes
        /// A hexadecimal digest, its first twelve digits.
        case digest
        /// Not shown in a table.
        case hidden
    }

    /// In order; unique.
    package private(set) var keys: [String]
    /// One value a key.
    package private(set) var rows: [[JSONValue]]
    private var styles: [String: Style]
    private let titles: [String: String]
    /// Columns that a narrow screen does without, the first of them first.
    let dispensable: [String]

    /// - Parameters:
    ///   - styles: By key; `plain` where there is none.
    ///   - titles: By key; the key with spaces where there is none.
    ///   - dispensable: Keys of columns that a narrow screen does without, the first of them first.
    package init(
        keys: [String], rows: [[JSONValue]], styles: [String: Style] = [:], titles: [String: String] = [:],
        dispensable: [String] = []
    ) {
        self.keys = keys
        self.rows = rows
        self.styles = styles
        self.titles = titles
        self.dispensable = dispensable
    }

    /// The table without a column.
    package func without(_ key: String) -> Table {
        let kept = keys.indices.filter { keys[$0] != key }
        var table = self
        table.keys = kept.map { keys[$0] }
        table.rows = rows.map { row in kept.map { row[$0] } }
        return table
    }

    /// The table with its first rows alone.
    func first(_ count: Int) -> Table {
        var table = self
        table.rows = Array(rows.prefix(count))
        return table
    }

    /// The table whose text leaves columns out.
    package func hiding(_ hidden: [String]) -> Table {
        var table = self
        for key in hidden { table.styles[key] = .hidden }
        return table
    }

    /// The rows that have this value in a column.
    package func rows(where key: String, is value: JSONValue) -> Table {
        var table = self
        if let column = keys.firstIndex(of: key) { table.rows = rows.filter { $0[column] == value } }
        return table
    }

    /// The first row as an object; null where there is no row.
    package var firstObject: JSONValue {
        rows.first.map { row in .object(zip(keys, row).map { JSONValue.Member($0, $1) }) } ?? .null
    }

    /// An array with an object a row.
    package var json: JSONValue {
        .array(rows.map { row in .object(zip(keys, row).map { JSONValue.Member($0, $1) }) })
    }

    /// The titles, then each row as a person reads it; which columns are numbers, and which still say something when they
    /// are cut.
    var shownLines: (lines: [[String]], isRight: [Bool], isCut: [Bool]) {
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
        let isCut = visible.map { column in
            ![.moment, .digest, .sizes].contains(styles[keys[column]]) && rows.contains { $0[column] != .null }
        }
        return ([header] + body, isRight, isCut)
    }

    func title(of key: String) -> String {
        (titles[key] ?? key.replacing("_", with: " ")) + (styles[key] == .moment ? " (UTC)" : "")
    }

    func isShown(_ key: String) -> Bool { styles[key] != .hidden }

    private func shown(_ value: JSONValue, as style: Style) -> String {
        switch (value, style) {
        case (.null, _): "–"
        case (.integer(let number), .identifier): String(number)
        case (.integer(let number), .plain): Quantity.count(number)
        case (.number(let number), .decimals(let places)): Quantity.decimal(number, places: places)
        case (.number(let number), .percent): Quantity.percent(number)
        case (.number(let number), .probability): Quantity.probability(number)
        case (.number(let number), .plain): Quantity.number(number)
        case (.number(let number), .duration): Quantity.duration(seconds: number)
        case (.string(let text), .moment): String(text.prefix(19)).replacing("T", with: " ")
        case (.string(let text), .digest): String(text.prefix(12))
        case (.string(let text), _): text
        case (.array(let values), .sizes): values.map { shown($0, as: .plain) }.joined(separator: " × ")
        case (.array(let values), _): values.map { shown($0, as: style) }.joined(separator: ", ")
        case (.boolean(let isTrue), _): isTrue ? "yes" : "no"
        default: value.text
        }
    }

    /// A line a column: its title, then its value in each row. Columns that are hidden are left out.
    package func transposedLines() -> [[String]] {
        keys.indices.filter { styles[keys[$0]] != .hidden }.map { column in
            [title(of: keys[column])] + rows.map { shown($0[column], as: styles[keys[column]] ?? .plain) }
        }
    }
}
