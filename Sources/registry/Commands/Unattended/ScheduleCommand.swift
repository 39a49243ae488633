import ArgumentParser
import Judgement
import Reporting
import Store
import Trainer

struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Commands that daemons execute at certain times.",
        discussion: "Each due time is executed at most once, however many daemons there are. SQL: analysis.schedule.",
        subcommands: [Add.self, List.self, Remove.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Create a schedule, or change the one of that name.",
            discussion: """
                The time is minute, hour, day, month and weekday, as in crontab(5), in UTC, or @daily and the like. \
                The command is retrain, train --detach or robustness; it names models and data sets that are there, no \
                files and no addresses.

                Example: registry schedule add nightly "0 3 * * *" retrain mlp cnn --gate
                """)

        @Option(
            help: "once or skip: due times at which no daemon ran are made up for by one execution, or left out.")
        var missed = MissedTimes.once

        @Argument(help: "The schedule's name.")
        var name: String

        @Argument(help: "When, e.g. \"0 3 * * *\" or \"*/15 * * * mon-fri\".")
        var cron: String

        @Argument(parsing: .captureForPassthrough, help: "The command, without “registry”.")
        var command: [String]

        @OptionGroup var database: DatabaseOptions

        func validate() throws {
            try checkNewName(name)
            do {
                try checkSchedule(command)
            } catch {
                throw ValidationError(error.line)
            }
        }

        func run() async throws {
            let cron = try CronExpression(cron)
            let store = try await database.openStore()
            try checkSchedule(command).checkCanWork(in: store)
            guard let next = cron.next(after: try store.now()) else { return }
            try store.setSchedule(name, cron: self.cron, command: command, missed: missed, nextDueAt: next)
            Terminal.tell("\(name): next on \(next.text) UTC, by a registry daemon")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "All schedules, and how they ended the last time.",
            discussion: "Example: registry schedule list --format json")

        @OptionGroup var output: OutputOptions
        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            let store = try await database.openStore()
            let rows = try store.schedules()
            for (name, command) in try store.scheduledCommands() {
                do {
                    try checkSchedule(command)
                } catch {
                    Terminal.tell("\(name) is never executed. \(error.line) See: registry schedule add --help")
                }
            }
            if rows.isEmpty {
                Terminal.tell(
                    "There is no schedule. Make one with, for example: registry schedule add nightly @daily retrain")
            }
            try output.print(try Table(rows))
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Remove a schedule.",
            discussion: "Example: registry schedule remove nightly")

        @Argument(help: "The schedule's name.")
        var name: String

        @OptionGroup var database: DatabaseOptions

        func validate() throws { try checkNewName(name) }

        func run() async throws {
            guard try await database.openStore().removeSchedule(name) else { throw NoSuchSchedule(name: name) }
            Terminal.tell("\(name) is removed.")
        }
    }
}

extension MissedTimes: ExpressibleByArgument {}

/// No schedule has this name.
struct NoSuchSchedule: Failure {
    let name: String

    var exitStatus: ExitStatus { .notFound }
    var description: String { "There is no schedule “\(name)”. See: registry schedule list" }
}
