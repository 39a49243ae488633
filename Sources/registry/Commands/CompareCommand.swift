import ArgumentParser
import PostgreSQL
import Reporting
import Statistics
import Store

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Which model version is better, by how much, and whether that is chance.",
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
        let classes = try versions.map { try store.classAccuracy(of: $0) }
        let losses = try versions.map { try store.testLosses(of: $0) }
        let pairs = try zip(Self.pairs(versions.indices), store.comparisons(of: versions)).map { pair, row in
            ComparedPair(row, losses: losses[pair.0].flatMap { a in losses[pair.1].flatMap { PairedBootstrap(a, $0) } })
        }
        let json = JSONValue.object([
            JSONValue.Member("models", Self.json(summaries, try classes.map { try Table($0) })),
            JSONValue.Member("pairs", .array(try pairs.map { try $0.json() })),
        ])
        try output.print(
            text: try Self.text(rows, versions) + "\nTest accuracy by class\n" + Self.text(classes, versions)
                + pairs.map { "\n" + (try $0.text(isOneOfSeveral: pairs.count > 1)) }.joined(),
            json: json,
            csv: Self.selected(summaries))
    }

    /// The first with the second, the first with the third, …
    private static func pairs(_ indices: Range<Int>) -> [(Int, Int)] {
        indices.flatMap { first in indices.dropFirst(first + 1).map { (first, $0) } }
    }

    private static func json(_ summaries: Table, _ classes: [Table]) -> JSONValue {
        let table = selected(summaries)
        return .array(
            zip(table.rows, classes).map { row, classes in
                .object(
                    zip(table.keys, row).map { JSONValue.Member($0, $1) } + [JSONValue.Member("classes", classes.json)])
            })
    }

    /// A row a class, a column a version.
    private static func text(_ classes: [Rows], _ versions: [StoredVersion]) throws -> String {
        guard let first = classes.first else { return "" }
        let lines = try first.indices.map { index in
            let row = first[index]
            let (label, name, samples): (Int, String, Int) = (
                try row["label"], try row["class_name"], try row["samples"]
            )
            return ["\(label)", name, Quantity.count(samples)]
                + (try classes.map { Quantity.decimal(try $0[index]["accuracy"], places: 4) })
        }
        return Table.aligned(
            [["label", "class name", "samples"] + versions.map { "\($0.reference)" }] + lines,
            isRight: [true, false, true] + versions.map { _ in true })
    }

    private static let keys = [
        "model", "version", "dataset", "dataset_version", "test_samples", "test_correct", "test_accuracy",
        "test_accuracy_lower", "test_accuracy_upper", "test_loss", "parameters", "epochs", "seconds_per_epoch",
        "multiply_adds",
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
            try line("multiply-adds") { row in
                let count: Int? = try row["multiply_adds"]
                return count.map(Quantity.count) ?? "–"
            },
            try line("epochs") { try count($0, "epochs") },
            try line("an epoch's training") { Quantity.duration(seconds: try $0["seconds_per_epoch"]) },
        ]
        return Table.aligned(lines, isRight: [false] + versions.map { _ in true })
    }
}
