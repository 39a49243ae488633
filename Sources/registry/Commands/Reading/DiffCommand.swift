import ArgumentParser
import Judgement
import Reporting
import Store

struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "What a version breaks and mends of another, with pictures and both answers.",
        discussion: """
            Broken: only the first classifies it correctly. Mended: only the second. Changed: both are wrong, in different \
            ways. By class, by confusion and by kind of image; beside it, how many samples a new seed breaks anyway.

            Examples:
              registry diff cnn@1 cnn@2
              registry diff cnn@production cnn --only broken --limit 40
            """)

    @Argument(help: "The version before: mlp, mlp@3 or mlp@production.", transform: ModelReference.init(typed:))
    var a: ModelReference

    @Argument(help: "The version now.", transform: ModelReference.init(typed:))
    var b: ModelReference

    @Option(help: "Only samples that are broken, mended or changed.")
    var only: Flip?

    @OptionGroup var limit: LimitOption
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case samples, changes, classes, categories, confusions, seeds
    }

    @OptionGroup var output: AnswerOptions<Part>
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let store = try await database.openStore()
        let diff = try VersionDiff(
            from: try store.resolve(a), to: try store.resolve(b), only: only, limit: limit.limit, in: store)
        try output.print(
            text: { screen in text(diff, on: screen) }, json: diff.json,
            csv: {
                switch $0 {
                case .samples: diff.samples
                case .changes: diff.changes
                case .classes: diff.classes
                case .categories: diff.categories
                case .confusions: diff.confusions
                case .seeds: diff.seedTable
                }
            })
    }

    private func text(_ diff: VersionDiff, on screen: Screen) -> TerminalText {
        let seeds = diff.seeds.map { version, flips -> TerminalText in
            let isToBeTrained = version.origin == .trained && flips.broken == nil
            return "\(diff.seedLine(version, flips))\(isToBeTrained ? Self.advice : "")\n"
        }
        return """
            \(Table.aligned(diff.pair.agreementLines, isRight: [false, true, true], on: screen))\
            \(Table.facts(diff.pair.figureLines(isOneOfSeveral: false), on: screen))\(diff.pair.verdict)

            \(diff.changes.text(on: screen))\(seeds)
            By class: accuracy of \(diff.pair.b) minus \(diff.pair.a)
            \(diff.classes.text(on: screen, most: Table.mostClasses))\(Self.categories(diff, on: screen))\
            \(Self.confusions(diff, on: screen))\(pictures(diff, on: screen))
            """
    }

    private static let advice = " Train it again with the same settings and another --seed."

    private static func categories(_ diff: VersionDiff, on screen: Screen) -> TerminalText {
        guard !diff.categories.rows.isEmpty else { return "" }
        return """

            By kind of image; the last lines: those of no such kind, and those of which that cannot be told
            \(diff.categories.text(on: screen))
            """
    }

    private static func confusions(_ diff: VersionDiff, on screen: Screen) -> TerminalText {
        guard !diff.confusions.rows.isEmpty else { return "" }
        return """

            Confusions that come and go, as shares of the class
            \(diff.confusions.text(on: screen))
            """
    }

    private func pictures(_ diff: VersionDiff, on screen: Screen) -> TerminalText {
        guard !diff.pictures.isEmpty else { return "" }
        let all = (only.map { [$0] } ?? Flip.allCases).reduce(0) { $0 + diff.count($1) }
        return """

            \(Quantity.count(diff.pictures.count)) of \(Quantity.count(all, "sample")): the class, and what each version \
            takes it for with which probability

            \(DigitPicture.grid(diff.pictures, on: screen))
            """
    }
}

extension Flip: ExpressibleByArgument {}
