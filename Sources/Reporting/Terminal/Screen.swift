/// What shows text: how wide it is, and what it can draw.
package struct Screen: Sendable, Hashable {
    /// Characters that a line may have.
    package var columns: Int
    /// Whether it takes nothing but ASCII.
    package var isASCII: Bool
    package var medium: DigitPicture.Medium

    /// One without an end, for all characters.
    package init(columns: Int = .max, isASCII: Bool = false, medium: DigitPicture.Medium = .shades) {
        self.columns = columns
        self.isASCII = isASCII
        // Half blocks are no ASCII.
        self.medium = isASCII ? .shades : medium
    }

    /// Whether text of this locale is to be ASCII: by POSIX it is in the locale C, where none is named, and by custom in
    /// all whose character set is not named as UTF-8.
    package static func isASCII(environment: [String: String]) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "C"
        let name = locale.lowercased()
        return !name.contains("utf-8") && !name.contains("utf8")
    }

    /// A text of one line as it can be shown here.
    func shown(_ text: String) -> String {
        let visible = text.withVisibleControls
        return isASCII ? visible.inASCII : visible
    }

    /// A text of one line, its end given up where it has too many columns.
    func shown(_ text: String, columns: Int) -> String {
        let shown = shown(text)
        guard shown.terminalColumns > columns else { return shown }
        let ellipsis = isASCII ? "..." : "…"
        var (kept, width) = ("", ellipsis.count)
        for character in shown {
            width += character.terminalColumns
            guard width <= columns else { break }
            kept.append(character)
        }
        return kept + ellipsis.prefix(max(0, columns))
    }
}
