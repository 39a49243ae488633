import ArgumentParser
import Datasets
import Judgement
import Reporting
import Samples
import Store

struct DatasetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset",
        abstract: "Get, register and look at data sets.",
        discussion: "Example: registry dataset fetch mnist",
        subcommands: [
            DatasetFetchCommand.self, DatasetImportCommand.self, DatasetListCommand.self, DatasetShowCommand.self,
            DatasetInspectCommand.self, DatasetDriftCommand.self, DatasetCheckCommand.self,
            DatasetSplitCommand.self,
        ])
}

struct DatasetFetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Get a known data set (mnist, fashion-mnist), check it and import it.",
        discussion: "Example: registry dataset fetch mnist --from ~/downloads/mnist")

    @Argument(help: "mnist or fashion-mnist.")
    var name: String

    @Option(help: "A folder that has the four files, gzipped or not.")
    var from: String?

    @Flag(help: "Print errors only.")
    var quiet = false

    @OptionGroup var database: DatabaseOptions

    func validate() throws { try checkNewName(name) }

    func run() async throws {
        guard let known = KnownDataset.named(name) else { throw DatasetError.unknown(name) }
        let supply = DatasetSupply(store: try await database.openStore(), isQuiet: quiet)
        try report(try await supply.fetch(known, from: from), in: supply.store, isQuiet: quiet)
    }
}

/// Says what became of an import, and what is wrong with what was imported.
func report(_ result: DatasetImport, in store: Store, isQuiet: Bool) throws {
    guard !isQuiet else { return }
    let dataset = result.dataset
    let outcome =
        switch result.outcome {
        case .imported: "imported."
        case .described: "registered; their content was there already and is stored once."
        case .unchanged: "are there already; nothing was changed."
        }
    let validation =
        dataset.validationSamples > 0 ? ", \(Quantity.count(dataset.validationSamples)) validation" : ""
    Terminal.tell(
        "\(dataset.name): \(Quantity.count(dataset.trainingSamples)) training\(validation) "
            + "and \(Quantity.count(dataset.testSamples, "test sample")) \(outcome)")
    guard result.outcome != .unchanged else { return }
    let findings = try store.findings(of: dataset).decoded(as: DatasetFinding.self)
    if let remark = DatasetFinding.remark(on: findings, dataset: dataset.name) { Terminal.tell(remark) }
}

struct DatasetListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "All data sets.", discussion: "Example: registry dataset list --format json")

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let rows = try await database.openStore().datasets()
        if rows.isEmpty { Terminal.tell("There is no data set yet. Get one with: registry dataset fetch mnist") }
        try output.print(
            try Table(
                rows,
                styles: [
                    "height": .plain, "width": .plain, "training_mean": .decimals(4),
                    "training_standard_deviation": .decimals(4),
                ],
                titles: [
                    "dataset_version": "version", "training_mean": "mean", "training_standard_deviation": "deviation",
                ], dispensable: ["fingerprint", "training_mean", "training_standard_deviation", "imported_at"]))
    }
}

struct DatasetShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "A data set's size, origin and class balance.",
        discussion: "Example: registry dataset show mnist")

    @Argument(help: "mnist (the newest version) or mnist@2.")
    var name: String

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case classes, dataset
    }

    @OptionGroup var output: AnswerOptions<Part>
    @OptionGroup var database: DatabaseOptions

    func validate() throws { try checkNames(name) }

    func run() async throws {
        let store = try await database.openStore()
        let dataset = try store.dataset(named: name)
        let balance = try Table(try store.classBalance(of: dataset))
        try output.print(
            text: { "\(Table.facts(dataset.lines, on: $0))\n\(balance.text(on: $0, most: Table.mostClasses))" },
            json: dataset.table.firstObject + ["classes": balance.json],
            csv: {
                switch $0 {
                case .classes: balance
                case .dataset: dataset.table
                }
            })
    }
}

struct DatasetInspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Look at samples: pictures, mean and deviation, class counts.",
        discussion: "Example: registry dataset inspect mnist --limit 40")

    @Argument(help: "mnist (the newest version) or mnist@2.")
    var name: String

    @Flag(help: "Test samples instead of training samples.")
    var test = false

    @Flag(help: "Validation samples instead of training samples.")
    var validation = false

    @OptionGroup var limit: LimitOption
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case samples, classes, dataset
    }

    @OptionGroup var output: AnswerOptions<Part>
    @OptionGroup var database: DatabaseOptions

    private var split: Split { validation ? .validation : test ? .test : .training }

    func validate() throws {
        try checkNames(name)
        guard !test || !validation else { throw ValidationError("Give --test or --validation, not both.") }
    }

    func run() async throws {
        let store = try await database.openStore()
        let dataset = try store.dataset(named: name)
        try dataset.checkHas(split)
        let samples = try store.firstSamples(of: dataset, split: split, count: limit.limit)
        let balance = try Table(try store.classBalance(of: dataset))
        let table = try Table(samples)
        let pictures = try samples.decoded(as: SamplePicture.self).map {
            try DigitPicture($0, captions: ["#\($0.index): \($0.className)"])
        }
        try output.print(
            text: {
                """
                \(Table.facts(dataset.lines, on: $0))
                \(DigitPicture.grid(pictures, on: $0))\(balance.text(on: $0, most: Table.mostClasses))
                """
            },
            json: dataset.table.firstObject + ["classes": balance.json, "samples": table.json],
            csv: {
                switch $0 {
                case .samples: table
                case .classes: balance
                case .dataset: dataset.table
                }
            })
    }
}
