import ArgumentParser
import PostgreSQL
import Reporting
import Store

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Model versions side by side, and which test samples only one gets right.",
        discussion: "Example: registry compare mlp cnn@3 --format json")

    @Argument(help: "Two or more of mlp, mlp@3, mlp@production.")
    var models: [ModelReference]

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard models.count >= 2 else {
            throw ValidationError("Name two or more models, e.g.: registry compare mlp cnn")
        }
    }

    func run() async throws {
        let store = try await database.openStore()
        let versions = try models.map { try store.resolve($0) }
        for version in versions where version.datasetID != versions[0].datasetID {
            throw UsageError.differentTests("\(versions[0].reference)", "\(version.reference)")
        }
        let rows = try store.summaries(of: versions)
        let summaries = try Table(
            rows,
            styles: [
                "run": .hidden, "aliases": .hidden, "registered_at": .hidden, "weights_sha256": .hidden,
                "weights_size": .hidden,
            ])
        let pairs = try Self.pairs(versions).map { a, b in try Pair(a, b, try store.agreement(of: a, and: b)) }
        try output.print(
            text: try Self.text(rows, versions) + pairs.map(\.text).joined(),
            json: .object([
                JSONValue.Member("models", Self.selected(summaries).json),
                JSONValue.Member("pairs", .array(pairs.map(\.json))),
            ]),
            csv: Self.selected(summaries))
    }

    private static func pairs(_ versions: [StoredVersion]) -> [(StoredVersion, StoredVersion)] {
        versions.indices.flatMap { first in
            versions.indices.dropFirst(first + 1).map { (versions[first], versions[$0]) }
        }
    }

    private static let keys = [
        "model", "version", "dataset", "dataset_version", "test_samples", "test_correct", "test_accuracy",
        "test_accuracy_lower", "test_accuracy_upper", "test_loss", "parameters", "epochs", "seconds_per_epoch",
    ]

    private static func selected(_ table: Table) -> Table {
        let positions = keys.compactMap { table.keys.firstIndex(of: $0) }
        return Table(keys: positions.map { table.keys[$0] }, rows: table.rows.map { row in positions.map { row[$0] } })
    }

    private static func text(_ rows: Rows, _ versions: [StoredVersion]) throws -> String {
        func line(_ title: String, _ value: (Row) throws -> String) rethrows -> [String] {
            [title] + (try rows.map(value))
        }
        func decimal(_ row: Row, _ column: String, _ places: Int) throws -> String {
            Quantity.decimal(try row[column], places: places)
        }
        func count(_ row: Row, _ column: String) throws -> String { Quantity.count(try row[column]) }
        let lines = [
            [""] + versions.map { "\($0.reference)" },
            try line("data set") { row in
                let (name, version): (String, Int) = (try row["dataset"], try row["dataset_version"])
                return "\(name)@\(version)"
            },
            try line("test accuracy") { try decimal($0, "test_accuracy", 4) },
            try line("  95 % interval") {
                "\(try decimal($0, "test_accuracy_lower", 4))–\(try decimal($0, "test_accuracy_upper", 4))"
            },
            try line("mean test loss, nats") { try decimal($0, "test_loss", 5) },
            try line("misclassified") { row in
                let (samples, correct): (Int, Int) = (try row["test_samples"], try row["test_correct"])
                return "\(Quantity.count(samples - correct)) of \(Quantity.count(samples))"
            },
            try line("parameters") { try count($0, "parameters") },
            try line("epochs") { try count($0, "epochs") },
            try line("an epoch's training") { Quantity.duration(seconds: try $0["seconds_per_epoch"]) },
        ]
        return Table.aligned(lines, isRight: [false] + versions.map { _ in true })
    }

    /// The agreement of two versions.
    private struct Pair {
        let names: (String, String)
        let row: Row

        init(_ a: StoredVersion, _ b: StoredVersion, _ rows: Rows) throws {
            guard let row = rows.first else { throw NotFound.modelVersion(b.reference, newest: nil) }
            names = ("\(a.reference)", "\(b.reference)")
            self.row = row
        }

        private func count(_ column: String) -> Int { (try? row[column]) ?? 0 }

        var text: String {
            "\n"
                + Table.aligned(
                    [
                        ["test samples", "\(names.1) right", "\(names.1) wrong"],
                        [
                            "\(names.0) right", Quantity.count(count("both_correct")),
                            Quantity.count(count("only_a_correct")),
                        ],
                        [
                            "\(names.0) wrong", Quantity.count(count("only_b_correct")),
                            Quantity.count(count("neither_correct")),
                        ],
                    ], isRight: [false, true, true])
        }

        var json: JSONValue {
            .object(
                [JSONValue.Member("a", .string(names.0)), JSONValue.Member("b", .string(names.1))]
                    + ["both_correct", "only_a_correct", "only_b_correct", "neither_correct"].map {
                        JSONValue.Member($0, .integer(count($0)))
                    })
        }
    }
}
