extension StringProtocol {
    /// How many columns of a terminal the text takes.
    var terminalColumns: Int { reduce(0) { $0 + $1.terminalColumns } }

    /// The text with spaces before or after it, so that it takes at least so many columns.
    func padded(toColumns columns: Int, isRight: Bool = false) -> String {
        let space = String(repeating: " ", count: Swift.max(0, columns - terminalColumns))
        return isRight ? space + self : self + space
    }

    /// The text without the spaces at its end.
    var withoutTrailingSpaces: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension Character {
    /// Two for those of East Asian scripts and for pictographs, none for marks that stand alone.
    var terminalColumns: Int { min(2, unicodeScalars.reduce(0) { $0 + $1.terminalColumns }) }
}

extension Unicode.Scalar {
    /// - Source: Unicode Standard Annex 11, East Asian Width: the blocks that are wide or fullwidth.
    fileprivate var terminalColumns: Int {
        if isASCII { return 1 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch value {
        case 0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23EC, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
            0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
