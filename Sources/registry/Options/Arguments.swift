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

    /// What a `timestamptz` can be, in seconds since 2000: from 4713 before our era up to the year 294277.
    ///
    /// - Source: PostgreSQL manual, table 8.9.
    private static let range = -211_813_488_000.0..<9_223_371_331_200.0

    init?(argument: String) {
        // Formats take what begins as they say, and 30 February for 2 March: of a moment that is not a whole one the day must
        // not be left, and what there is not must not become something else.
        let isDay = argument.utf8.count == "2026-11-01".utf8.count
        let format = isDay ? Date.ISO8601FormatStyle().year().month().day() : Date.ISO8601FormatStyle()
        let numbers = argument.prefix("2026-11-01T12:00:00".count).split { "-T:".contains($0) }.map { Int($0) }
        guard Self.isOfCalendar(numbers), let date = try? format.parse(argument) else { return nil }
        // 2000 was a leap year; Foundation counts from its end.
        let seconds = date.timeIntervalSinceReferenceDate + 366 * 86_400
        guard Self.range.contains(seconds) else { return nil }
        timestamp = Timestamp(microsecondsSince2000: Int64((seconds * 1_000_000).rounded()))
    }
}

extension Timestamp {
    /// As a person reads it, to the minute: `2026-11-27 03:00`.
    var text: String { String(description.prefix("2026-11-27T03:00".count)).replacing("T", with: " ") }
}

extension Moment {
    /// - Parameter numbers: Year, month, day; hour, minute and second, or nothing more.
    private static func isOfCalendar(_ numbers: [Int?]) -> Bool {
        let numbers = numbers.compactMap(\.self)
        guard numbers.count == 3 || numbers.count == 6, (1...12).contains(numbers[1]) else { return false }
        let isLeapYear = numbers[0] % 4 == 0 && (numbers[0] % 100 != 0 || numbers[0] % 400 == 0)
        let days = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][numbers[1] - 1]
        return (1...days).contains(numbers[2]) && zip(numbers.dropFirst(3), [24, 60, 60]).allSatisfy { $0 < $1 }
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
