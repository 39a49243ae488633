import ArgumentParser
import Store

extension ModelReference: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }

    public static var defaultCompletionKind: CompletionKind { .default }
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
