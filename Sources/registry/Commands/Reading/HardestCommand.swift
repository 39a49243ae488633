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

    @Option(parsing: .unconditional, help: "Only samples of this class: its number.")
    var label: Int?

    @Option(name: .customLong("class"), help: "Only samples of this class: its name.")
    var className: String?

    @Option(help: "Only versions of this model.")
    var model: String?

    @Option(
        help: "Only versions registered from then on: 2026-11-01 (its beginning in UTC), or 2026-11-01T12:00:00+01:00.")
    var since: Moment?

    @Option(help: "Only versions registered before then; as --since.")
    var until: Moment?

    @OptionGroup var limit: LimitOption
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case samples, classes
    }

    @OptionGroup var output: AnswerOptions<Part>
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        try checkNames(dataset)
        try model.map(checkNewName)
        guard label == nil || className == nil else { throw ValidationError("Say --label or --class, not both.") }
        guard (0...32_767).contains(label ?? 0) else {
            throw ValidationError("--label must be a class's number, from 0.")
        }
    }

    func run() async throws {
        let store = try await database.openStore()
        let dataset = try store.dataset(named: dataset)
        let label = try className.map { try dataset.description.label(ofClass: $0) } ?? label
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
        let pictures = try samples.map { row in
            let (index, name, predicted): (Int, String, String) =
                (try row["index"], try row["class_name"], try row["predicted_name"])
            let share = Quantity.percent(try row["missed_share"], places: 0)
            return try DigitPicture(row, captions: ["#\(index)", "\(name) → \(predicted)  \(share)"])
        }
        try output.print(
            text: { screen in
                """
                \(Quantity.count(versions, "model version")) of \(Quantity.count(architectures, "architecture")) \
                tested on \(dataset.description.name)@\(dataset.version); each architecture has one vote

                Classes by error rate
                \(classes.text(on: screen))
                The samples that most versions miss
                \(table.text(on: screen))\(DifficultyTables.legend)

                \(DigitPicture.grid(pictures, on: screen))
                """
            },
            json: [
                "dataset": .string(dataset.description.name), "dataset_version": .integer(dataset.version),
                "versions": .integer(versions), "architectures": .integer(architectures), "classes": classes.json,
                "samples": table.json,
            ],
            csv: {
                switch $0 {
                case .samples: table
                case .classes: classes
                }
            })
    }
}

extension DatasetDescription {
    /// - Throws: `UsageError.noSuchClass`.
    fileprivate func label(ofClass className: String) throws -> Int {
        guard let label = classNames.firstIndex(of: className) else {
            throw UsageError.noSuchClass(className, dataset: name)
        }
        return label
    }
}
