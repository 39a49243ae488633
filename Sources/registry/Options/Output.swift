import ArgumentParser
import PostgreSQL
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

extension Table {
    /// The rows of a query under their SQL names. Binary columns are left out.
    init(
        _ rows: Rows, styles: [String: Style] = [:], titles: [String: String] = [:], dispensable: [String] = []
    ) throws {
        let shown = rows.columns.indices.filter { rows.columns[$0].type != .bytea }
        let moments = rows.columns.filter { $0.type == .timestamptz }.map { ($0.name, Style.moment) }
        self.init(
            keys: shown.map { rows.columns[$0].name },
            rows: try rows.map { row in try shown.map { JSONValue(try row.value(at: $0)) } },
            styles: Self.usualStyles.merging(moments) { $1 }.merging(styles) { $1 },
            titles: Self.usualTitles.merging(titles) { $1 }, dispensable: dispensable)
    }

    /// How columns of these names are shown everywhere.
    private static let usualStyles: [String: Style] = [
        // A class is shown by its name.
        "label": .hidden, "predicted": .hidden, "commonest_prediction": .hidden,
        "run": .identifier, "version": .identifier, "dataset_version": .identifier, "index": .identifier,
        "epoch": .identifier,
        "test_accuracy": .decimals(4), "training_accuracy": .decimals(4), "accuracy": .decimals(4),
        "test_accuracy_lower": .decimals(4), "test_accuracy_upper": .decimals(4), "test_loss": .decimals(5),
        "training_loss": .decimals(5), "loss": .decimals(3),
        "seconds_per_epoch": .duration, "training_seconds": .duration, "test_seconds": .duration, "seconds": .duration,
        "gradient_norm": .decimals(5), "dead_unit_share": .percent,
        "confidence": .percent, "mean_confidence": .percent, "wrong_confidence": .percent, "error_rate": .percent,
        "missed_share": .percent, "training_share": .percent, "test_share": .percent, "share": .percent,
        "fingerprint": .digest, "weights_sha256": .digest,
        "height": .hidden, "width": .hidden,
    ]

    private static let usualTitles = [
        "class_name": "class", "predicted_name": "taken for", "mean_confidence": "probability",
        "test_loss": "test loss (nats)", "training_loss": "training loss (nats)",
    ]

    /// One row.
    init(_ values: [(key: String, value: JSONValue)]) {
        self.init(keys: values.map(\.key), rows: [values.map(\.value)])
    }
}

extension JSONValue {
    static func object(_ members: some Sequence<(key: String, value: JSONValue)>) -> JSONValue {
        .object(members.map { Member($0.key, $0.value) })
    }

    init(_ value: AnyValue) {
        self =
            switch value {
            case .null: .null
            case .boolean(let value): .boolean(value)
            case .integer(let value): .integer(value)
            case .number(let value): .number(value)
            case .text(let value): .string(value)
            case .list(let values): .array(values.map(JSONValue.init))
            case .bytes(let bytes): .array(bytes.map { .integer(Int($0)) })
            }
    }
}

extension DigitPicture {
    /// A row with `pixels`, `height` and `width`.
    init(_ row: Row, captions: [String]) throws {
        try self.init(captions: captions, height: try row["height"], width: try row["width"], pixels: try row["pixels"])
    }
}
