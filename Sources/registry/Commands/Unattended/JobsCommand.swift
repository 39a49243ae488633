import ArgumentParser
import Judgement
import Reporting
import Store

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "Trainings that are queued or running.",
        discussion: """
            A training whose lease has run out is taken over by the next free worker. SQL: analysis.job, analysis.attempt.

            Example: registry jobs --format json
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let rows = try await database.openStore().jobs()
        if rows.isEmpty { Terminal.tell("Nothing is queued. Queue a training with: registry train mlp --detach") }
        try output.print(try Table(rows))
    }
}
