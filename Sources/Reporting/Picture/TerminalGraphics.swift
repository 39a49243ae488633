/// Real pictures in a terminal that can show them.
package enum TerminalGraphics: Sendable, Hashable {
    /// - Source: sw.kovidgoyal.net/kitty/graphics-protocol: also Ghostty, Konsole, WezTerm.
    case kitty
    /// - Source: iterm2.com/documentation-images.html
    case iterm

    /// What a terminal can do, by the names that it goes by in the environment; `nil` for only characters. tmux and screen
    /// keep pictures from the terminal that they run in.
    package init?(environment: [String: String]) {
        let (program, terminal) = (environment["TERM_PROGRAM"] ?? "", environment["TERM"] ?? "")
        if environment["TMUX"] != nil || terminal.hasPrefix("tmux") || terminal.hasPrefix("screen") {
            return nil
        } else if environment["KITTY_WINDOW_ID"] != nil || terminal == "xterm-kitty"
            || ["ghostty", "WezTerm"].contains(program)
        {
            self = .kitty
        } else if program == "iTerm.app" || environment["LC_TERMINAL"] == "iTerm2" {
            self = .iterm
        } else {
            return nil
        }
    }

    /// Whether a terminal has 24-bit colours: it says so, or is known for it.
    static func hasColor(environment: [String: String]) -> Bool {
        let terminal = environment["TERM"] ?? ""
        return ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "") || terminal.hasSuffix("-direct")
            || ["alacritty", "foot", "xterm-ghostty", "xterm-kitty", "wezterm"].contains(terminal)
    }

    /// Characters that a digit takes, and pixels that a character is made of here: a digit of 28 × 28 becomes four times
    /// as large.
    static let (columnsPerDigit, rowsPerDigit, pixelsPerColumn, pixelsPerRow) = (14, 7, 8, 16)

    /// The sequence that shows a picture at the cursor, on so many characters.
    func sequence(base64PNG: String, columns: Int, rows: Int) -> String {
        switch self {
        case .kitty:
            // At most 4096 bytes at a time; all but the last say that more is coming.
            var text = ""
            var rest = base64PNG[...]
            var control = "a=T,f=100,c=\(columns),r=\(rows),q=2,"
            repeat {
                let chunk = rest.prefix(4096)
                rest = rest.dropFirst(4096)
                text += "\u{1B}_G\(control)m=\(rest.isEmpty ? 0 : 1);\(chunk)\u{1B}\\"
                control = ""
            } while !rest.isEmpty
            return text + "\n"
        case .iterm:
            return
                "\u{1B}]1337;File=inline=1;width=\(columns);height=\(rows);preserveAspectRatio=0:\(base64PNG)\u{07}\n"
        }
    }
}
