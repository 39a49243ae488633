/// A piece of a page. What is put into a literal by `\( )` is escaped, unless it is a piece of a page itself.
package struct HTML: Sendable, Hashable, ExpressibleByStringInterpolation, CustomStringConvertible {
    package private(set) var description: String

    package init(stringLiteral value: String) {
        description = value
    }

    package init(stringInterpolation: Interpolation) {
        description = stringInterpolation.text
    }

    /// Text from elsewhere that is HTML or SVG already.
    package init(verbatim: String) {
        description = verbatim
    }

    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) {}

        package mutating func appendLiteral(_ literal: String) { text += literal }

        package mutating func appendInterpolation(_ piece: HTML) { text += piece.description }

        package mutating func appendInterpolation(_ pieces: [HTML]) { text += pieces.map(\.description).joined() }

        package mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            text += HTML.escaped(value.description)
        }
    }

    /// Text as the content of an element or as an attribute in quotes, in HTML and in SVG, which allows no control
    /// characters. By Unicode scalar: a `<` that is joined to its neighbour is a `Character` other than `<`, and a tag.
    static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.withVisibleControls.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            // No characters of XML.
            case "\u{FFFE}", "\u{FFFF}": result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}

extension HTML {
    /// Lines of cells, the first a heading; the first cell of each names its line. Numbers to the right.
    package static func table(_ lines: [[String]], isRight: [Bool]) -> HTML {
        guard let heading = lines.first else { return "" }
        let titles = zip(heading, isRight).map { text, isRight -> HTML in
            text.isEmpty ? "<td></td>" : "<th scope=\"col\"\(alignment(isRight))>\(text)</th>"
        }
        return """
            <div class="wide"><table><thead><tr>\(titles)</tr></thead>
            <tbody>\(lines.dropFirst().map { row($0, isRight: isRight) })</tbody></table></div>

            """
    }

    /// Lines of a name and what it stands for, which may be long.
    package static func facts(_ lines: [[String]]) -> HTML {
        let body = lines.map { row($0, isRight: $0.map { _ in false }) }
        return "<div class=\"wide\"><table class=\"facts\"><tbody>\(body)</tbody></table></div>\n"
    }

    private static func row(_ line: [String], isRight: [Bool]) -> HTML {
        let cells = zip(line, isRight).enumerated().map { column, cell -> HTML in
            column == 0
                ? "<th scope=\"row\"\(alignment(cell.1))>\(cell.0)</th>" : "<td\(alignment(cell.1))>\(cell.0)</td>"
        }
        return "<tr>\(cells)</tr>\n"
    }

    private static func alignment(_ isRight: Bool) -> HTML { isRight ? " class=\"right\"" : "" }

    /// Pictures of digits with their captions, as many side by side as there is room for.
    package static func gallery(_ pictures: [DigitPicture]) -> HTML {
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
    package static func confusionMatrix(_ counts: [[Int]], classNames: [String]) -> HTML {
        let largest =
            counts.indices.flatMap { row in
                counts[row].indices.filter { $0 != row }.map { counts[row][$0] }
            }.max() ?? 0
        let heading = classNames.map { "<th scope=\"col\" class=\"right\">\($0)</th>" as HTML }
        let rows = counts.indices.map { row -> HTML in
            let cells = counts[row].indices.map { column -> HTML in
                let count = counts[row][column]
                guard row != column else { return "<td class=\"right diagonal\">\(Quantity.count(count))</td>" }
                guard count > 0 else { return "<td class=\"right faint\">0</td>" }
                // No stronger than that the number has a contrast of 4.5, on the light ground and on the dark one.
                let opacity = Quantity.decimal(0.1 + 0.6 * Double(count) / Double(largest), places: 2)
                return
                    "<td class=\"right\" style=\"background:rgba(213,94,0,\(opacity))\">\(Quantity.count(count))</td>"
            }
            return "<tr><th scope=\"row\">\(classNames[row])</th>\(cells)</tr>\n"
        }
        return """
            <div class="wide"><table class="matrix"><thead><tr><th scope="col">is \\ taken for</th>\(heading)</tr></thead>
            <tbody>\(rows)</tbody></table></div>

            """
    }
}

extension Table {
    /// As `text`, for a page.
    package var html: HTML {
        let (lines, isRight, _) = shownLines
        return HTML.table(lines, isRight: isRight)
    }
}

extension Chart {
    /// As `svg`, for a page.
    package var html: HTML { "<div class=\"chart\">\(HTML(verbatim: svg()))</div>\n" }
}
