import PostgreSQL
import Reporting
import Store

extension Table {
    /// The rows of a query under their SQL names. Binary columns are left out.
    package init(
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
        "test_accuracy": .decimals(4), "training_accuracy": .decimals(4), "validation_accuracy": .decimals(4),
        "accuracy": .decimals(4),
        "test_accuracy_lower": .decimals(4), "test_accuracy_upper": .decimals(4), "test_loss": .decimals(5),
        "training_loss": .decimals(5), "validation_loss": .decimals(5), "loss": .decimals(3),
        "seconds_per_epoch": .duration, "training_seconds": .duration, "test_seconds": .duration, "seconds": .duration,
        "gradient_norm": .decimals(5), "dead_unit_share": .percent,
        "confidence": .percent, "mean_confidence": .percent, "wrong_confidence": .percent, "error_rate": .percent,
        "missed_share": .percent, "training_share": .percent, "validation_share": .percent, "test_share": .percent,
        "share": .percent,
        "fingerprint": .digest, "weights_sha256": .digest,
        "height": .hidden, "width": .hidden,
    ]

    private static let usualTitles = [
        "class_name": "class", "predicted_name": "taken for", "mean_confidence": "probability",
        "test_loss": "test loss (nats)", "training_loss": "training loss (nats)",
        "validation_loss": "validation loss (nats)",
    ]

    /// Of more classes nobody reads every one at a terminal, nor a matrix of all, which has a million cells for 1,000.
    package static let mostClasses = 100

    /// A run's epochs; with what they reached on the validation split where there is one.
    package static func epochs(ofRun run: Int, in store: Store) throws -> Table {
        let rows = try store.epochs(ofRun: run)
        let hasValidation = try rows.contains { try ($0["validation_loss"] as Double?) != nil }
        var styles: [String: Style] = ["samples_seen": .hidden]
        if !hasValidation { (styles["validation_loss"], styles["validation_accuracy"]) = (.hidden, .hidden) }
        return try Table(rows, styles: styles)
    }

    /// One row.
    package init(_ values: [(key: String, value: JSONValue)]) {
        self.init(keys: values.map(\.key), rows: [values.map(\.value)])
    }
}

extension JSONValue {
    package static func object(_ members: some Sequence<(key: String, value: JSONValue)>) -> JSONValue {
        .object(members.map { Member($0.key, $0.value) })
    }

    package init(_ value: AnyValue) {
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
    package init(_ sample: SamplePicture, captions: [String]) throws {
        try self.init(captions: captions, height: sample.height, width: sample.width, pixels: sample.pixels)
    }
}
