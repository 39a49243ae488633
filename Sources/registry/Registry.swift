import ArgumentParser
import Dispatch
import PostgreSQL
import Reporting
import Trainer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The start: before anything asynchronous, for which Swift itself needs files and threads.
@main
enum Start {
    static func main() {
        Terminal.openStandardDescriptors()
        handLinesOfLibraries { Terminal.tell($0) }
        // Swift's runtime takes SIGQUIT for a crash: it prints where the program is, and lets it go on.
        signal(SIGQUIT, SIG_DFL)
        do {
            try FewDescriptors.check(workers: 0)
            try Threads.check()
        } catch {
            Terminal.tell("\(Registry._errorPrefix)\(error.line)")
            Registry.exit(withError: ExitCode(ExitStatus.tryAgain.rawValue))
        }
        Task { @MainActor in
            await Registry.main()
            Registry.exit()
        }
        dispatchMain()
    }
}

/// The program.
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
                subcommands: [
                    DatasetCommand.self, ArchitectureCommand.self, TrainCommand.self, ImportCommand.self,
                ]),
            CommandGroup(
                name: "Unattended:",
                subcommands: [
                    DaemonCommand.self, JobsCommand.self, CancelCommand.self, RequeueCommand.self, RetrainCommand.self,
                    ScheduleCommand.self,
                ]),
            CommandGroup(
                name: "Reading:",
                subcommands: [
                    ModelsCommand.self, RunsCommand.self, ShowCommand.self, EvaluateCommand.self, PredictCommand.self,
                    CompareCommand.self, DiffCommand.self,
                    ErrorsCommand.self, CurveCommand.self, HardestCommand.self, PredictionsCommand.self,
                    CalibrationCommand.self,
                    RobustnessCommand.self,
                    ReportCommand.self,
                ]),
            CommandGroup(
                name: "Upkeep:",
                subcommands: [AliasCommand.self, ExportCommand.self, DatabaseCommand.self, DoctorCommand.self]),
        ])

    /// What ArgumentParser puts before its errors: there is one prefix for all.
    static let _errorPrefix = "registry: "

    static func main() async {
        do {
            do {
                var command = try parseAsRoot()
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
            } catch let error where !(error is any Failure) && isOfArgumentParser(error) {
                try end(error)
            }
        } catch let failure as any Failure {
            Terminal.tell("\(_errorPrefix)\(failure.line)")
            exit(withError: ExitCode(failure.exitStatus.rawValue))
        } catch {
            Terminal.tell("\(_errorPrefix)\(error.line)")
            exit(withError: ExitCode(ExitStatus.internalError.rawValue))
        }
    }

    /// Whether the error is the parser's own: a wrong flag, `--help`, `--version`.
    private static func isOfArgumentParser(_ error: any Error) -> Bool {
        error is ExitCode || error is CleanExit || error is ValidationError || exitCode(for: error) != .failure
    }

    /// Prints what the parser has to say, and ends.
    private static func end(_ error: any Error) throws {
        let (code, text, message) = (exitCode(for: error), fullMessage(for: error), message(for: error))
        if code == .success, !text.isEmpty {
            let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            try Terminal.write("\(lines.map { "\($0)\n" as TerminalText })")
        } else if !message.isEmpty, text.hasPrefix(_errorPrefix + message) {
            // The message quotes what was typed; what follows is the usage.
            Terminal.tell(_errorPrefix + message)
            for line in text.dropFirst((_errorPrefix + message).count).split(whereSeparator: \.isNewline) {
                Terminal.tell(String(line))
            }
        } else if !text.isEmpty {
            text.split(whereSeparator: \.isNewline).forEach { Terminal.tell(String($0)) }
        }
        exit(withError: code)
    }
}
