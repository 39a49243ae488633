/// Text for a terminal. What is put into a literal by `\( )` has its control characters shown instead of obeyed, unless it
/// is such text itself.
package struct TerminalText: Sendable, Hashable, ExpressibleByStringInterpolation, CustomStringConvertible {
    package private(set) var description: String

    package init(stringLiteral value: String) {
        description = value
    }

    package init(stringInterpolation: Interpolation) {
        description = stringInterpolation.text
    }

    /// Text in which nothing from elsewhere is left as it was.
    init(verbatim: String) {
        description = verbatim
    }

    package static func + (a: TerminalText, b: TerminalText) -> TerminalText {
        TerminalText(verbatim: a.description + b.description)
    }

    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) {}

        package mutating func appendLiteral(_ literal: String) { text += literal }

        package mutating func appendInterpolation(_ piece: TerminalText) { text += piece.description }

        package mutating func appendInterpolation(_ pieces: [TerminalText]) {
            text += pieces.map(\.description).joined()
        }

        package mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            text += value.description.withVisibleControls
        }
    }
}
