import ArgumentParser
import FoundationEssentials
import PostgreSQL
import Store

extension ModelReference: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }

    public static var defaultCompletionKind: CompletionKind { .default }
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
    @Option(help: "How many to show.")
    var limit = 20

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit must not be negative.") }
    }
}

/// Whether a model or data set may be called so: what can be told from `@VERSION`, from an option, and typed in a shell.
func isValidName(_ name: String) -> Bool {
    guard let first = name.unicodeScalars.first, name.utf8.count <= 100 else { return false }
    return first.isLetterOrDigit
        && name.unicodeScalars.allSatisfy { $0.isLetterOrDigit || $0 == "-" || $0 == "_" || $0 == "." }
}

func invalidName(_ name: String) -> String {
    "“\(name)” can't be a name: use letters, digits, “-”, “_” and “.”, beginning with a letter or digit, at most 100."
}

extension Unicode.Scalar {
    fileprivate var isLetterOrDigit: Bool { properties.isAlphabetic || properties.numericType == .decimal }
}
