import ArgumentParser
import Judgement
import Reporting
import Samples
import Store

struct DatasetDriftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "Whether two splits or data sets are alike: classes and measured features.",
        discussion: """
            A split is written mnist:training, mnist@2:test, or mnist for both of its own: “drift mnist” compares the test \
            split with the training split, “drift mnist letters” the test splits of both.

            Example: registry dataset drift mnist@1:training mnist@2:training
            """)

    @Argument(help: "One data set, or two splits.")
    var splits: [String]

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case shifts, classes
    }

    @OptionGroup var output: AnswerOptions<Part>
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard splits.count <= 2 else {
            throw ValidationError(
                "Name one data set, or two splits, e.g.: registry dataset drift mnist:training mnist:test")
        }
        for split in splits { try checkNames(Self.parts(split).dataset) }
        for split in splits where split.contains(":") {
            guard splits.count == 2, Self.parts(split).split != nil else {
                throw ValidationError("“\(split)” must be two splits' names, e.g.: mnist:training mnist:test")
            }
        }
    }

    func run() async throws {
        let store = try await database.openStore()
        let names = splits.count == 2 ? splits : ["\(splits[0]):training", "\(splits[0]):test"]
        let drift = try Drift(
            from: try Self.split(names[0], in: store), to: try Self.split(names[1], in: store), in: store)
        try output.print(
            text: { screen in
                """
                a is \(drift.a.name), b is \(drift.b.name)

                Classes
                \(drift.classes.text(on: screen, most: Table.mostClasses))
                Shifts
                \(drift.shifts.text(on: screen))
                \(drift.verdict)

                """
            }, json: drift.json,
            csv: {
                switch $0 {
                case .shifts: drift.shifts
                case .classes: drift.classes
                }
            })
    }

    private static func parts(_ text: String) -> (dataset: String, split: Split?) {
        guard let colon = text.lastIndex(of: ":") else { return (text, .test) }
        return (String(text[..<colon]), Split(rawValue: String(text[text.index(after: colon)...])))
    }

    private static func split(_ text: String, in store: Store) throws -> StoredSplit {
        let (name, split) = parts(text)
        let dataset = try store.dataset(named: name)
        try dataset.checkHas(split ?? .test)
        return StoredSplit(dataset: dataset, split: split ?? .test)
    }
}
