import ArgumentParser
import Reporting
import Store

struct HardestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hardest",
        abstract: "The classes and samples that are missed most often, over all model versions.",
        discussion: """
            Each architecture has one vote, however many versions it has. The intervals tell what other samples of the \
            class would give.

            Examples:
              registry hardest --dataset fashion-mnist --limit 10
              registry hardest --label 4 --model cnn --since 2026-11-01
            """)

    @Option(help: "mnist (the newest version) or mnist@2.")
    var dataset = "mnist"

    @Option(help: "Only samples of this class: its number.")
    var label: Int?

    @Option(help: "Only versions of this model.")
    var model: String?

    @Option(help: "Only versions registered from then on: 2026-11-01, or 2026-11-01T12:00:00Z.")
    var since: Moment?

    @Option(help: "Only versions registered before then.")
    var until: Moment?

    @OptionGroup var limit: LimitOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard (0...32_767).contains(label ?? 0) else {
            throw ValidationError("--label must be a class's number, from 0.")
        }
    }

    func run() async throws {
        let store = try await database.openStore()
        let dataset = try store.dataset(named: dataset)
        guard label ?? 0 < dataset.description.classNames.count else {
            throw UsageError.noSuchLabel(label ?? 0, dataset: dataset.description.name)
        }
        let filter = DifficultyFilter(
            model: model, label: label, since: since?.timestamp, until: until?.timestamp)
        let (versions, architectures) = try store.testedVersions(on: dataset, filter)
        guard versions > 0 else { throw UsageError.nothingTested(dataset.description.name) }
        let classes = try DifficultyTables.classes(try store.hardestClasses(of: dataset, filter))
        let samples = try store.hardestSamples(of: dataset, filter, limit: limit.limit)
        let table = try DifficultyTables.samples(samples)
        try output.print(
            text:
                "\(Quantity.count(versions)) model versions of \(Quantity.count(architectures)) architectures tested on "
                + "\(dataset.description.name); each architecture has one vote\n\n"
                + "Classes by error rate\n\(classes.text)\n"
                + "The samples that most versions miss\n\(table.text)\n"
                + DigitPicture.grid(
                    samples.map { row in
                        let (index, label, predicted, share): (Int, Int, Int, Double) =
                            (
                                try row["index"], try row["label"], try row["commonest_prediction"],
                                try row["missed_share"]
                            )
                        return try DigitPicture(
                            row,
                            captions: ["#\(index)", "\(label) → \(predicted)  \(Quantity.percent(share, places: 0))"])
                    }),
            json: .object([
                JSONValue.Member("dataset", .string(dataset.description.name)),
                JSONValue.Member("dataset_version", .integer(dataset.version)),
                JSONValue.Member("versions", .integer(versions)),
                JSONValue.Member("architectures", .integer(architectures)),
                JSONValue.Member("classes", classes.json),
                JSONValue.Member("samples", table.json),
            ]),
            csv: table)
    }
}
