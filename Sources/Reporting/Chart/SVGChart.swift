extension Chart {
    /// Colours that people with any kind of colour vision tell apart, with a contrast of at least 3 on white and on the dark
    /// ground.
    ///
    /// - Source: Okabe and Ito, “Color universal design”, 2008; their orange and sky blue are too light for white: in their
    ///   place an ochre and a grey.
    static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8f6f00", "#7f7f7f"]
    static let (ground, darkGround) = ("#ffffff", "#181818")
    static let dashes = ["", "8 4", "2 3", "12 4 2 4", "16 5", "8 3 2 3 2 3"]
    /// A circle, a square, a triangle, a diamond, a triangle upside down, a star.
    static let markers = [
        "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0", "M-5 -5h10v10h-10z", "M0 -6L6 5H-6z", "M0 -7L7 0L0 7L-7 0z",
        "M0 6L6 -5H-6z",
        "M0 -7L1.8 -2.4L6.7 -2.2L2.9 0.9L4.1 5.7L0 3L-4.1 5.7L-2.9 0.9L-6.7 -2.2L-1.8 -2.4z",
    ]

    /// The chart as a file in Scalable Vector Graphics: light or dark as the reader's screen is.
    package func svg(width: Int = 800, height: Int = 480) -> String {
        let legendHeight = 20 * series.count + 8
        let plot = (left: 70.0, top: 40.0, right: Double(width) - 40, bottom: Double(height) - 56)
        let (xAxis, yAxis) = (xAxis, yAxis)
        func x(_ value: Double) -> String {
            Quantity.decimal(plot.left + xAxis.position(of: value) * (plot.right - plot.left), places: 1)
        }
        func y(_ value: Double) -> String {
            Quantity.decimal(plot.bottom - yAxis.position(of: value) * (plot.bottom - plot.top), places: 1)
        }
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height + legendHeight)\" "
                + "width=\"\(width)\" height=\"\(height + legendHeight)\" role=\"img\" font-family=\"sans-serif\" "
                + "font-size=\"13\">",
            "<title>\(HTML.escaped(title))</title>",
            "<style>svg{background:\(Self.ground);color:#222}.grid{stroke:#8884}.mark{stroke-width:1.5;fill-opacity:.35}"
                + "@media screen and (prefers-color-scheme:dark){svg{background:\(Self.darkGround);color:#ddd}}</style>",
            "<text x=\"\(plot.left)\" y=\"24\" font-size=\"16\" fill=\"currentColor\">\(HTML.escaped(title))</text>",
        ]
        for mark in yAxis.marks {
            lines.append(
                "<path class=\"grid\" d=\"M\(plot.left) \(y(mark))H\(plot.right)\"/><text x=\"\(plot.left - 8)\" "
                    + "y=\"\(y(mark))\" dy=\"4\" text-anchor=\"end\" fill=\"currentColor\">\(yAxis.label(mark))</text>")
        }
        for mark in xAxis.marks {
            lines.append(
                "<path class=\"grid\" d=\"M\(x(mark)) \(plot.top)V\(plot.bottom)\"/><text x=\"\(x(mark))\" "
                    + "y=\"\(plot.bottom + 18)\" text-anchor=\"middle\" fill=\"currentColor\">\(xAxis.label(mark))</text>"
            )
        }
        lines.append(
            "<text x=\"\((plot.left + plot.right) / 2)\" y=\"\(plot.bottom + 42)\" text-anchor=\"middle\" "
                + "fill=\"currentColor\">\(HTML.escaped(xTitle))</text>")
        let middle = (plot.top + plot.bottom) / 2
        lines.append(
            "<text x=\"18\" y=\"\(middle)\" text-anchor=\"middle\" transform=\"rotate(-90 18 \(middle))\" "
                + "fill=\"currentColor\">\(HTML.escaped(yTitle))</text>")
        for series in series {
            switch series.style {
            case .line where series.points.count == 1:
                let (point, color) = (series.points[0], Self.colors[series.group % Self.colors.count])
                lines.append("<circle cx=\"\(x(point.x))\" cy=\"\(y(point.y))\" r=\"2.5\" fill=\"\(color)\"/>")
            case .line:
                let points = series.points.map { "\(x($0.x)),\(y($0.y))" }.joined(separator: " ")
                lines.append("<polyline points=\"\(points)\" \(Self.stroke(series.group))/>")
            case .markers, .outlines:
                lines += series.points.map { Self.marker(series, x: x($0.x), y: y($0.y)) }
            }
        }
        for (index, series) in series.enumerated() {
            let baseline = height + 20 * index + 8
            let sample =
                series.style == .line
                ? "<path d=\"M\(plot.left) \(baseline)h36\" \(Self.stroke(series.group))/>"
                : Self.marker(series, x: "\(plot.left + 18)", y: "\(baseline)")
            lines.append(
                "\(sample)<text x=\"\(plot.left + 46)\" y=\"\(baseline)\" dy=\"4\" fill=\"currentColor\">"
                    + "\(HTML.escaped(series.name))</text>")
        }
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private static func stroke(_ group: Int) -> String {
        let dash = dashes[group % dashes.count]
        return "fill=\"none\" stroke=\"\(colors[group % colors.count])\" stroke-width=\"1.5\""
            + (dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")
    }

    private static func marker(_ series: Series, x: String, y: String) -> String {
        let (group, color) = (series.group, colors[series.group % colors.count])
        return "<path class=\"mark\" transform=\"translate(\(x) \(y))\" d=\"\(markers[group % markers.count])\" "
            + "fill=\"\(series.style == .outlines ? "none" : color)\" stroke=\"\(color)\"/>"
    }
}
