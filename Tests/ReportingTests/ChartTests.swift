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
            ([7, 7], ["0", "2", "4", "6", "8"]), ([-0.5], ["−0.5", "−0.4", "−0.3", "−0.2", "−0.1", "0.0"]),
            ([60_000], ["0", "20,000", "40,000", "60,000"]), ([0], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
            ([], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
            ([0, 2e19], ["0", "5.0 · 10¹⁸", "1.0 · 10¹⁹", "1.5 · 10¹⁹", "2.0 · 10¹⁹"]),
            ([0, 2.7e38], ["0", "1.0 · 10³⁸", "2.0 · 10³⁸", "3.0 · 10³⁸"]),
            ([0, 4e-20], ["0", "1.0 · 10⁻²⁰", "2.0 · 10⁻²⁰", "3.0 · 10⁻²⁰", "4.0 · 10⁻²⁰"]),
        ] as [([Double], [String])])
    func axes(values: [Double], labels: [String]) throws {
        let axis = Axis(covering: values)
        #expect(axis.marks.map(axis.label) == labels)
        #expect(values.allSatisfy { axis.lower <= $0 && $0 <= axis.upper })
        #expect(axis.marks.first == axis.lower && axis.marks.last == axis.upper)
    }

    @Test(
        "numbers that no marks can tell apart, or that are too far apart for any, are drawn all the same",
        arguments: [
            [0, .leastNonzeroMagnitude], [2.302585092994046, 2.302585092994046.nextUp],
            [-.leastNonzeroMagnitude, .leastNonzeroMagnitude], [1e17, 1e17 + 16], [-1.7e308, 1.7e308], [0, 1.7e308],
            [-1e300, 1e300], [1e300, 1e300.nextUp], [-1, -1.0.nextDown], [0, .leastNormalMagnitude / 100], [0, 1e-299],
        ] as [[Double]])
    func extremes(values: [Double]) throws {
        let chart = Chart(
            title: "t", xTitle: "x", yTitle: "y",
            series: [.line, .markers].map { style in
                Chart.Series(
                    name: "a", style: style, group: 0,
                    points: values.enumerated().map { Chart.Point(x: Double($0.offset), y: $0.element) })
            })
        #expect(chart.yAxis.lower < chart.yAxis.upper && (2...12).contains(chart.yAxis.marks.count))
        #expect(chart.text(on: Screen(columns: 40), rows: 5).description.hasPrefix("t\n"))
        #expect(!chart.svg().contains("nan"))
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
        let lines = chart.text(on: Screen(columns: 30), rows: 6).description
            .split(separator: "\n", omittingEmptySubsequences: false)
        let picture = lines[2..<8].map { line in line.drop { $0 != "┤" && $0 != "│" }.dropFirst() }
        #expect(picture.first?.last == "·" && picture.first?.filter { $0 != " " }.count ?? 0 < 5)
        #expect(picture.last?.first == "·")
        #expect(picture.last?.last == "■")
        #expect(lines.allSatisfy { $0.count <= 30 })
        #expect(lines.contains("  ·  one, training") && lines.contains("  ■  two, test"))
        #expect(lines.contains { $0.hasSuffix("across: samples") } && lines.contains { $0.hasSuffix("upwards: nats") })
        #expect(chart.text(on: Screen(columns: 80)).description.contains("across: samples; upwards: nats\n"))
    }

    @Test("the drawing is well-formed and has every series, mark and title")
    func drawing() throws {
        let svg = chart.svg()
        let reader = MarkupReader()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(reader.texts.contains("a < b & \"c\""))
        #expect(Set(reader.texts).isSuperset(of: ["one, training", "two, test", "samples", "nats", "0", "10"]))
        #expect(reader.elements["polyline"] == 1)
        // One marker, and one in the legend.
        #expect(svg.split(separator: "class=\"mark\"").count == 3)
        #expect(!svg.contains("nan"))
    }

    @Test("a line of one point is a dot")
    func onePoint() {
        let chart = Chart(
            title: "t", xTitle: "x", yTitle: "y",
            series: [Chart.Series(name: "a", style: .line, group: 2, points: [Chart.Point(x: 3, y: 4)])])
        // One in the picture, one in the legend.
        #expect(chart.text(on: Screen(columns: 40), rows: 5).description.count { $0 == "×" } == 2)
        let svg = chart.svg()
        #expect(svg.contains("<circle") && svg.contains("fill=\"#009e73\""))
        #expect(!svg.contains("<polyline"))
    }

    /// Web Content Accessibility Guidelines 2.2: relative luminance, and a contrast of 3 for graphics.
    @Test("six groups are told apart, on white and on dark, by colour and without")
    func groups() {
        func luminance(_ colour: String) -> Double {
            let parts = stride(from: 1, to: 7, by: 2).map { start -> Double in
                let value = Double(Int(colour.dropFirst(start).prefix(2), radix: 16) ?? 0) / 255
                return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
            }
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
        }
        for colour in Chart.colors {
            for ground in [Chart.ground, Chart.darkGround] {
                let (a, b) = (luminance(colour), luminance(ground))
                #expect((max(a, b) + 0.05) / (min(a, b) + 0.05) >= 3, "\(colour) on \(ground)")
            }
        }
        let count = Chart.distinctGroups
        #expect(Set(Chart.colors).count == count && Set(Chart.dashes).count == count)
        #expect(Set(Chart.markers).count == count && Set(Chart.markerSymbols).count == count)
        #expect(Set(Chart.lineSymbols).count == count)
    }

    @Test("a chart without any point is empty, not broken")
    func empty() {
        let empty = Chart(title: "t", xTitle: "x", yTitle: "y", series: [])
        #expect(empty.text(on: Screen(columns: 40)).description.hasPrefix("t\n"))
        #expect(empty.svg().hasSuffix("</svg>\n"))
    }
}
