extension Chart {
    /// Symbols of lines and of markers, by group: they tell the series apart without colour.
    static let lineSymbols: [Character] = ["·", "+", "×", "~", "=", "'"]
    static let markerSymbols: [Character] = ["●", "■", "▲", "◆", "▼", "★"]
    static let outlineSymbols: [Character] = ["○", "□", "△", "◇", "▽", "☆"]

    /// The chart in characters.
    ///
    /// - Parameter rows: Of the part between the axes.
    package func text(on screen: Screen, rows: Int = 20) -> TerminalText {
        let (xAxis, yAxis) = (xAxis, yAxis)
        let labels = yAxis.marks.map { screen.shown(yAxis.label($0)) }
        let margin = (labels.map(\.count).max() ?? 0) + 1
        let width = max(20, min(screen.columns, 1000) - margin - 2)
        var cells = [[Character]](repeating: [Character](repeating: " ", count: width), count: rows)
        func cell(_ point: Point) -> (row: Int, column: Int) {
            (
                rows - 1 - Int((yAxis.position(of: point.y) * Double(rows - 1)).rounded()),
                Int((xAxis.position(of: point.x) * Double(width - 1)).rounded())
            )
        }
        // Markers stand above lines.
        for series in series where series.style == .line {
            // A line of one point is a dot.
            let ends = series.points.count == 1 ? series.points[...] : series.points.dropFirst()
            for (first, second) in zip(series.points, ends) {
                let (from, to) = (cell(first), cell(second))
                let steps = max(abs(from.row - to.row), abs(from.column - to.column), 1)
                for step in 0...steps {
                    let row = from.row + (to.row - from.row) * step / steps
                    let column = from.column + (to.column - from.column) * step / steps
                    cells[row][column] = Self.symbol(of: series)
                }
            }
        }
        for series in series where series.style != .line {
            for point in series.points {
                let (row, column) = cell(point)
                cells[row][column] = Self.symbol(of: series)
            }
        }
        var lines = [screen.shown(title, columns: screen.columns), ""]
        for (row, line) in cells.enumerated() {
            let mark = yAxis.marks.indices.first { cell(Point(x: xAxis.lower, y: yAxis.marks[$0])).row == row }
            let label = mark.map { labels[$0] } ?? ""
            let frame = mark == nil ? "│" : "┤"
            lines.append(label.padded(toColumns: margin - 1, isRight: true) + " " + frame + String(line))
        }
        lines += xLines(xAxis, margin: margin, width: width, on: screen)
        lines.append("")
        lines += series.map { "  \(Self.symbol(of: $0))  \(screen.shown($0.name, columns: screen.columns - 5))" }
        return TerminalText(verbatim: lines.map { $0.withoutTrailingSpaces + "\n" }.joined())
    }

    /// The axis below: its line, its labels, its title beside the vertical one's.
    private func xLines(_ axis: Axis, margin: Int, width: Int, on screen: Screen) -> [String] {
        var line = [Character](repeating: "─", count: width)
        var labels = [Character](repeating: " ", count: margin + 1 + width)
        for mark in axis.marks {
            let column = Int((axis.position(of: mark) * Double(width - 1)).rounded())
            line[column] = "┬"
            let text = Array(screen.shown(axis.label(mark)))
            let start = min(max(margin + 1 + column - text.count / 2, 0), labels.count - text.count)
            let isFree = labels[max(start - 1, 0)..<start + text.count].allSatisfy { $0 == " " }
            if isFree { labels.replaceSubrange(start..<start + text.count, with: text) }
        }
        let titles = screen.shown("across: \(xTitle); upwards: \(yTitle)")
        let room = screen.columns - margin - 1
        let legend =
            titles.terminalColumns <= room
            ? [titles] : ["across: \(xTitle)", "upwards: \(yTitle)"].map { screen.shown($0, columns: room) }
        return [String(repeating: " ", count: margin) + "└" + String(line), String(labels)]
            + legend.map { String(repeating: " ", count: margin + 1) + $0 }
    }

    private static func symbol(of series: Series) -> Character {
        let symbols =
            switch series.style {
            case .line: lineSymbols
            case .markers: markerSymbols
            case .outlines: outlineSymbols
            }
        return symbols[series.group % symbols.count]
    }
}
