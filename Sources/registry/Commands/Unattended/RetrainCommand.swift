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
        abstract: "Retrain production models and promote each new version unless it is worse.",
        discussion: """
            With a seed that was not used before, on the newest version of the data set. The alias production moves to the \
            new version, unless it is significantly worse on the same test samples (McNemar's exact test). Once a night: \
            asked again within twelve hours, nothing is done. An interrupted retraining is resumed.

            In a crontab:
              0 3 * * *  registry retrain --gate --minimum-accuracy 0.95 --quiet

            Exit status 10 says that the gate held a version back (with --gate), 75 that another process is retraining already.
            """)

    @Argument(help: "Models. Default: all that have a version in production that was trained here.")
    var models: [String] = []

    @Flag(help: "End with exit status 10 when a new version was held back.")
    var gate = false

    @Option(parsing: .unconditional, help: "Significance level of McNemar's test.")
    var level = 0.05

    @Option(
        parsing: .unconditional, help: "A new version must classify at least this share of the test samples correctly.")
    var minimumAccuracy = 0.0

    @Flag(help: "Also when it was done tonight.")
    var force = false

    @Flag(help: "Print nothing where nothing was done: no mail from cron on such a night.")
    var quiet = false

    @OptionGroup var output: OutputOptions

    @OptionGroup var computing: ThreadOptions

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        for model in models { try checkNewName(model) }
        guard (0...1).contains(level) else { throw ValidationError("--level must be between 0 and 1.") }
        guard (0...1).contains(minimumAccuracy) else {
            throw ValidationError("--minimum-accuracy must be between 0 and 1.")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let engine = try computing.engine()
        let connect = try await database.connector()
        let store = ForegroundTraining.store(connect: connect)
        let models = try self.models.isEmpty ? store { try $0.trainedModels(withAlias: "production") } : self.models
        guard !models.isEmpty else { throw try store { try Self.nothingInProduction($0) } }
        let keeper = try LeaseKeeper(connect: connect)
        defer { keeper.end() }
        let retrainer = Retrainer(
            store: store, keeper: keeper, engine: engine, executor: ForegroundTraining.executor(engine),
            conditions: Retrainer.Conditions(level: level, minimumAccuracy: minimumAccuracy),
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
