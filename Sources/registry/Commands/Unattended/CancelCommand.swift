import ArgumentParser
import Store

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Take a training from the queue, or stop it.",
        discussion: """
            One that is being done stops within seconds; its finished epochs stay stored.

            Example: registry cancel 12
            """)

    @Argument(help: "The run: 12 or run:12; see: registry jobs.")
    var run: RunNumber

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let state = try await database.openStore().cancel(run: run.number)
        Terminal.tell(
            state == .cancelled ? "Run \(run.number) is cancelled." : "Run \(run.number) has been asked to stop.")
    }
}
