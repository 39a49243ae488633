import ArgumentParser
import Store

struct RequeueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requeue",
        abstract: "Resume a failed or cancelled training.",
        discussion: """
            It resumes after its last stored epoch, and ends with the weights that it would have had anyway.

            Example: registry requeue 12
            """)

    @Argument(help: "The run: 12 or run:12; see: registry runs.")
    var run: RunNumber

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try await database.openStore().requeue(run: run.number)
        Terminal.tell("Run \(run.number) is queued. A registry daemon trains it; see: registry jobs")
    }
}
