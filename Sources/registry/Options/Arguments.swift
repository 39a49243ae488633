import ArgumentParser
import FoundationEssentials
import PostgreSQL
import Store

extension RunReference {
    /// - Throws: `ValidationError` with what is wrong.
    init(typed text: String) throws {
        guard text.hasPrefix("run:") else {
            self = .version(try ModelReference(typed: text))
            return
        }
        guard let number = Self.runNumber(text) else {
            throw ValidationError("“\(text)” is no run: write run:12. The numbers are in: registry runs")
        }
        self = .run(number)
    }
}

/// A run for commands that take nothing else: `12` or `run:12`.
struct RunNumber: ExpressibleByArgument {
    let number: Int

    init?(argument: String) {
        guard let number = RunReference.runNumber(argument) ?? Int(argument) else { return nil }
        self.number = number
    }
}

extension ModelReference {
    /// - Throws: `ValidationError` with what is wrong.
    init(typed text: String) throws {
        if text.hasPrefix("run:") {
            throw ValidationError(
                "“\(text)” is a run, and a model version is needed here: write mlp, mlp@3 or mlp@production. "
                    + "Runs are taken by: registry show, registry curve")
        }
        if let fault = text.split(separator: "@", omittingEmptySubsequences: false).first
            .flatMap({ Names.fault(in: String($0)) })
        {
            throw ValidationError(fault)
        }
        guard let reference = ModelReference(text) else {
            throw ValidationError("Write mlp (the newest version), mlp@3, or mlp@production (an alias).")
        }
        self = reference
    }
}

/// - Throws: `ValidationError` unless a model, schedule or data set, written mnist or mnist@2, may be called so.
func checkNames(_ names: String?...) throws {
    for case let name? in names {
        let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if let fault = Names.fault(in: parts[0]) { throw ValidationError(fault) }
    }
}

/// - Throws: `ValidationError` unless a new model, schedule or data set may be called so.
func checkNewName(_ name: String) throws {
    if let fault = Names.fault(in: name) { throw ValidationError(fault) }
}

/// A name in a file that a model may not have.
struct UnusableName: Failure {
    let description: String
    var exitStatus: ExitStatus { .usage }
}

/// A day, its beginning in UTC, or a moment in ISO 8601.
struct Moment: ExpressibleByArgument {
    let timestamp: Timestamp

    init?(argument: String) {
        // Formats take what begins as they say; of a moment that is not a whole one the day must not be left.
        let isDay = argument.utf8.count == "2026-11-01".utf8.count
        let format = isDay ? Date.ISO8601FormatStyle().year().month().day() : Date.ISO8601FormatStyle()
        guard let date = try? format.parse(argument) else { return nil }
        // 2000 was a leap year; Foundation counts from its end.
        let seconds = date.timeIntervalSinceReferenceDate + 366 * 86_400
        timestamp = Timestamp(microsecondsSince2000: Int64((seconds * 1_000_000).rounded()))
    }
}

/// `--limit`, for commands that show the first of many.
struct LimitOption: ParsableArguments {
    @Option(parsing: .unconditional, help: "How many to show.")
    var limit = 20

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit must not be negative.") }
    }
}
