import ArgumentParser
import Judgement
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
              registry hardest --class 4 --model cnn --since 2026-11-01
            """)

    @Option(help: "mnist (the newest version) or mnist@2.")
    var dataset = "mnist"

    @Option(name: .customLong("class"), parsing: .unconditional, help: "Only samples of this class: its name.")
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
        if let since, let until, since.timestamp >= until.timestamp {
            throw ValidationError("--until must be after --since.")
        }
    }

    func run() async throws {
        let store = try await database.openStore()
        let dataset = try store.dataset(named: dataset)
        try model.map(store.checkIsKnown(model:))
        let label = try className.map { try dataset.label(ofClass: $0) }
        let filter = DifficultyFilter(
            model: model, label: label, since: since?.timestamp, until: until?.timestamp)
        let hardest = try Hardest(of: dataset, filter, limit: limit.limit, in: store)
        try output.print(
            text: { screen in
                """
                \(Quantity.count(hardest.versions, "model version")) of \
                \(Quantity.count(hardest.architectures, "architecture")) tested on \
                \(dataset.description.name)@\(dataset.version); each architecture has one vote

                Classes by error rate
                \(hardest.classes.text(on: screen, most: Table.mostClasses))
                The samples that most versions miss
                \(hardest.samples.text(on: screen))\(Hardest.legend)

                \(DigitPicture.grid(hardest.pictures, on: screen))
                """
            },
            json: hardest.json,
            csv: {
                switch $0 {
                case .samples: hardest.samples
                case .classes: hardest.classes
                }
            })
    }
}

extension StoredDataset {
    /// - Throws: `NoSuchClass`.
    func label(ofClass className: String) throws -> Int {
        guard let label = description.classNames.firstIndex(of: className) else {
            throw NoSuchClass(className, dataset: self.name)
        }
        return label
    }
}
