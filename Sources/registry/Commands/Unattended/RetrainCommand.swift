import ArgumentParser
import FoundationEssentials
import NeuralNetwork
import Store

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
            asked again within twelve hours, nothing is done. What was interrupted is gone on with.

            In a crontab:
              0 3 * * *  registry retrain --gate --minimum-accuracy 0.95

            Exit status 10 says that the gate held a version back (with --gate), 75 that another process is at it.
            """)

    @Argument(help: "Models. Default: all that have a version in production.")
    var models: [String] = []

    @Flag(help: "End with exit status 10 when a new version was held back.")
    var gate = false

    @Option(parsing: .unconditional, help: "A p value below this says that a version that errs more often is worse.")
    var level = 0.05

    @Option(
        parsing: .unconditional, help: "A new version must classify at least this share of the test samples correctly.")
    var minimumAccuracy = 0.0

    @Flag(help: "Also when it was done tonight.")
    var force = false

    @Option(parsing: .unconditional, help: "Worker threads; changes no result. Default: one a physical core.")
    var threads: Int?

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        for model in models { try checkNewName(model) }
        guard (0...1).contains(level) else { throw ValidationError("--level must be between 0 and 1.") }
        guard (0...1).contains(minimumAccuracy) else {
            throw ValidationError("--minimum-accuracy must be between 0 and 1.")
        }
        guard (1...1024).contains(threads ?? 1) else {
            throw ValidationError("--threads must be between 1 and 1,024.")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let engine = try Engine.chosen(by: ProcessInfo.processInfo.environment, threads: threads)
        let connect = try await database.connector()
        let store = ForegroundTraining.store(connect: connect)
        let models = try self.models.isEmpty ? store { try $0.models(withAlias: "production") } : self.models
        guard !models.isEmpty else { throw UsageError.nothingInProduction }
        let retrainer = Retrainer(
            store: store, connect: connect, engine: engine,
            conditions: Retrainer.Conditions(level: level, minimumAccuracy: minimumAccuracy))
        Interruption.watch()
        var outcomes: [Retrainer.Outcome] = []
        var failure: (any Error)?
        for (index, model) in models.enumerated() {
            if index > 0 { try? Terminal.write("\n") }
            do {
                outcomes.append(try retrainer.retrain(model, repeats: force))
            } catch  where !Interruption.hasCome && index < models.count - 1 {
                // One that can't be trained must not keep the others from it.
                Terminal.tell("registry: \(model): \(error)")
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        if outcomes.contains(.busy) { throw ExitCode(ExitStatus.tryAgain.rawValue) }
        if gate, outcomes.contains(.heldBack) { throw ExitCode(ExitStatus.heldBack.rawValue) }
    }
}
