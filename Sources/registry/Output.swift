import ArgumentParser
import PostgreSQL
import Reporting

/// `--format`, for every command that reads.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, json, csv
    }

    @Option(help: "table for people; json and csv for programs.")
    var format = Format.table

    /// Prints one table.
    func print(_ table: Table) {
        switch format {
        case .table: Terminal.write(table.rows.isEmpty ? "" : table.text)
        case .json: Terminal.write(table.json.text + "\n")
        case .csv: Terminal.write(table.csv)
        }
    }

    /// Prints what consists of several parts: for people a text, for programs one JSON value or the one table that has
    /// the answer's rows.
    func print(text: @autoclosure () throws -> String, json: @autoclosure () -> JSONValue, csv: Table) rethrows {
        switch format {
        case .table: Terminal.write(try text())
        case .json: Terminal.write(json().text + "\n")
        case .csv: Terminal.write(csv.csv)
        }
    }
}

extension Table {
    /// The rows of a query under their SQL names. Binary columns are left out.
    init(_ rows: Rows, styles: [String: Style] = [:], titles: [String: String] = [:]) throws {
        let shown = rows.columns.indices.filter { rows.columns[$0].type != .bytea }
        self.init(
            keys: shown.map { rows.columns[$0].name },
            rows: try rows.map { row in try shown.map { JSONValue(try row.value(at: $0)) } },
            styles: Self.usualStyles.merging(styles) { $1 }, titles: titles)
    }

    /// How columns of these names are shown everywhere.
    private static let usualStyles: [String: Style] = [
        "run": .identifier, "version": .identifier, "dataset_version": .identifier, "label": .identifier,
        "predicted": .identifier, "index": .identifier, "epoch": .identifier, "commonest_prediction": .identifier,
        "test_accuracy": .decimals(4), "training_accuracy": .decimals(4), "accuracy": .decimals(4),
        "test_accuracy_lower": .decimals(4), "test_accuracy_upper": .decimals(4), "test_loss": .decimals(5),
        "training_loss": .decimals(5), "loss": .decimals(3),
        "seconds_per_epoch": .duration, "training_seconds": .duration, "test_seconds": .duration, "seconds": .duration,
        "gradient_norm": .decimals(5), "dead_unit_share": .percent,
        "confidence": .percent, "mean_confidence": .percent, "wrong_confidence": .percent, "error_rate": .percent,
        "missed_share": .percent, "training_share": .percent, "test_share": .percent, "share": .percent,
        "registered_at": .moment, "started_at": .moment, "imported_at": .moment,
        "fingerprint": .digest, "weights_sha256": .digest,
        "height": .hidden, "width": .hidden,
    ]
}

extension JSONValue {
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

    /// Pictures as this terminal can show them.
    static func grid(_ pictures: [DigitPicture]) -> String {
        grid(pictures, columns: Terminal.columns(), medium: Terminal.medium)
    }
}
