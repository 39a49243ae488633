import Reporting
import Store

/// Two or more versions tested on the same samples: what the terminal and the page show of them.
package struct Comparison {
    /// Each is compared with each: these are 190 pairs, about a second's work.
    package static let mostVersions = 20

    package let versions: [StoredVersion]
    /// The first with the second, the first with the third, …
    package let pairs: [VersionPair]
    private let summaries: [VersionSummary]
    private let classes: [[ClassAccuracy]]
    /// A row for each pair, with p values, intervals and verdict.
    package let pairTable: Table
    /// A row for each version.
    package let modelTable: Table
    private let classTables: [Table]
    private let means: [[ClassMean]]
    private let meanTables: [Table]

    /// - Throws: `DifferentTests` when they were not tested on the same samples.
    package init(of versions: [StoredVersion], in store: Store) throws {
        for version in versions where version.testSplitID != versions[0].testSplitID {
            throw DifferentTests(a: versions[0].reference, b: version.reference)
        }
        self.versions = versions
        let summaries = try store.summaries(of: versions)
        self.summaries = try summaries.decoded()
        modelTable = try Table(summaries).only(Self.keys)
        let classes = try versions.map { try store.classAccuracy(of: $0) }
        self.classes = try classes.map { try $0.decoded() }
        classTables = try classes.map { try ClassTables.classes($0) }
        let means = try versions.map { try store.classMeans(of: $0) }
        self.means = try means.map { try $0.decoded() }
        meanTables = try means.map { try ClassTables.means($0) }
        let pairs = try store.comparisons(of: versions)
        self.pairs = try pairs.decoded()
        pairTable = try Table(pairs)
    }

    /// One row per figure, one column per version.
    package var summaryLines: [[String]] {
        func line(_ title: String, _ value: (VersionSummary) -> String) -> [String] { [title] + summaries.map(value) }
        func decimal(_ value: Double) -> String { Quantity.decimal(value, places: 4) }
        let macroF1 = means.map { means -> (value: String, interval: String) in
            guard let mean = means.first(where: { $0.metric == "f1" && $0.mean == "macro" }) else { return ("–", "–") }
            return (decimal(mean.value), "\(decimal(mean.lower))–\(decimal(mean.upper))")
        }
        let isAnyImported = summaries.contains { $0.producer != nil }
        let origin = isAnyImported ? [line("predictions of") { $0.producer ?? "–" }] : []
        let title = [""] + versions.map { "\($0.reference)" }
        return [title] + origin + [
            line("data set") { "\($0.dataset)@\($0.datasetVersion)" },
            line("test accuracy") { decimal($0.testAccuracy) },
            line("  95 % interval") { "\(decimal($0.testAccuracyLower))–\(decimal($0.testAccuracyUpper))" },
            ["macro F1"] + macroF1.map(\.value),
            ["  95 % interval"] + macroF1.map(\.interval),
            line("mean test loss, nats") { $0.testLoss.map { Quantity.decimal($0, places: 5) } ?? "–" },
            line("misclassified") { "\(Quantity.count($0.misclassified)) of \(Quantity.count($0.testSamples))" },
            line("parameters") { $0.parameters.map(Quantity.count) ?? "–" },
            line("multiply-adds") { $0.multiplyAdds.map(Quantity.count) ?? "–" },
            line("epochs") { $0.epochs.map(Quantity.count) ?? "–" },
            line("an epoch's training") { $0.secondsPerEpoch.map(Quantity.duration) ?? "–" },
        ]
    }

    /// One row per class, one column per version.
    package var classLines: [[String]] {
        guard let first = classes.first else { return [] }
        return [["class", "samples"] + versions.map { "\($0.reference)" }]
            + first.indices.map { index in
                [first[index].className, Quantity.count(first[index].samples)]
                    + classes.map { Quantity.decimal($0[index].accuracy, places: 4) }
            }
    }

    /// A row for each version and class.
    package var classTable: Table { joined(classTables) }

    /// A row for each version, metric and mean.
    package var meanTable: Table { joined(meanTables) }

    private func joined(_ tables: [Table]) -> Table {
        Table(
            keys: ["model", "version"] + (tables.first?.keys ?? []),
            rows: zip(versions, tables).flatMap { version, table in
                table.rows.map { [.string(version.model), .integer(version.number)] + $0 }
            })
    }

    package var json: JSONValue {
        let models = zip(modelTable.rows, zip(classTables, meanTables)).map { row, tables in
            JSONValue.object(zip(modelTable.keys, row).map { JSONValue.Member($0, $1) })
                + ["classes": tables.0.json, "class_means": tables.1.json]
        }
        return ["models": .array(models), "pairs": pairTable.json]
    }

    private static let keys = [
        "model", "version", "dataset", "dataset_version", "test_samples", "test_correct", "test_accuracy",
        "test_accuracy_lower", "test_accuracy_upper", "test_loss", "parameters", "epochs", "seconds_per_epoch",
        "multiply_adds", "origin", "producer",
    ]
}

/// Versions that can't be compared.
package struct DifferentTests: Error, Sendable, CustomStringConvertible {
    package let a: ModelReference
    package let b: ModelReference

    package var description: String {
        "\(a) and \(b) were tested on different data, so that they can't be compared."
    }
}

extension Table {
    /// These columns alone, in this order.
    fileprivate func only(_ keys: [String]) -> Table {
        let positions = keys.compactMap { self.keys.firstIndex(of: $0) }
        return Table(keys: positions.map { self.keys[$0] }, rows: rows.map { row in positions.map { row[$0] } })
    }
}
