import ArgumentParser
import Reporting
import Store

struct HardestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hardest",
        abstract: "The classes and samples that are missed most often, over all model versions.",
        discussion: "Example: registry hardest --dataset fashion-mnist --limit 10")

    @Option(help: "mnist (the newest version) or mnist@2.")
    var dataset = "mnist"

    @OptionGroup var limit: LimitOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let store = try await database.openStore()
        let dataset = try store.dataset(named: dataset)
        let classRows = try store.hardestClasses(of: dataset)
        guard let first = classRows.first else { throw UsageError.nothingTested(dataset.description.name) }
        let versions: Int = try first["versions"]
        let classes = try Table(classRows, styles: ["versions": .hidden])
        let samples = try store.hardestSamples(of: dataset, limit: limit.limit)
        let table = try Table(samples)
        try output.print(
            text: "Over \(Quantity.count(versions)) model versions tested on \(dataset.description.name)\n\n"
                + "Classes by error rate\n\(classes.text)\n"
                + "The samples that most versions miss: label → commonest prediction, versions that miss it\n\n"
                + DigitPicture.grid(
                    samples.map { row in
                        let (index, label, predicted, missed): (Int, Int, Int, Int) =
                            (
                                try row["index"], try row["label"], try row["commonest_prediction"],
                                try row["missed_by"]
                            )
                        return try DigitPicture(
                            row, captions: ["#\(index)", "\(label) → \(predicted)  \(missed) of \(versions)"])
                    }),
            json: .object([
                JSONValue.Member("dataset", .string(dataset.description.name)),
                JSONValue.Member("dataset_version", .integer(dataset.version)),
                JSONValue.Member("versions", .integer(versions)),
                JSONValue.Member("classes", classes.json),
                JSONValue.Member("samples", table.json),
            ]),
            csv: table)
    }
}
