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
        let (a, b) = (try Self.split(names[0], in: store), try Self.split(names[1], in: store))
        let drift = try store.drift(from: a, to: b)
        let shifts = try Table(
            drift,
            styles: [
                "a_median": .decimals(3), "b_median": .decimals(3), "distance": .decimals(4),
                "a_samples": .hidden, "b_samples": .hidden, "p": .hidden, "adjusted_p": .probability,
                "stability": .decimals(4),
                "chance_stability": .decimals(4),
            ],
            titles: [
                "distance": "K-S distance", "adjusted_p": "adjusted p",
                "stability": "stability index", "chance_stability": "by chance",
            ]
        )
        let classes = try Table(
            try store.classDrift(from: a, to: b),
            styles: ["a_share": .percent, "b_share": .percent, "stability": .hidden])
        let verdict: String = try drift[0]["verdict"]
        try output.print(
            text: { screen in
                """
                a is \(a.name), b is \(b.name)

                Classes
                \(classes.text(on: screen, most: Table.mostClasses))
                Shifts
                \(shifts.without("verdict").text(on: screen))
                \(verdict)

                """
            },
            json: [
                "a": .string(a.name), "b": .string(b.name), "classes": classes.json,
                "shifts": shifts.without("verdict").json, "verdict": .string(verdict),
            ],
            csv: {
                switch $0 {
                case .shifts: shifts
                case .classes: classes
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
