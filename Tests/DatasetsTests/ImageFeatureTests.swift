import Foundation
import Samples
import TestData
import Testing

@testable import Datasets

@Suite("Measured features of images")
struct ImageFeatureTests {
    /// A picture of characters: `#` is ink, `+` half of it.
    private func image(_ lines: String...) -> GreyImage {
        GreyImage(
            height: lines.count, width: lines[0].count,
            values: lines.joined().map { $0 == "#" ? 1 : $0 == "+" ? 0.25 : 0 })
    }

    /// - Throws: When there is no ink.
    private func measured(_ image: GreyImage) throws -> ImageFeatures { try #require(ImageFeatures(image)) }

    /// A horizontal bar of a certain thickness.
    private func bar(_ thickness: Int, length: Int = 24) -> GreyImage {
        GreyImage(
            height: 28, width: 28,
            values: (0..<784).map { position in
                (10..<10 + thickness).contains(position / 28) && (2..<2 + length).contains(position % 28) ? 1 : 0
            })
    }

    @Test("the first test digits of each class", arguments: 0..<10)
    func digits(label: Int) async throws {
        let test = try await MNISTFiles.dataset().test
        let pixels = try test.pixels()
        for index in test.labels.indices.filter({ test.labels[$0] == label }).prefix(8) {
            let digit = GreyImage(pixels, digit: index)
            let features = try measured(digit)
            #expect((1.2...6).contains(features.strokeWidth), "#\(index): \(features)")

            // Sharpness falls with every blur.
            let blurred = try measured(digit.blurred(sigma: 1))
            let sharpness = try #require(blurred.sharpness)
            #expect(try sharpness < 0.85 * #require(features.sharpness), "#\(index)")
            #expect(try #require(measured(digit.blurred(sigma: 2)).sharpness) < 0.85 * sharpness, "#\(index)")

            // A shear adds its own tangent to the slant's.
            let sheared = try measured(digit.sheared(degrees: 20))
            let (before, after) = (try #require(features.slant), try #require(sheared.slant))
            let expected = atan(tan(before * .pi / 180) + tan(20 * .pi / 180)) * 180 / .pi
            #expect(abs(after - expected) < 2, "#\(index): \(before) → \(after)")
            if abs(before) < 5 { #expect(abs(after - before - 20) < 2, "#\(index)") }

            // Thicker by one pixel on each side, and more where that closes a gap.
            let growth = try measured(digit.dilated()).strokeWidth - features.strokeWidth
            #expect((1.2...(label == 1 ? 2.5 : 5)).contains(growth), "#\(index): \(growth)")
        }
    }

    @Test("round digits without their top or bottom rows are cut there, and nowhere else")
    func cuts() async throws {
        let test = try await MNISTFiles.dataset().test
        let pixels = try test.pixels()
        var (whole, grownAtTop, grownAtBottom) = (0, 0, 0)
        for index in test.labels.indices.filter({ test.labels[$0] == 0 }).prefix(100) {
            let digit = GreyImage(pixels, digit: index)
            let features = try measured(digit)
            let bounds = try #require(digit.ink.bounds)
            // Some are flat already, for they were cut or are drawn so.
            guard features.cutTop < 2, features.cutBottom < 2 else { continue }
            whole += 1
            let withoutTop = try measured(digit.erased(rows: 0..<bounds.rows.lowerBound + 2))
            if withoutTop.cutTop > features.cutTop + 0.3 { grownAtTop += 1 }
            #expect(abs(withoutTop.cutBottom - features.cutBottom) < 0.3, "#\(index)")
            let withoutBottom = try measured(digit.erased(rows: bounds.rows.upperBound - 1..<28))
            if withoutBottom.cutBottom > features.cutBottom + 0.3 { grownAtBottom += 1 }
            #expect(abs(withoutBottom.cutTop - features.cutTop) < 0.3, "#\(index)")
        }
        #expect(whole > 30)
        // One that ends in a thin point stays narrow.
        #expect(
            Double(grownAtTop) > 0.8 * Double(whole) && Double(grownAtBottom) > 0.8 * Double(whole),
            "\(whole): \(grownAtTop), \(grownAtBottom)")
    }

    @Test("round digits without their left or right columns are cut there, and nowhere else")
    func sideCuts() async throws {
        let test = try await MNISTFiles.dataset().test
        let pixels = try test.pixels()
        var (whole, grownAtLeft, grownAtRight) = (0, 0, 0)
        for index in test.labels.indices.filter({ test.labels[$0] == 0 }).prefix(100) {
            let digit = GreyImage(pixels, digit: index)
            let features = try measured(digit)
            let bounds = try #require(digit.ink.bounds)
            // Sides are longer than top and bottom, and often straight.
            guard features.cutLeft < 3, features.cutRight < 3 else { continue }
            whole += 1
            let withoutLeft = try measured(digit.erased(columns: 0..<bounds.columns.lowerBound + 2))
            if withoutLeft.cutLeft > features.cutLeft + 0.3 { grownAtLeft += 1 }
            #expect(abs(withoutLeft.cutRight - features.cutRight) < 0.5, "#\(index)")
            let withoutRight = try measured(digit.erased(columns: bounds.columns.upperBound - 1..<28))
            if withoutRight.cutRight > features.cutRight + 0.3 { grownAtRight += 1 }
            #expect(abs(withoutRight.cutLeft - features.cutLeft) < 0.5, "#\(index)")
        }
        #expect(whole > 30)
        #expect(
            Double(grownAtLeft) > 0.7 * Double(whole) && Double(grownAtRight) > 0.7 * Double(whole),
            "\(whole): \(grownAtLeft), \(grownAtRight)")
    }

    @Test("the distance from a class is that from the mean of its training images; none without any")
    func classDistance() throws {
        let folder = try Folder()
        // Class 0: (0, 255) and (255, 255), on average (½, 1). Class 1: (51, 102). None of class 2.
        try folder.write(idx([3, 1, 2], [0, 255, 255, 255, 51, 102]), as: "train-images-idx3-ubyte")
        try folder.write(idx([3], [0, 0, 1]), as: "train-labels-idx1-ubyte")
        try folder.write(idx([3, 1, 2], [255, 0, 51, 102, 9, 9]), as: "t10k-images-idx3-ubyte")
        try folder.write(idx([3], [0, 1, 2]), as: "t10k-labels-idx1-ubyte")
        let dataset = try ImageDataset(folder: folder.path, classNames: ["a", "b", "c"])
        let tables = try FeatureTable.measure(dataset)
        // √((½² + 0) / 2), and √((½² + 1²) / 2).
        for (found, expected) in zip(
            tables.flatMap(\.classDistances), [0.125, 0.125, 0, 0.625, 0, nil])
        {
            #expect((found == nil) == (expected == nil))
            #expect(abs((found ?? 0) - Float(expected ?? 0).squareRoot()) < 1e-6)
        }
    }

    @Test("an image without ink has a row of nothing, and no distance from its class")
    func blank() throws {
        let folder = try Folder()
        try folder.write(idx([2, 1, 2], [0, 255, 0, 0]), as: "train-images-idx3-ubyte")
        try folder.write(idx([2], [0, 0]), as: "train-labels-idx1-ubyte")
        try folder.write(idx([1, 1, 2], [0, 0]), as: "t10k-images-idx3-ubyte")
        try folder.write(idx([1], [0]), as: "t10k-labels-idx1-ubyte")
        let tables = try FeatureTable.measure(try ImageDataset(folder: folder.path, classNames: ["a", "b"]))
        for (row, distance) in [
            (try tables[0].featureRows(of: 1..<2)[0], tables[0].classDistances[1]),
            (try tables[1].featureRows(of: 0..<1)[0], tables[1].classDistances[0]),
        ] {
            #expect(row.count == tables[0].featureNames.count && row.allSatisfy { $0 == nil } && distance == nil)
        }
        #expect(try tables[0].featureRows(of: 0..<2)[0].count { $0 == nil } == 1, "only the slant of one row")
    }

    @Test("the stroke's width is that of a bar", arguments: 1...6)
    func strokeWidth(thickness: Int) throws {
        let features = try measured(bar(thickness))
        // Its ends are near to the background too: the mean distance in a rectangle is w/4 · (1 − w / 3l).
        let expected = Double(thickness) * (1 - Double(thickness) / (3 * 24))
        #expect(abs(features.strokeWidth - expected) < 0.2, "\(features.strokeWidth)")
    }

    @Test("a bar cut flat is as long as its run")
    func flatCut() throws {
        let features = try measured(bar(3))
        #expect(abs(features.cutTop - 24 / features.strokeWidth) < 1e-9)
        #expect(abs(features.cutLeft - 3 / features.strokeWidth) < 1e-9)
        #expect((features.boxWidth, features.boxHeight) == (24, 3))
    }

    @Test("pieces touch by corners, holes are closed to them")
    func regions() throws {
        let picture = image(
            "........",
            ".###...#",
            ".#.#..#.",
            ".###....",
            "....#.##",
            ".+..#.##")
        let features = try measured(picture)
        #expect(features.pieces == 3)
        #expect(features.holes == 1)
        #expect(try measured(image("##", "##")).holes == 0)
    }

    @Test("distances to the background are those of trying every pixel")
    func distances() {
        var state: UInt64 = 3
        for _ in 0..<40 {
            let mask = InkMask(
                height: 9, width: 13,
                isInk: (0..<117).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1
                    return state >> 60 > 2
                })
            var expected: [Float] = []
            for row in 0..<9 {
                for column in 0..<13 where mask[row, column] {
                    var nearest = Int.max
                    for y in -1...9 {
                        for x in -1...13 where !(0..<9).contains(y) || !(0..<13).contains(x) || !mask[y, x] {
                            nearest = min(nearest, (y - row) * (y - row) + (x - column) * (x - column))
                        }
                    }
                    expected.append(Float(nearest).squareRoot() - 0.5)
                }
            }
            #expect(mask.distancesToBackground() == expected)
        }
    }

    @Test("an image without ink has no features, one of a single pixel all but slant and sharpness")
    func edges() throws {
        #expect(ImageFeatures([0, 0, 0, 0], channels: 1, height: 2, width: 2) == nil)
        #expect(ImageFeatures(image("..", "..")) == nil)
        let single = try #require(ImageFeatures([200], channels: 1, height: 1, width: 1))
        #expect(single.pieces == 1 && single.boxWidth == 1 && single.strokeWidth > 0)
        #expect(single.slant == nil && single.sharpness == nil)
        let line = try measured(image("....", ".##.", "...."))
        #expect(line.slant == nil && line.sharpness != nil, "ink in one row leans nowhere")
        #expect(try measured(image("##", "##")).sharpness == nil, "where nothing varies there is no edge")
        let colour = try #require(ImageFeatures([90, 0, 30, 0, 0, 0], channels: 3, height: 1, width: 2))
        // 0.299 · 90 + 0.587 · 30, and black.
        #expect(colour.ink.isNearly(44.52 / 255 / 2))
    }
}

extension Double {
    fileprivate func isNearly(_ other: Double) -> Bool { abs(self - other) < 1e-6 }
}

extension GreyImage {
    fileprivate func mapped(_ value: (_ row: Int, _ column: Int) -> Float) -> GreyImage {
        GreyImage(
            height: height, width: width,
            values: (0..<height * width).map { value($0 / width, $0 % width) })
    }

    private func at(_ row: Int, _ column: Int) -> Float {
        (0..<height).contains(row) && (0..<width).contains(column) ? self[row, column] : 0
    }

    /// Gaussian blur.
    fileprivate func blurred(sigma: Float) -> GreyImage {
        let weights = (-4...4).map { exp(-Float($0 * $0) / (2 * sigma * sigma)) }
        let sum = weights.reduce(0, +)
        let horizontal = mapped { row, column in
            zip(-4...4, weights).reduce(0) { $0 + at(row, column + $1.0) * $1.1 } / sum
        }
        return horizontal.mapped { row, column in
            zip(-4...4, weights).reduce(0) { $0 + horizontal.at(row + $1.0, column) * $1.1 } / sum
        }
    }

    /// Every row moved right by its height above the middle times the angle's tangent. On a wider canvas, so that
    /// nothing is lost.
    fileprivate func sheared(degrees: Float) -> GreyImage {
        let wide = GreyImage(
            height: height, width: 2 * width,
            values: (0..<height * 2 * width).map { at($0 / (2 * width), $0 % (2 * width) - width / 2) })
        return wide.mapped { row, column in
            let source = Float(column) - tan(degrees * .pi / 180) * (Float(height) / 2 - Float(row))
            let left = Int(source.rounded(.down))
            let part = source - Float(left)
            return wide.at(row, left) * (1 - part) + wide.at(row, left + 1) * part
        }
    }

    /// The largest value of each 3 × 3 square.
    fileprivate func dilated() -> GreyImage {
        mapped { row, column in
            (-1...1).flatMap { y in (-1...1).map { at(row + y, column + $0) } }.max() ?? 0
        }
    }

    fileprivate func erased(columns: Range<Int>) -> GreyImage {
        mapped { row, column in columns.contains(column) ? 0 : self[row, column] }
    }

    fileprivate func erased(rows: Range<Int>) -> GreyImage {
        mapped { row, column in rows.contains(row) ? 0 : self[row, column] }
    }
}

extension GreyImage {
    /// One of MNIST.
    fileprivate init(_ pixels: [UInt8], digit index: Int) {
        let shape = ImageShape(channels: 1, height: 28, width: 28)
        self = pixels[index * 784..<(index + 1) * 784].withUnsafeBufferPointer { GreyImage($0, shape) }
    }
}
