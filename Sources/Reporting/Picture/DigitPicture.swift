/// A small image, grey or in colour, to be drawn in a terminal: two rows of pixels a line of text.
package struct DigitPicture: Sendable {
    /// Lines above the picture.
    package let captions: [String]
    private(set) var height: Int
    private(set) var width: Int
    private(set) var pixels: [UInt8]
    /// 3 for red, green and blue; of any other number the first is shown as grey.
    let channels: Int

    /// - Parameter pixels: channels × height × width intensities, 0…255, row by row.
    /// - Throws: `NoPicture` when there are not as many pixels as the size says.
    package init(captions: [String], height: Int, width: Int, pixels: [UInt8]) throws {
        guard (1...65_536).contains(height), (1...65_536).contains(width), !pixels.isEmpty,
            pixels.count.isMultiple(of: height * width)
        else {
            throw NoPicture(captions: captions, height: height, width: width, bytes: pixels.count)
        }
        self.captions = captions
        self.height = height
        self.width = width
        self.pixels = pixels
        channels = pixels.count == 3 * height * width ? 3 : 1
    }

    /// How a picture is made of characters.
    package enum Medium: Sendable, Hashable {
        /// Half blocks in 24-bit grey.
        case color
        /// Five shades, readable in any file.
        case shades
        /// Pictures among the characters.
        case graphics(TerminalGraphics)

        /// The best that a terminal can do, by its environment; shades where `NO_COLOR` is set (no-color.org).
        package init(environment: [String: String]) {
            guard environment["NO_COLOR"]?.isEmpty != false, environment["TERM"] != "dumb" else {
                self = .shades
                return
            }
            self =
                TerminalGraphics(environment: environment).map { .graphics($0) }
                ?? (TerminalGraphics.hasColor(environment: environment) ? .color : .shades)
        }
    }

    /// Pictures side by side, as many a row as fit; those that are wider than the screen are made smaller.
    package static func grid(_ pictures: [DigitPicture], on screen: Screen) -> TerminalText {
        if case .graphics(let graphics) = screen.medium { return grid(pictures, on: screen, graphics) }
        let pictures = pictures.map { $0.fitting(height: 65_536, width: screen.columns) }
        let captionWidth = pictures.flatMap(\.captions).map { screen.shown($0).terminalColumns }.max() ?? 0
        let width = min(screen.columns, max(captionWidth, pictures.map(\.width).max() ?? 0))
        guard width > 0 else { return "" }
        let rows = rows(of: pictures, count: max(1, screen.columns == .max ? .max : (screen.columns + 2) / (width + 2)))
        return TerminalText(
            verbatim: rows.map { row in
                let lines = row.map { $0.lines(width: width, on: screen) }
                return (0..<(lines.map(\.count).max() ?? 0)).map { line in
                    lines.map { line < $0.count ? $0[line] : String(repeating: " ", count: width) }
                        .joined(separator: "  ").withoutTrailingSpaces + "\n"
                }.joined() + "\n"
            }.joined())
    }

    private static func rows(of pictures: [DigitPicture], count: Int) -> [ArraySlice<DigitPicture>] {
        let count = min(count, max(1, pictures.count))
        return stride(from: 0, to: pictures.count, by: count).map { pictures[$0..<min($0 + count, pictures.count)] }
    }

    /// The captions of a row of pictures, then the pictures as one.
    private static func grid(
        _ pictures: [DigitPicture], on screen: Screen, _ graphics: TerminalGraphics
    ) -> TerminalText {
        let captionWidth = pictures.flatMap(\.captions).map { screen.shown($0).terminalColumns }.max() ?? 0
        let width = min(max(TerminalGraphics.columnsPerDigit, captionWidth) + 2, screen.columns)
        let rows = rows(of: pictures, count: max(1, screen.columns / width)).map { row -> String in
            var strip = Raster(
                channels: row.map(\.channels).max() ?? 1,
                height: TerminalGraphics.rowsPerDigit * TerminalGraphics.pixelsPerRow,
                width: row.count * width * TerminalGraphics.pixelsPerColumn)
            for (position, picture) in row.enumerated() {
                let columnsForPicture = min(TerminalGraphics.columnsPerDigit, width)
                let picture = picture.fitting(
                    height: strip.height, width: columnsForPicture * TerminalGraphics.pixelsPerColumn)
                let scale = max(1, strip.height / max(picture.height, picture.width, 1))
                strip.draw(picture, left: position * width * TerminalGraphics.pixelsPerColumn, scale: scale)
            }
            let captions = (0..<(row.map(\.captions.count).max() ?? 0)).map { line in
                row.map { picture in
                    let text = line < picture.captions.count ? picture.captions[line] : ""
                    return screen.shown(text, columns: width).padded(toColumns: width)
                }.joined() + "\n"
            }
            return captions.joined()
                + graphics.sequence(
                    base64PNG: strip.base64PNG, columns: row.count * width, rows: TerminalGraphics.rowsPerDigit) + "\n"
        }
        return TerminalText(verbatim: rows.joined())
    }

    /// The picture at the largest size that is no larger than this, and no larger than it is: each pixel the mean of those
    /// that it stands for.
    func fitting(height mostRows: Int, width mostColumns: Int) -> DigitPicture {
        guard width > mostColumns || height > mostRows else { return self }
        let scale = max(Double(width) / Double(max(1, mostColumns)), Double(height) / Double(max(1, mostRows)))
        let (rows, columns) = (max(1, Int(Double(height) / scale)), max(1, Int(Double(width) / scale)))
        func range(_ index: Int, _ count: Int, of size: Int) -> Range<Int> {
            let start = index * size / count
            return start..<max(start + 1, (index + 1) * size / count)
        }
        var smaller = self
        smaller.height = rows
        smaller.width = columns
        smaller.pixels = (0..<channels).flatMap { channel in
            (0..<rows).flatMap { row in
                (0..<columns).map { column in
                    let (above, beside) = (range(row, rows, of: height), range(column, columns, of: width))
                    let sum = above.reduce(0) { sum, row in beside.reduce(sum) { $0 + pixel(row, $1, channel) } }
                    return UInt8(sum / (above.count * beside.count))
                }
            }
        }
        return smaller
    }

    /// As a file for pages: `data:image/png;base64,…`.
    package var dataURL: String {
        var image = Raster(channels: channels, height: height, width: width)
        image.draw(self, left: 0, scale: 1)
        return "data:image/png;base64," + image.base64PNG
    }

    private func lines(width: Int, on screen: Screen) -> [String] {
        let padding = String(repeating: " ", count: max(0, width - self.width))
        return captions.map { screen.shown($0, columns: width).padded(toColumns: width) }
            + stride(from: 0, to: height, by: 2).map { line($0, screen.medium) + padding }
    }

    private func line(_ row: Int, _ medium: Medium) -> String {
        switch medium {
        case .color:
            let cells = (0..<width).map { column in
                "\u{1B}[38;2;\(color(row, column))m\u{1B}[48;2;\(color(row + 1, column))m▀"
            }
            return cells.joined() + "\u{1B}[0m"
        case .shades, .graphics:
            let shades: [Character] = [" ", "░", "▒", "▓", "█"]
            return String((0..<width).map { shades[(grey(row, $0) + grey(row + 1, $0)) * shades.count / 511] })
        }
    }

    /// Below the last row all is black.
    ///
    /// - Parameter channel: Of a grey picture all are the same.
    func pixel(_ row: Int, _ column: Int, _ channel: Int = 0) -> Int {
        row < height ? Int(pixels[(min(channel, channels - 1) * height + row) * width + column]) : 0
    }

    private func color(_ row: Int, _ column: Int) -> String {
        (0..<3).map { "\(pixel(row, column, $0))" }.joined(separator: ";")
    }

    /// The luminance.
    ///
    /// - Source: Recommendation ITU-R BT.601.
    private func grey(_ row: Int, _ column: Int) -> Int {
        (299 * pixel(row, column, 0) + 587 * pixel(row, column, 1) + 114 * pixel(row, column, 2)) / 1000
    }
}

/// Sizes and pixels that contradict each other.
package struct NoPicture: Error, Sendable, CustomStringConvertible {
    let captions: [String]
    let height: Int
    let width: Int
    let bytes: Int

    package var description: String {
        "The sample “\(captions.joined(separator: " "))” has \(bytes) bytes of pixels, which make no picture of "
            + "\(height) × \(width) pixels. The database's rows contradict each other."
    }
}
