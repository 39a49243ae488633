/// A piece of a page. What is put into a literal by `\( )` is escaped, unless it is a piece of a page itself.
public struct HTML: Sendable, Hashable, ExpressibleByStringInterpolation, CustomStringConvertible {
    public private(set) var description: String

    public init(stringLiteral value: String) {
        description = value
    }

    public init(stringInterpolation: Interpolation) {
        description = stringInterpolation.text
    }

    /// Text from elsewhere that is HTML or SVG already.
    public init(verbatim: String) {
        description = verbatim
    }

    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) { text += literal }

        public mutating func appendInterpolation(_ piece: HTML) { text += piece.description }

        public mutating func appendInterpolation(_ pieces: [HTML]) { text += pieces.map(\.description).joined() }

        public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            text += HTML.escaped(value.description)
        }
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}

extension HTML {
    /// Lines of cells, the first a heading; numbers to the right.
    public static func table(_ lines: [[String]], isRight: [Bool]) -> HTML {
        func cells(_ line: [String], _ tag: HTML) -> [HTML] {
            zip(line, isRight).map { text, isRight in
                "<\(tag)\(isRight ? " class=\"right\"" : "" as HTML)>\(text)</\(tag)>"
            }
        }
        guard let heading = lines.first else { return "" }
        let body = lines.dropFirst().map { "<tr>\(cells($0, "td"))</tr>\n" as HTML }
        return """
            <div class="wide"><table><thead><tr>\(cells(heading, "th"))</tr></thead>
            <tbody>\(body)</tbody></table></div>

            """
    }

    /// Pictures of digits with their captions, as many side by side as there is room for.
    public static func gallery(_ pictures: [DigitPicture]) -> HTML {
        let figures = pictures.map { picture -> HTML in
            let captions = picture.captions.map { "<span>\($0)</span>" as HTML }
            return """
                <figure><img src="\(picture.dataURL)" width="56" height="56" alt="\(picture.captions.joined(separator: ", "))">\
                <figcaption>\(captions)</figcaption></figure>

                """
        }
        return "<div class=\"gallery\">\(figures)</div>\n"
    }

    /// A square of counts: rows are true classes, columns predictions. Right ones on the diagonal, the more frequent an
    /// error the darker its cell.
    public static func confusionMatrix(_ counts: [[Int]], classNames: [String]) -> HTML {
        let largest =
            counts.indices.flatMap { row in
                counts[row].indices.filter { $0 != row }.map { counts[row][$0] }
            }.max() ?? 0
        let heading = classNames.map { "<th class=\"right\">\($0)</th>" as HTML }
        let rows = counts.indices.map { row -> HTML in
            let cells = counts[row].indices.map { column -> HTML in
                let count = counts[row][column]
                guard row != column else { return "<td class=\"right diagonal\">\(Quantity.count(count))</td>" }
                guard count > 0 else { return "<td class=\"right faint\">0</td>" }
                let opacity = Quantity.decimal(0.15 + 0.75 * Double(count) / Double(largest), places: 2)
                return
                    "<td class=\"right\" style=\"background:rgba(213,94,0,\(opacity))\">\(Quantity.count(count))</td>"
            }
            return "<tr><th>\(classNames[row])</th>\(cells)</tr>\n"
        }
        return """
            <div class="wide"><table class="matrix"><thead><tr><th>is \\ taken for</th>\(heading)</tr></thead>
            <tbody>\(rows)</tbody></table></div>

            """
    }
}

extension Table {
    /// As `text`, for a page.
    public var html: HTML {
        let (lines, isRight) = shownLines
        return HTML.table(lines, isRight: isRight)
    }
}

extension Chart {
    /// As `svg`, for a page.
    public var html: HTML { "<div class=\"chart\">\(HTML(verbatim: svg()))</div>\n" }
}
