/// An error with a remedy that the front door knows: it alone knows the commands to type.
package protocol Advised: Error {
    /// What to do about the error, where its description does not say so.
    var advice: String? { get }
}

extension Advised {
    package var advice: String? { nil }
}

extension Error {
    /// What happened and what to do about it: a line for a person, a log or a run's row.
    package var line: String { ["\(self)", (self as? any Advised)?.advice].compactMap(\.self).joined(separator: " ") }
}
