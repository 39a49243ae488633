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

    @Argument(help: "Number of the run; see: registry jobs.")
    var run: Int

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let state = try await database.openStore().cancel(run: run)
        Terminal.tell(state == .cancelled ? "Run \(run) is cancelled." : "Run \(run) has been asked to stop.")
    }
}
