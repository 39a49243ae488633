import PostgreSQL
import Reporting
import Store

/// Two or more versions tested on the same samples: what the terminal and the page say of them.
struct Comparison {
    let versions: [StoredVersion]
    /// The first with the second, the first with the third, …
    let pairs: [ComparedPair]
    private let summaries: Rows
    private let classes: [Rows]

    /// - Throws: `UsageError.differentTests` when they were not tested on the same samples.
    init(of versions: [StoredVersion], in store: Store) throws {
        for version in versions where version.testSplitID != versions[0].testSplitID {
            throw UsageError.differentTests("\(versions[0].reference)", "\(version.reference)")
        }
        self.versions = versions
        summaries = try store.summaries(of: versions)
        classes = try versions.map { try store.classAccuracy(of: $0) }
        pairs = try store.comparisons(of: versions).map(ComparedPair.init)
    }

    /// A row a figure, a column a version.
    func summaryLines() throws -> [[String]] {
        let rows = summaries
        func line(_ title: String, _ value: (Row) throws -> String) rethrows -> [String] {
            [title] + (try rows.map(value))
        }
        func decimal(_ row: Row, _ column: String, _ places: Int) throws -> String {
            Quantity.decimal(try row[column], places: places)
        }
        func count(_ row: Row, _ column: String) throws -> String { Quantity.count(try row[column]) }
        return [
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
                "\(try count(row, "misclassified")) of \(try count(row, "test_samples"))"
            },
            try line("parameters") { try count($0, "parameters") },
            try line("multiply-adds") { row in
                let count: Int? = try row["multiply_adds"]
                return count.map(Quantity.count) ?? "–"
            },
            try line("epochs") { try count($0, "epochs") },
            try line("an epoch's training") { Quantity.duration(seconds: try $0["seconds_per_epoch"]) },
        ]
    }

    /// A row a class, a column a version.
    func classLines() throws -> [[String]] {
        guard let first = classes.first else { return [] }
        let lines = try first.indices.map { index in
            let row = first[index]
            let (name, samples): (String, Int) = (try row["class_name"], try row["samples"])
            return [name, Quantity.count(samples)]
                + (try classes.map { Quantity.decimal(try $0[index]["accuracy"], places: 4) })
        }
        return [["class", "samples"] + versions.map { "\($0.reference)" }] + lines
    }

    /// A row for each pair, with p values, intervals and verdict.
    func pairTable() throws -> Table {
        let objects = try pairs.map { try $0.members() }
        return Table(keys: objects.first?.map(\.key) ?? [], rows: objects.map { $0.map(\.value) })
    }

    /// A row for each version.
    func modelTable() throws -> Table {
        let table = try Table(summaries)
        let positions = Self.keys.compactMap { table.keys.firstIndex(of: $0) }
        return Table(keys: positions.map { table.keys[$0] }, rows: table.rows.map { row in positions.map { row[$0] } })
    }

    /// A row for each version and class.
    func classTable() throws -> Table {
        let tables = try classes.map { try Table($0) }
        return Table(
            keys: ["model", "version"] + (tables.first?.keys ?? []),
            rows: zip(versions, tables).flatMap { version, table in
                table.rows.map { [.string(version.model), .integer(version.number)] + $0 }
            })
    }

    func json() throws -> JSONValue {
        let table = try modelTable()
        let models = try zip(table.rows, classes).map { row, classes in
            JSONValue.object(zip(table.keys, row).map { JSONValue.Member($0, $1) })
                + ["classes": try Table(classes).json]
        }
        return ["models": .array(models), "pairs": try pairTable().json]
    }

    private static let keys = [
        "model", "version", "dataset", "dataset_version", "test_samples", "test_correct", "test_accuracy",
        "test_accuracy_lower", "test_accuracy_upper", "test_loss", "parameters", "epochs", "seconds_per_epoch",
        "multiply_adds",
    ]
}
