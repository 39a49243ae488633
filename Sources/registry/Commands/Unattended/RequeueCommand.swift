import ArgumentParser
import Store

struct RequeueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requeue",
        abstract: "Resume a failed or cancelled training.",
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
