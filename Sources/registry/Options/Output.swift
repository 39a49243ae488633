import ArgumentParser
import Reporting

/// `--format`, for every command that reads.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, json, csv
    }

    @Option(
        help: ArgumentHelp(
            "table for people; json and csv for programs.",
            discussion: """
                A table is no wider than the terminal, or 80 columns where there is none. JSON and CSV have everything: names, \
                digits and control characters as they are stored, UTF-8 in every locale, times in UTC. A number that is not \
                finite is the string "NaN", "Infinity" or "-Infinity". CSV follows RFC 4180: a text that begins with =, +, - \
                or @ is not changed, so import it into a spreadsheet as text.
                """))
    var format = Format.table

    /// Prints one table.
    func print(_ table: Table) throws {
        try print(text: { table.rows.isEmpty ? "" : table.text(on: $0) }, json: table.json, csv: table)
    }

    /// Prints what is one thing in each format.
    func print(text: (Screen) throws -> TerminalText, json: @autoclosure () throws -> JSONValue, csv: Table) throws {
        switch format {
        case .table: try Terminal.write(try text(.terminal))
        case .json: try Terminal.write(data: try json().text + "\n")
        case .csv: try Terminal.write(data: csv.csv)
        }
    }
}

/// `--format` and `--table`, for commands whose answer is several tables. JSON has all of them, CSV one.
///
/// `Part` names them; the first is the one that CSV has where none is named.
struct AnswerOptions<Part: ExpressibleByArgument & CaseIterable & RawRepresentable & Sendable>: ParsableArguments
where Part.RawValue == String {
    @OptionGroup var output: OutputOptions

    @Option(help: "With --format csv: which table. Default: \(Part.allCases.map(\.rawValue).first ?? "").")
    var table: Part?

    func validate() throws {
        guard table == nil || output.format == .csv else {
            throw ValidationError("--table goes with --format csv: the other formats have every table.")
        }
    }

    /// Prints what consists of several tables.
    func print(
        text: (Screen) throws -> TerminalText, json: @autoclosure () throws -> JSONValue, csv: (Part) throws -> Table
    ) throws {
        guard let part = table ?? Part.allCases.first else { return }
        try output.print(text: text, json: try json(), csv: try csv(part))
    }
}
