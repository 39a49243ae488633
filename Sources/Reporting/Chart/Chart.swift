/// Lines and markers over two axes.
package struct Chart: Sendable {
    /// How many groups of series are told apart: by colour, and without it by symbols and dashes.
    package static let distinctGroups = 6

    package struct Point: Sendable, Hashable {
        package var x: Double
        package var y: Double

        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// Points that belong together.
    package struct Series: Sendable {
        package enum Style: Sendable {
            /// Outlines are markers that are not filled.
            case line, markers, outlines
        }

        package var name: String
        package var style: Style
        /// Which of the things compared it belongs to, from 0: decides its colour, dashes and symbol.
        package var group: Int
        package var points: [Point]

        /// Beyond this, the distance of two numbers may be infinite.
        static let largest = 1e300

        /// - Parameter points: Those that are not finite, or have no place on any axis, are left out.
        package init(name: String, style: Style, group: Int, points: [Point]) {
            self.name = name
            self.style = style
            self.group = group
            self.points = points.filter { abs($0.x) <= Self.largest && abs($0.y) <= Self.largest }
        }
    }

    package var title: String
    /// With its unit.
    package var xTitle: String
    /// With its unit.
    package var yTitle: String
    package var series: [Series]

    package init(title: String, xTitle: String, yTitle: String, series: [Series]) {
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.series = series
    }

    var xAxis: Axis { Axis(covering: series.flatMap { $0.points.map(\.x) }) }
    var yAxis: Axis { Axis(covering: series.flatMap { $0.points.map(\.y) }) }
}

/// A range of numbers with round marks.
struct Axis: Hashable {
    let lower: Double
    let upper: Double
    /// From `lower` to `upper`, equally far apart.
    let marks: [Double]
    /// Decimals that tell the marks apart.
    let places: Int

    /// The smallest range between marks that has all values; about six marks, at multiples of 1, 2 or 5 times a power of
    /// ten. Where all values are the same, or differ by less than marks could tell apart, it begins or ends at 0.
    ///
    /// - Source: Heckbert, “Nice numbers for graph labels”, 1990.
    init(covering values: [Double]) {
        var (low, high) = (values.min() ?? 0, values.max() ?? 1)
        let magnitude = max(abs(low), abs(high))
        if magnitude < 1e-300 {
            (low, high) = (0, 1)
        } else if high - low < 1e-12 * magnitude {
            (low, high) = (min(low, 0), max(high, 0))
        }
        let range = high - low
        var (power, exponent) = (1.0, 0)
        while range / 5 < power {
            power /= 10
            exponent += 1
        }
        while range / 5 >= power * 10 {
            power *= 10
            exponent -= 1
        }
        let factor = [2.0, 5, 10].first { range / 5 <= $0 * power * 1.0001 } ?? 10
        let step = range / 5 <= power * 1.0001 ? power : factor * power
        let first = (low / step).rounded(.down)
        let last = max((high / step).rounded(.up), first + 1)
        marks = stride(from: first, through: last, by: 1).map { $0 * step }
        lower = first * step
        upper = last * step
        places = max(0, factor == 10 && step != power ? exponent - 1 : exponent)
    }

    /// Where a value lies, 0…1.
    func position(of value: Double) -> Double { (value - lower) / (upper - lower) }

    /// A mark's text: with separators where there are no decimals, with a power of ten where it is too long.
    func label(_ mark: Double) -> String {
        guard abs(mark) < 1e15, places < 15 else { return mark == 0 ? "0" : Quantity.scientific(mark) }
        return places == 0 ? Quantity.count(Int(mark.rounded())) : Quantity.decimal(mark, places: places)
    }
}
