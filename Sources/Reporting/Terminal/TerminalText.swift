/// Text for a terminal. What is put into a literal by `\( )` has its control characters shown instead of obeyed, unless it
/// is such text itself.
public struct TerminalText: Sendable, Hashable, ExpressibleByStringInterpolation, CustomStringConvertible {
    public private(set) var description: String

    public init(stringLiteral value: String) {
        description = value
    }

    public init(stringInterpolation: Interpolation) {
        description = stringInterpolation.text
    }

    /// Text in which nothing from elsewhere is left as it was.
    init(verbatim: String) {
        description = verbatim
    }

    public static func + (a: TerminalText, b: TerminalText) -> TerminalText {
        TerminalText(verbatim: a.description + b.description)
    }

    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) { text += literal }

        public mutating func appendInterpolation(_ piece: TerminalText) { text += piece.description }

        public mutating func appendInterpolation(_ pieces: [TerminalText]) {
            text += pieces.map(\.description).joined()
        }

        public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            text += value.description.withVisibleControls
        }
    }
}
