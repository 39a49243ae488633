import ArgumentParser
import FoundationEssentials
import Judgement
import NeuralNetwork
import Reporting
import Store
import Trainer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

struct RetrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retrain",
        abstract: "Retrain production models and promote each new version that is shown to be no worse.",
        discussion: """
            With a seed that was not used before, on the newest version of the data set. The alias production moves to the \
            new version if it loses less accuracy than --margin, on the same test samples: the upper end of the loss's \
            two-sided 95 % interval (Tango, 1998) is below it. So it must be against the version in production, and against \
            the most accurate one that ever was there, lest accuracy sinks night after night. Where the test samples are too \
            few to show that, nothing changes, and it says how many more would decide. Once a night: asked again within twelve \
            hours, nothing is done. An interrupted retraining is resumed.

            In a crontab:
              0 3 * * *  registry retrain --gate --minimum-accuracy 0.95 --guard label=4 --quiet

            Exit status 10 says that a version was held back or not shown to be no worse (with --gate), 75 that another process \
            is retraining already.
            """)

    @Argument(help: "Models. Default: all that have a version in production that was trained here.")
    var models: [String] = []

    @Flag(help: "End with exit status 10 when a new version was held back, or not shown to be no worse.")
    var gate = false

    @Option(parsing: .unconditional, help: "How much accuracy a new version may lose: 0.002 is 0.2 points.")
    var margin = 0.002

    @Option(
        parsing: .unconditional,
        help: "Level of the loss's interval and of guards: 0.05 is a two-sided interval of 95 %.")
    var level = 0.05

    @Option(
        name: .customLong("guard"),
        help: ArgumentHelp(
            "Test samples on which a new version must not be significantly worse than production: label=4, class=NAME or "
                + "category=tilted. May be repeated; p values are adjusted for their number (Holm).", valueName: "group"
        ),
        transform: { text in
            guard let wanted = GateGuard(text) else {
                throw ValidationError("“\(text)” is no group of test samples. Write e.g. --guard label=4")
            }
            return wanted
        })
    var guards: [GateGuard] = []

    @Option(
        help: "A file with the indices of test samples that a new version must classify correctly, one a line.",
        completion: .file())
    var mustPass: String?

    @Option(
        parsing: .unconditional, help: "A new version must classify at least this share of the test samples correctly.")
    var minimumAccuracy = 0.0

    @Flag(help: "Retrain even if it was done tonight.")
    var force = false

    @Flag(help: "Print nothing if nothing was done: then cron sends no mail.")
    var quiet = false

    @OptionGroup var output: OutputOptions

    @OptionGroup var computing: ThreadOptions

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        for model in models { try checkNewName(model) }
        guard (0...1).contains(margin) else { throw ValidationError("--margin must be between 0 and 1.") }
        guard (0...1).contains(level) else { throw ValidationError("--level must be between 0 and 1.") }
        guard (0...1).contains(minimumAccuracy) else {
            throw ValidationError("--minimum-accuracy must be between 0 and 1.")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let conditions = GateConditions(
            margin: margin, level: level, minimumAccuracy: minimumAccuracy, guards: guards,
            mustPass: try mustPass.map(SampleIndices.init(contentsOf:))?.indices ?? [])
        let engine = try computing.engine()
        let connect = try await database.connector()
        let store = ForegroundTraining.store(connect: connect)
        let models = try self.models.isEmpty ? store { try $0.trainedModels(withAlias: "production") } : self.models
        guard !models.isEmpty else { throw try store { try Self.nothingInProduction($0) } }
        let keeper = try LeaseKeeper(connect: connect)
        defer { keeper.end() }
        let retrainer = Retrainer(
            store: store, keeper: keeper, engine: engine, executor: ForegroundTraining.executor(engine),
            conditions: conditions,
            isStopping: { Interruption.hasCome })
        Interruption.watch()
        var results: [RetrainingResult] = []
        var failure: (any Error)?
        var isFirst = true
        for (index, model) in models.enumerated() {
            do {
                var result: RetrainingResult
                repeat {
                    do {
                        result = try retrainer.retrain(model, repeats: force)
                    } catch let failure as any Failure where failure.advisesSettings {
                        throw SettingsOfProduction(model: model, failure: failure)
                    }
                    results.append(result)
                    if output.format == .table, let text = text(result) {
                        try Terminal.write(isFirst ? text : "\n\(text)")
                        isFirst = false
                    }
                } while result.isOfAnEarlierNight
            } catch  where !Interruption.hasCome && index < models.count - 1 {
                // One that can't be trained must not keep the others from it.
                Terminal.tell("registry: \(model): \(error.line)")
                failure = failure ?? error
            }
        }
        let told = quiet ? results.filter(\.isDecidedHere) : results
        if output.format != .table, !(quiet && told.isEmpty) { try output.print(Table(told)) }
        if let failure { throw failure }
        if results.contains(where: \.isBusy) { throw ExitCode(ExitStatus.tryAgain.rawValue) }
        if gate, results.contains(where: \.isHeldBack) { throw ExitCode(ExitStatus.heldBack.rawValue) }
    }

    private static func nothingInProduction(_ store: Store) throws -> any Error {
        try store.newestVersions().first.map { NothingInProduction(model: $0.model) } ?? NothingTrained()
    }

    /// `nil` where nothing is said on standard output.
    private func text(_ result: RetrainingResult) -> TerminalText? {
        switch result.outcome {
        case .decided(let report): return Table.facts(report.lines, on: .terminal)
        case .decidedByAnother(let outcome):
            return quiet ? nil : "retrain \(result.model): \(outcome) by another process\n"
        case .doneTonight(let run, let outcome):
            return quiet
                ? nil : "retrain \(result.model): done tonight by run \(run), \(outcome). To do it again: --force\n"
        case .busy(let run):
            Terminal.tell("registry: Run \(run) is retraining \(result.model) already. See: registry jobs")
            return nil
        }
    }
}

/// A text file with the index of a sample on each line; lines that are empty or begin with # say nothing.
struct SampleIndices {
    let indices: [Int]

    /// More than any test split has.
    private static let mostBytes = 64 << 20

    /// - Throws: `FileError`, or `NoIndex` for a line that is none.
    init(contentsOf path: String) throws {
        let lines = try readFile(path, limit: Self.mostBytes).split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var indices: [Int] = []
        for (number, line) in lines.enumerated() {
            let text = String(decoding: line, as: UTF8.self).filter { !$0.isWhitespace }
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            guard let index = Int(text), (0...Int(Int32.max)).contains(index) else {
                throw NoIndex(path: path, line: number + 1, text: String(text.prefix(40)))
            }
            indices.append(index)
        }
        self.indices = indices
    }
}

/// A line that is no index of a sample.
struct NoIndex: Failure {
    let path: String
    let line: Int
    let text: String

    var exitStatus: ExitStatus { .badInput }
    var description: String { "\(path): line \(line) is no index of a sample: “\(text)”." }
}

/// Settings that a new training would take otherwise, and a retraining may not.
struct SettingsOfProduction: Failure {
    let model: String
    let failure: any Failure

    var exitStatus: ExitStatus { failure.exitStatus }
    var description: String { "\(failure)" }
    var advice: String? {
        "A retraining keeps the settings of the version in production. Train one with others, then: registry alias "
            + "\(model) production"
    }
}

extension Failure {
    /// Whether the advice is a flag of `registry train`.
    fileprivate var advisesSettings: Bool {
        advice != nil && (self is Diverged || self is NotEnoughMemory || self is TrainingError)
    }
}

/// No model has a version to be replaced.
struct NothingInProduction: Failure {
    /// One that has a version.
    let model: String

    var exitStatus: ExitStatus { .notFound }
    var description: String {
        "No model version is in production. Put one there with: registry alias \(model) production"
    }
}
