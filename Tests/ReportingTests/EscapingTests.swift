import Foundation
import FoundationXML
import Testing

@testable import Reporting

/// Every special character of every target, alone and joined to its neighbours.
@Suite("Escaping")
struct EscapingTests {
    /// U+0600 joins what follows it, U+0301 what precedes it, U+200D both where there is an emoji.
    private static func texts(_ special: [String]) -> [String] {
        special.flatMap {
            ["\($0)", "\u{600}\($0)b", "a\($0)\u{301}b", "a\($0)\u{200D}b", "👩\u{200D}\($0)\u{200D}👩", "\($0)\($0)"]
        }
    }

    private static let markup = texts([
        "<", ">", "&", "\"", "'", "`", "<script>alert(1)</script>", "\" onload=\"x", "' onload='x", "&lt;", "&#60;",
        "]]>",
        "<!--", "-->",
    ])

    @Test("a page says what a text is, in its content and in its attributes, to a parser that is not ours")
    func html() throws {
        var page = Page(title: Self.markup.joined())
        for text in Self.markup {
            page.add(text, "<p title=\"\(text)\">\(text)</p>")
        }
        page.add("Tables", HTML.table([Self.markup], isRight: Self.markup.map { _ in false }))
        let document = page.html.description
        #expect(
            document.contains(
                "<meta http-equiv=\"Content-Security-Policy\" "
                    + "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"))
        let reader = try Self.parsed(document)
        #expect(Set(reader.elements.keys).isDisjoint(with: ["script", "img"]))
        #expect(reader.attributes["title"] == Self.markup)
        #expect(reader.attributes.keys.allSatisfy { !$0.hasPrefix("on") })
        let bytes = Set(reader.texts.map { Array($0.utf8) })
        for text in Self.markup + [Self.markup.joined()] { #expect(bytes.contains(Array(text.utf8)), "\(text)") }
    }

    @Test("a drawing says what its texts are, and is well-formed with control characters in them")
    func svg() throws {
        for text in Self.markup + Self.texts(["\u{0}", "\u{1B}[2J", "\u{FFFE}", "\n"]) {
            let chart = Chart(
                title: text, xTitle: text, yTitle: text,
                series: [Chart.Series(name: text, style: .line, group: 0, points: [Chart.Point(x: 0, y: 1)])])
            let reader = try Self.parsed(chart.svg())
            let shown = text.withVisibleControls.unicodeScalars.map { $0 == "\u{FFFE}" ? "\u{FFFD}" : $0 }
            // The title, as a title and as a text, both axes' titles and the legend.
            let expected = Array(String(String.UnicodeScalarView(shown)).utf8)
            let count = reader.texts.count { Array($0.utf8) == expected }
            #expect(count == 5, "\(chart.svg())")
            #expect(reader.elements["script"] == nil)
        }
    }

    @Test("CSV has every text byte for byte, for a reader that knows nothing but RFC 4180")
    func csv() throws {
        let texts = Self.texts([
            ",", "\"", "\n", "\r", "\r\n", "\n0;forged", "x\n1,forged", "\u{1B}", "=1+1", ";", "\t", " ", "",
        ])
        let table = Table(
            keys: ["key", "text", "array"],
            rows: texts.enumerated().map { [.integer($0), .string($1), .array([.string($1), .string("b c")])] })
        let records = try #require(Self.records(ofCSV: Array(table.csv.utf8), separator: UInt8(ascii: ",")))
        #expect(records.count == texts.count + 1)
        for (index, text) in texts.enumerated() {
            #expect(records[index + 1].count == 3)
            #expect(records[index + 1][1] == Array(text.utf8), "\(text)")
            // An array is a line of its own, with spaces for the commas.
            let elements = Self.records(ofCSV: records[index + 1][2] + Array("\r\n".utf8), separator: UInt8(ascii: " "))
            #expect(elements == [[Array(text.utf8), Array("b c".utf8)]], "\(text)")
        }
    }

    @Test("JSON has every text, and no byte that a terminal obeys")
    func json() throws {
        for text in Self.markup
            + Self.texts(["\\", "\u{0}", "\u{1B}", "\u{7F}", "\u{9B}", "\u{202E}", "\u{2028}", "\r\n"])
        {
            let value = JSONValue.object([JSONValue.Member(text, .string(text))])
            for line in [value.text, value.line] {
                let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
                #expect(parsed?.keys.first?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
                #expect(parsed?.values.first?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
            }
            let isHarmless = !value.line.unicodeScalars.contains { $0.isControl }
            #expect(isHarmless)
        }
    }

    @Test(
        "control characters are shown, not obeyed",
        arguments: [
            ("\u{1B}[2J", "\\x1b[2J"), ("a\nb", "a\\x0ab"), ("a\r\nb", "a\\x0d\\x0ab"),
            ("\u{7F}\u{9B}1m", "\\x7f\\x9b1m"),
            ("a\u{202E}b\u{2066}", "a\\u{202e}b\\u{2066}"), ("\u{2028}", "\\u{2028}"),
            ("\u{600}\u{1B}\u{301}", "\u{600}\\x1b\u{301}"),
            ("é 👩‍👩 \\x1b", "é 👩‍👩 \\x1b"),
        ])
    func controls(text: String, shown: String) {
        #expect(Array(text.withVisibleControls.utf8) == Array(shown.utf8))
    }

    /// As XML, whose parser forgives nothing; `meta` and `img` are the elements of a page that have no end.
    private static func parsed(_ document: String) throws -> MarkupReader {
        let reader = MarkupReader()
        let xml = document.replacing(/<!DOCTYPE html>/, with: "").replacing(/<(meta|img)([^>]*)>/) {
            "<\($0.1)\($0.2)/>"
        }
        let parser = XMLParser(data: Data(xml.utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError)) in \(document)")
        return reader
    }

    /// A strict reader of RFC 4180: every record ends in CRLF, every quote in a field is in quotes and doubled.
    private static func records(ofCSV bytes: [UInt8], separator: UInt8) -> [[[UInt8]]]? {
        let (quote, carriageReturn, lineFeed) = (UInt8(ascii: "\""), UInt8(ascii: "\r"), UInt8(ascii: "\n"))
        var (records, record, field): ([[[UInt8]]], [[UInt8]], [UInt8]) = ([], [], [])
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case quote where field.isEmpty:
                while true {
                    guard let byte = rest.popFirst() else { return nil }
                    if byte != quote {
                        field.append(byte)
                    } else if rest.first == quote {
                        field.append(rest.removeFirst())
                    } else {
                        break
                    }
                }
                guard let next = rest.first, [separator, carriageReturn].contains(next) else { return nil }
            case separator:
                record.append(field)
                field = []
            case carriageReturn:
                guard rest.popFirst() == lineFeed else { return nil }
                records.append(record + [field])
                (record, field) = ([], [])
            case quote, lineFeed: return nil
            default: field.append(byte)
            }
        }
        return record.isEmpty && field.isEmpty ? records : nil
    }
}

/// What a parser finds in a document: how many elements, which values of attributes, the texts between the tags.
final class MarkupReader: NSObject, XMLParserDelegate {
    private(set) var elements: [String: Int] = [:]
    private(set) var attributes: [String: [String]] = [:]
    private(set) var texts: [String] = []
    private var text = ""

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes found: [String: String]
    ) {
        elements[name, default: 0] += 1
        for (name, value) in found { attributes[name, default: []].append(value) }
        text = ""
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        texts.append(text)
        text = ""
    }
}
