extension StringProtocol {
    /// The text in ASCII, for terminals, mails and files that know only that. Signs that the program prints have a likeness,
    /// each of a drawing's one character; all others stand as `\u{e9}`.
    package var inASCII: String {
        guard !utf8.allSatisfy({ $0 < 0x80 }) else { return String(self) }
        var text = ""
        var isRaised = false
        for scalar in unicodeScalars {
            let raised = superscripts[scalar]
            if let raised {
                text += (isRaised ? "" : "^") + raised
            } else if scalar.isASCII {
                text.unicodeScalars.append(scalar)
            } else {
                text += likenesses[scalar] ?? "\\u{\(String(scalar.value, radix: 16))}"
            }
            isRaised = raised != nil
        }
        return text
    }
}

private let superscripts: [Unicode.Scalar: String] = [
    "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "⁻": "-",
]

private let likenesses: [Unicode.Scalar: String] = [
    "“": "\"", "”": "\"", "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-", "…": "...", "·": "*", "×": "x", "→": "->",
    "←": "<-", "↑": "^", "↓": "v", "±": "+/-", "°": " degrees", "≥": ">=", "≤": "<=", "≠": "!=", "§": "section ",
    "α": "alpha", "β": "beta", "γ": "gamma", "ε": "epsilon", "χ": "chi", "σ": "sigma", "μ": "mu", "₀": "0", "₁": "1",
    "₂": "2", "\u{A0}": " ", "\u{202F}": " ",
    // Pictures, charts and the progress bar.
    "░": ".", "▒": ":", "▓": "+", "█": "#", "▀": "\"", "│": "|", "┤": "+", "─": "-", "┬": "+", "└": "+", "●": "o",
    "■": "#", "▲": "A", "◆": "%", "▼": "V", "★": "@", "○": "0", "□": "H", "△": "M", "◇": "Q", "▽": "Y", "☆": "S",
]
