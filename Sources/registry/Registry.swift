import ArgumentParser

/// The program.
@main
struct Registry: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Train image classifiers and judge them: which is better, what goes wrong, what is hard.",
        discussion: """
            Start with:
              registry train mlp
              registry train cnn
              registry compare mlp cnn

            MODEL is written mlp (the newest version), mlp@3 (a certain one) or mlp@production (an alias).
            """,
        version: version,
        groupedSubcommands: [
            CommandGroup(
                name: "Data and training:",
                subcommands: [DatasetCommand.self, ArchitectureCommand.self, TrainCommand.self]),
            CommandGroup(
                name: "Unattended:",
                subcommands: [
                    DaemonCommand.self, JobsCommand.self, CancelCommand.self, RequeueCommand.self, RetrainCommand.self,
                    ScheduleCommand.self,
                ]),
            CommandGroup(
                name: "Reading:",
                subcommands: [
                    ModelsCommand.self, RunsCommand.self, ShowCommand.self, CompareCommand.self, ErrorsCommand.self,
                    CurveCommand.self, HardestCommand.self, PredictionsCommand.self, RobustnessCommand.self,
                    ReportCommand.self,
                ]),
            CommandGroup(
                name: "Upkeep:",
                subcommands: [AliasCommand.self, ExportCommand.self, DatabaseCommand.self, DoctorCommand.self]),
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as any Failure {
            Terminal.tell("registry: \(failure.description)")
            exit(withError: ExitCode(failure.exitStatus.rawValue))
        } catch let error where isOfArgumentParser(error) {
            exit(withError: error)
        } catch {
            Terminal.tell("registry: \(error)")
            exit(withError: ExitCode(ExitStatus.internalError.rawValue))
        }
    }

    /// Whether the error is the parser's own: a wrong flag, `--help`, `--version`.
    private static func isOfArgumentParser(_ error: any Error) -> Bool {
        error is ExitCode || error is CleanExit || error is ValidationError || exitCode(for: error) != .failure
    }
}
