extension Table {
    /// Aligned columns with titles, numbers to the right, on a screen without an end.
    package var text: TerminalText { text(on: Screen()) }

    /// Aligned columns with titles, numbers to the right, no wider than a screen.
    ///
    /// Where they are too wide, titles are broken, then long texts cut, then columns left out that can be spared; what still
    /// does not fit is continued below.
    package func text(on screen: Screen) -> TerminalText {
        var left: [String] = []
        for key in [nil] + dispensable.filter({ keys.contains($0) && isShown($0) }).map(Optional.some) {
            if let key { left.append(key) }
            let (lines, isRight, isCut) = hiding(left).shownLines
            let layout = Layout(lines, isRight: isRight, isCut: isCut, screen: screen, shortestText: 16)
            guard layout.width <= screen.columns else { continue }
            return layout.text + Self.note(on: left.map(title), screen)
        }
        let (lines, isRight, isCut) = hiding(left).shownLines
        return Self.aligned(lines, isRight: isRight, isCut: isCut, on: screen) + Self.note(on: left.map(title), screen)
    }

    /// The same, with so many of its rows.
    package func text(on screen: Screen, most: Int) -> TerminalText {
        guard rows.count > most else { return text(on: screen) }
        return first(most).text(on: screen) + Self.note(onRows: rows.count - most)
    }

    /// What stands below a table of which some rows are left out.
    package static func note(onRows count: Int) -> TerminalText {
        "… \(Quantity.count(count)) more in JSON and CSV\n"
    }

    private static func note(on titles: [String], _ screen: Screen) -> TerminalText {
        guard !titles.isEmpty else { return "" }
        return "\("In a wider terminal, in JSON and in CSV also: \(titles.joined(separator: ", "))")\n"
    }

    /// Lines of cells in aligned columns, the first line their titles, no wider than a screen.
    package static func aligned(_ lines: [[String]], isRight: [Bool], on screen: Screen) -> TerminalText {
        aligned(lines, isRight: isRight, isCut: isRight.map { _ in true }, on: screen)
    }

    private static func aligned(
        _ lines: [[String]], isRight: [Bool], isCut: [Bool], on screen: Screen
    ) -> TerminalText {
        let layout = Layout(lines, isRight: isRight, isCut: isCut, screen: screen, shortestText: 8)
        guard layout.width > screen.columns, isRight.count > 2 else { return layout.text }
        // As many columns as fit beside the first, the others below.
        var columns = 2
        while columns < isRight.count, layout.widths[...columns].reduce(2 * columns, +) <= screen.columns {
            columns += 1
        }
        func part(_ columns: some Sequence<Int>) -> TerminalText {
            let columns = Array(columns)
            return aligned(
                lines.map { line in columns.map { line[$0] } }, isRight: columns.map { isRight[$0] },
                isCut: columns.map { isCut[$0] }, on: screen)
        }
        guard columns < isRight.count else { return layout.text }
        return part(0..<columns) + "\n" + part([0] + (columns..<isRight.count))
    }

    /// Lines of a name and what it stands for, however long that is.
    package static func facts(_ lines: [[String]], on screen: Screen) -> TerminalText {
        let columns = lines.first.map { $0.map { _ in false } } ?? []
        return Layout(
            lines, isRight: columns, isCut: columns,
            screen: Screen(isASCII: screen.isASCII), shortestText: 0
        ).text
    }
}

/// Columns of cells, two spaces apart.
private struct Layout {
    let screen: Screen
    let isRight: [Bool]
    private(set) var widths: [Int]
    /// As they are shown.
    private let lines: [[String]]

    /// - Parameters:
    ///   - isCut: Which texts may be cut.
    ///   - shortestText: Columns that are left to a text, however many it takes.
    init(_ cells: [[String]], isRight: [Bool], isCut: [Bool], screen: Screen, shortestText: Int) {
        let shown = cells.map { $0.map { screen.shown($0) } }
        self.screen = screen
        self.isRight = isRight
        lines = shown
        widths = isRight.indices.map { column in shown.map { $0[column].terminalColumns }.max() ?? 0 }
        guard width > screen.columns, let titles = shown.first else { return }
        for column in widths.indices {
            let body = shown.dropFirst().map { $0[column].terminalColumns }.max() ?? 0
            let words = titles[column].split(separator: " ").map(\.terminalColumns)
            widths[column] = min(widths[column], max(body, words.max() ?? 0))
        }
        while width > screen.columns {
            let texts = widths.indices.filter { !isRight[$0] && isCut[$0] && widths[$0] > shortestText }
            guard let widest = texts.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
    }

    var width: Int { widths.reduce(2 * max(0, widths.count - 1), +) }

    var text: TerminalText {
        let heading = (lines.first.map(broken) ?? []).map(padded)
        return TerminalText(verbatim: (heading + lines.dropFirst().map(padded)).map { $0 + "\n" }.joined())
    }

    /// The titles, over as many lines as the narrowest column needs.
    private func broken(_ titles: [String]) -> [[String]] {
        let parts = zip(titles, widths).map { title, width in
            title.split(separator: " ", omittingEmptySubsequences: false).reduce(into: [String]()) { lines, word in
                if let last = lines.last, last.terminalColumns + 1 + word.terminalColumns <= width {
                    lines[lines.count - 1] += " " + word
                } else {
                    lines.append(String(word))
                }
            }
        }
        let height = parts.map(\.count).max() ?? 0
        return (0..<height).map { line in
            parts.map { part in
                let index = line - (height - part.count)
                return index >= 0 ? part[index] : ""
            }
        }
    }

    private func padded(_ cells: [String]) -> String {
        cells.indices.map { column in
            screen.shown(cells[column], columns: widths[column])
                .padded(toColumns: widths[column], isRight: isRight[column])
        }.joined(separator: "  ").withoutTrailingSpaces
    }
}
