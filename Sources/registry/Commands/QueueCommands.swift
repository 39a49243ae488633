import ArgumentParser
import Reporting
import Store

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "The trainings that wait or are being done.",
        discussion: """
            A training whose lease has run out is taken over by the next free worker. SQL: analysis.job, analysis.attempt.

            Example: registry jobs --format json
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let rows = try await database.openStore().jobs()
        if rows.isEmpty { Terminal.tell("Nothing is queued. Queue a training with: registry train mlp --detach") }
        output.print(try Table(rows))
    }
}

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Take a training from the queue, or stop it.",
        discussion: """
            One that is being done stops within seconds; its finished epochs stay stored.

            Example: registry cancel 12
            """)

    @Argument(help: "Number of the run; see: registry jobs.")
    var run: Int

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let state = try await database.openStore().cancel(run: run)
        Terminal.tell(state == "cancelled" ? "Run \(run) is cancelled." : "Run \(run) is told to stop.")
    }
}

struct RequeueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requeue",
        abstract: "Have a daemon go on with a training that failed or was cancelled.",
        discussion: """
            It goes on after its last stored epoch, and ends with the weights that it would have had anyway.

            Example: registry requeue 12
            """)

    @Argument(help: "Number of the run; see: registry runs.")
    var run: Int

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try await database.openStore().requeue(run: run)
        Terminal.tell("Run \(run) is queued. A registry daemon trains it; see: registry jobs")
    }
}
