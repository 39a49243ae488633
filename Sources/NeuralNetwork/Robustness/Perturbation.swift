import Samples

/// A change of test images that leaves what they show recognisable to a person: how much of it does a network bear?
package struct Perturbation: Sendable, Hashable {
    /// What is done to an image.
    package enum Kind: String, Sendable, CaseIterable {
        /// Moved by whole pixels; negative to the left.
        case shiftRight = "shift right"
        /// Moved by whole pixels; negative upwards.
        case shiftDown = "shift down"
        /// Turned about its centre by degrees, positive counter-clockwise.
        case rotation
        /// Convolved with a Gaussian of this standard deviation, in pixels.
        case blur
        /// Gaussian noise of this standard deviation is added to each pixel, in shares of the full intensity.
        case noise
        /// As many rows of the figure are blackened at its top.
        case clipTop = "clip top"
        /// As many rows of the figure are blackened at its bottom.
        case clipBottom = "clip bottom"
        /// As many columns of the figure are blackened at its left.
        case clipLeft = "clip left"
        /// As many columns of the figure are blackened at its right.
        case clipRight = "clip right"

        /// What a strength of 1 is.
        package var unit: String {
            switch self {
            case .shiftRight, .shiftDown, .blur: "pixels"
            case .rotation: "degrees"
            case .noise: "of full intensity"
            case .clipTop, .clipBottom: "rows"
            case .clipLeft, .clipRight: "columns"
            }
        }

        /// The strengths that are measured, from the least to the greatest; 0 is the image as it is.
        package var strengths: [Double] {
            switch self {
            case .shiftRight, .shiftDown: (-4...4).map(Double.init)
            case .rotation: (-9...9).map { Double($0) * 5 }
            case .blur: [0, 0.5, 1, 1.5, 2]
            case .noise: [0, 0.1, 0.2, 0.3, 0.4, 0.5]
            case .clipTop, .clipBottom, .clipLeft, .clipRight: [0, 2, 4, 6, 8]
            }
        }
    }

    package let kind: Kind
    /// In the kind's unit.
    package let strength: Double

    package init(_ kind: Kind, strength: Double) {
        self.kind = kind
        self.strength = strength
    }

    /// The images after the change; the same change gives the same images.
    ///
    /// - Throws: `PerturbationError` for a strength that no image can be changed by.
    package func callAsFunction(_ images: LabeledImages, engine: Engine) throws -> LabeledImages {
        guard strength != 0 else { return images }
        guard abs(strength) <= 1000, strength > 0 || [.shiftRight, .shiftDown, .rotation].contains(kind) else {
            throw PerturbationError(kind: kind, strength: strength)
        }
        let size = images.shape.count
        var pixels = [UInt8](repeating: 0, count: images.pixels.count)
        let team = engine.makeTeam()
        images.pixels.withUnsafeBufferPointer { source in
            pixels.withUnsafeMutableBufferPointer { target in
                guard let source = source.baseAddress, let target = target.baseAddress else { return }
                team.run(images.count) { index in
                    change(source + index * size, of: images.shape, number: index, to: target + index * size)
                }
            }
        }
        return try images.replacing(pixels: pixels)
    }

    private func change(
        _ source: UnsafePointer<UInt8>, of shape: ImageShape, number: Int, to target: UnsafeMutablePointer<UInt8>
    ) {
        let fitting = ImageFitting(source: shape, target: shape)
        switch kind {
        case .shiftRight: fitting.fit(source, ImagePlacement(right: Int(strength)), to: target)
        case .shiftDown: fitting.fit(source, ImagePlacement(down: Int(strength)), to: target)
        case .rotation: fitting.fit(source, ImagePlacement(degrees: strength), to: target)
        case .blur: GaussianBlur(standardDeviation: strength).apply(to: source, shape, result: target)
        case .noise:
            var random = RandomStream(seed: 1, name: "noise \(number)")
            for position in 0..<shape.count {
                let value = Double(source[position]) + random.nextNormal() * strength * 255
                target[position] = UInt8(min(max(value, 0), 255).rounded())
            }
        case .clipTop, .clipBottom, .clipLeft, .clipRight:
            let kept = FigureBox(source, shape).clipped(kind, by: Int(strength))
            for channel in 0..<shape.channels {
                for row in kept.rows {
                    let start = (channel * shape.height + row) * shape.width
                    for column in kept.columns { target[start + column] = source[start + column] }
                }
            }
        }
    }
}

/// A strength that is no number, or outside of what can be done to an image.
package struct PerturbationError: Error, Sendable, Equatable, CustomStringConvertible {
    package let kind: Perturbation.Kind
    package let strength: Double

    package var description: String {
        "Images cannot be changed by “\(kind.rawValue)” with the strength \(strength); "
            + "the strengths that are measured go from \(kind.strengths[0]) to \(kind.strengths[kind.strengths.count - 1])."
    }
}

/// The rows and columns of an image that are left when something is clipped from its figure.
private struct FigureBox {
    private let figure: (rows: Range<Int>, columns: Range<Int>)
    var rows: Range<Int>
    var columns: Range<Int>

    /// The figure is where a pixel has at least half of the image's largest intensity, as where features are measured.
    init(_ pixels: UnsafePointer<UInt8>, _ shape: ImageShape) {
        rows = 0..<shape.height
        columns = 0..<shape.width
        let brightest = Int((0..<shape.count).map { pixels[$0] }.max() ?? 0)
        let bounds = shape.bounds { row, column in
            (0..<shape.channels).contains { channel in
                let value = Int(pixels[(channel * shape.height + row) * shape.width + column])
                return value > 0 && 2 * value >= brightest
            }
        }
        figure = bounds.map { (Range($0.rows), Range($0.columns)) } ?? (0..<0, 0..<0)
    }

    func clipped(_ side: Perturbation.Kind, by count: Int) -> FigureBox {
        var kept = self
        switch side {
        case .clipTop: kept.rows = min(figure.rows.lowerBound + count, rows.upperBound)..<rows.upperBound
        case .clipBottom: kept.rows = 0..<max(figure.rows.upperBound - count, 0)
        case .clipLeft: kept.columns = min(figure.columns.lowerBound + count, columns.upperBound)..<columns.upperBound
        default: kept.columns = 0..<max(figure.columns.upperBound - count, 0)
        }
        return kept
    }
}
