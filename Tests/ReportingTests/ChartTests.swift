import Foundation
import FoundationXML
import Testing

@testable import Reporting

@Suite("Charts")
struct ChartTests {
    @Test(
        "axes have round marks around all values",
        arguments: [
            ([0, 600_000], ["0", "200,000", "400,000", "600,000"]),
            ([0.03, 2.31], ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]),
            ([0.9632, 0.984], ["0.960", "0.965", "0.970", "0.975", "0.980", "0.985"]),
            ([-3, 4.5], ["-4", "-2", "0", "2", "4", "6"].map { $0.replacing("-", with: "−") }),
            ([7, 7], ["6", "8"]), ([], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ] as [([Double], [String])])
    func axes(values: [Double], labels: [String]) throws {
        let axis = Axis(covering: values)
        #expect(axis.marks.map(axis.label) == labels)
        #expect(values.allSatisfy { axis.lower <= $0 && $0 <= axis.upper })
        #expect(axis.marks.first == axis.lower && axis.marks.last == axis.upper)
    }

    private let chart = Chart(
        title: "a < b & \"c\"", xTitle: "samples", yTitle: "nats",
        series: [
            Chart.Series(
                name: "one, training", style: .line, group: 0,
                points: [Chart.Point(x: 0, y: 0), Chart.Point(x: 10, y: 10), Chart.Point(x: 20, y: .nan)]),
            Chart.Series(name: "two, test", style: .markers, group: 1, points: [Chart.Point(x: 10, y: 0)]),
        ])

    @Test("in the terminal a line runs from corner to corner, and a marker stands where its value is")
    func terminal() {
        let lines = chart.text(columns: 30, rows: 6).split(separator: "\n", omittingEmptySubsequences: false)
        let picture = lines[2..<8].map { line in line.drop { $0 != "┤" && $0 != "│" }.dropFirst() }
        #expect(picture.first?.last == "·" && picture.first?.filter { $0 != " " }.count ?? 0 < 5)
        #expect(picture.last?.first == "·")
        #expect(picture.last?.last == "■")
        #expect(lines.allSatisfy { $0.count <= 30 || $0.contains("across") })
        #expect(lines.contains("  ·  one, training") && lines.contains("  ■  two, test"))
        #expect(lines.contains { $0.hasSuffix("across: samples; upwards: nats") })
    }

    @Test("the drawing is well-formed and has every series, mark and title")
    func drawing() throws {
        let svg = chart.svg()
        let reader = Reader()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(reader.texts.contains("a < b & \"c\""))
        #expect(reader.texts.isSuperset(of: ["one, training", "two, test", "samples", "nats", "0", "10"]))
        #expect(reader.elements["polyline"] == 1)
        // One marker, and one in the legend.
        #expect(svg.split(separator: "class=\"mark\"").count == 3)
        #expect(!svg.contains("nan"))
    }

    @Test("a chart without any point is empty, not broken")
    func empty() {
        let empty = Chart(title: "t", xTitle: "x", yTitle: "y", series: [])
        #expect(empty.text(columns: 40).hasPrefix("t\n"))
        #expect(empty.svg().hasSuffix("</svg>\n"))
    }
}

private final class Reader: NSObject, XMLParserDelegate {
    var elements: [String: Int] = [:]
    var texts: Set<String> = []
    private var text = ""

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements[name, default: 0] += 1
        text = ""
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        texts.insert(text)
        text = ""
    }
}
