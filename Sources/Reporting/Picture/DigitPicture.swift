/// A small grey image, to be drawn in a terminal: two rows of pixels a line of text.
public struct DigitPicture: Sendable {
    /// Lines above the picture.
    public let captions: [String]
    let height: Int
    let width: Int
    let pixels: [UInt8]

    /// - Parameter pixels: height × width intensities, 0…255, row by row; of several channels the first.
    /// - Throws: `NoPicture` when there are not as many pixels as the size says.
    public init(captions: [String], height: Int, width: Int, pixels: [UInt8]) throws {
        guard (1...65_536).contains(height), (1...65_536).contains(width), !pixels.isEmpty,
            pixels.count.isMultiple(of: height * width)
        else {
            throw NoPicture(captions: captions, height: height, width: width, bytes: pixels.count)
        }
        self.captions = captions
        self.height = height
        self.width = width
        self.pixels = pixels
    }

    /// How a picture is made of characters.
    public enum Medium: Sendable, Hashable {
        /// Half blocks in 24-bit grey.
        case color
        /// Five shades, readable in any file.
        case shades
        /// Pictures among the characters.
        case graphics(TerminalGraphics)

        /// The best that a terminal can do, by its environment; shades where `NO_COLOR` is set (no-color.org).
        public init(environment: [String: String]) {
            guard environment["NO_COLOR"]?.isEmpty != false, environment["TERM"] != "dumb" else {
                self = .shades
                return
            }
            self =
                TerminalGraphics(environment: environment).map { .graphics($0) }
                ?? (TerminalGraphics.hasColor(environment: environment) ? .color : .shades)
        }
    }

    /// Pictures side by side, as many a row as fit.
    ///
    /// - Parameter columns: Characters a line may have.
    public static func grid(_ pictures: [DigitPicture], columns: Int, medium: Medium) -> String {
        if case .graphics(let graphics) = medium { return grid(pictures, columns: columns, graphics) }
        guard let width = pictures.map(\.columns).max() else { return "" }
        let perRow = max(1, (columns + 2) / (width + 2))
        var text = ""
        for start in stride(from: 0, to: pictures.count, by: perRow) {
            let row = pictures[start..<min(start + perRow, pictures.count)].map {
                $0.lines(width: width, medium: medium)
            }
            for line in 0..<(row.map(\.count).max() ?? 0) {
                var joined = row.map { line < $0.count ? $0[line] : "" }.joined(separator: "  ")
                while joined.last == " " { joined.removeLast() }
                text += joined + "\n"
            }
            text += "\n"
        }
        return text
    }

    /// The captions of a row of pictures, then the pictures as one.
    private static func grid(_ pictures: [DigitPicture], columns: Int, _ graphics: TerminalGraphics) -> String {
        let captionWidth = pictures.flatMap(\.captions).map(\.count).max() ?? 0
        let width = max(TerminalGraphics.columnsPerDigit, captionWidth) + 2
        let perRow = max(1, columns / width)
        return stride(from: 0, to: pictures.count, by: perRow).map { start in
            let row = pictures[start..<min(start + perRow, pictures.count)]
            var strip = GreyImage(
                height: TerminalGraphics.rowsPerDigit * TerminalGraphics.pixelsPerRow,
                width: row.count * width * TerminalGraphics.pixelsPerColumn)
            for (position, picture) in row.enumerated() {
                let scale = max(1, strip.height / max(picture.height, picture.width, 1))
                strip.draw(picture, left: position * width * TerminalGraphics.pixelsPerColumn, scale: scale)
            }
            let captions = (0..<(row.map(\.captions.count).max() ?? 0)).map { line in
                row.map { picture in
                    let text = line < picture.captions.count ? picture.captions[line] : ""
                    return text + String(repeating: " ", count: width - text.count)
                }.joined() + "\n"
            }
            return captions.joined()
                + graphics.sequence(
                    base64PNG: strip.base64PNG, columns: row.count * width, rows: TerminalGraphics.rowsPerDigit) + "\n"
        }.joined()
    }

    /// As a file for pages: `data:image/png;base64,…`.
    public var dataURL: String {
        var image = GreyImage(height: height, width: width)
        image.draw(self, left: 0, scale: 1)
        return "data:image/png;base64," + image.base64PNG
    }

    private var columns: Int { max(width, captions.map(\.count).max() ?? 0) }

    private func lines(width: Int, medium: Medium) -> [String] {
        let captions = captions.map { $0 + String(repeating: " ", count: max(0, width - $0.count)) }
        let padding = String(repeating: " ", count: max(0, width - self.width))
        return captions + stride(from: 0, to: height, by: 2).map { row in line(row, medium) + padding }
    }

    private func line(_ row: Int, _ medium: Medium) -> String {
        switch medium {
        case .color:
            let cells = (0..<width).map { column in
                let (top, bottom) = (pixel(row, column), pixel(row + 1, column))
                return "\u{1B}[38;2;\(top);\(top);\(top)m\u{1B}[48;2;\(bottom);\(bottom);\(bottom)m▀"
            }
            return cells.joined() + "\u{1B}[0m"
        case .shades, .graphics:
            let shades: [Character] = [" ", "░", "▒", "▓", "█"]
            return String((0..<width).map { shades[(pixel(row, $0) + pixel(row + 1, $0)) * shades.count / 511] })
        }
    }

    func pixel(_ row: Int, _ column: Int) -> Int {
        let index = row * width + column
        return row < height && index < pixels.count ? Int(pixels[index]) : 0
    }
}

/// Sizes and pixels that contradict each other.
public struct NoPicture: Error, Sendable, CustomStringConvertible {
    let captions: [String]
    let height: Int
    let width: Int
    let bytes: Int

    public var description: String {
        "The sample “\(captions.joined(separator: " "))” has \(bytes) bytes of pixels, which make no picture of "
            + "\(height) × \(width) pixels. The database's rows contradict each other."
    }
}
