extension StringProtocol {
    /// The text without anything that a terminal obeys or that hides the rest of a line: control characters, line ends and
    /// marks of writing direction stand as `\x1b` or `\u{202e}`.
    package var withVisibleControls: String {
        guard unicodeScalars.contains(where: \.isControl) else { return String(self) }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            guard scalar.isControl else {
                text.append(scalar)
                continue
            }
            let digits = String(scalar.value, radix: 16)
            text.append(
                contentsOf: (scalar.value > 0xFF ? "\\u{\(digits)}" : "\\x\(digits.count < 2 ? "0" : "")\(digits)")
                    .unicodeScalars)
        }
        return String(text)
    }
}

extension Unicode.Scalar {
    /// Whether it is a control character of ASCII (C0, DEL) or ISO 8859-1 (C1), a line or paragraph separator, or one that
    /// changes the direction of writing.
    ///
    /// - Source: Unicode Standard Annex 9, table 1: ALM, LRM, RLM, LRE … RLO, LRI … PDI.
    var isControl: Bool {
        switch value {
        case 0...0x1F, 0x7F...0x9F, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

extension StringProtocol {
    /// The text as one line of a length that can be read: control characters shown, each quotation and each word cut at 200
    /// characters, and the middle left out of what is still longer than 1,000.
    package var asShortLine: String {
        var line = String.UnicodeScalarView()
        var part = String.UnicodeScalarView()
        var isQuoted = false
        func end() {
            line.append(contentsOf: part.prefix(200))
            if part.count > 200 { line.append("…") }
            part = String.UnicodeScalarView()
        }
        for scalar in withVisibleControls.unicodeScalars {
            if scalar == (isQuoted ? "”" : "“") || scalar == " " && !isQuoted {
                end()
                line.append(scalar)
                if scalar != " " { isQuoted.toggle() }
            } else {
                part.append(scalar)
            }
        }
        end()
        guard line.count > 1000 else { return String(line) }
        return String(String.UnicodeScalarView(line.prefix(700))) + " … "
            + String(String.UnicodeScalarView(line.suffix(250)))
    }
}
