import Kernels
import Samples
import Testing

@testable import NeuralNetwork

@Suite("Changing test images")
struct PerturbationTests {
    /// Random intensities, the same each time.
    private func images(_ count: Int, _ shape: ImageShape) throws -> LabeledImages {
        var random = RandomStream(seed: 1, name: "images")
        return try LabeledImages(
            shape: shape, pixels: (0..<count * shape.count).map { _ in UInt8(truncatingIfNeeded: random.next()) },
            labels: [UInt16](repeating: 0, count: count), classes: 1)
    }

    private func changed(
        _ pixels: [UInt8], height: Int, width: Int, _ kind: Perturbation.Kind, _ strength: Double
    ) throws -> [UInt8] {
        let shape = ImageShape(channels: 1, height: height, width: width)
        return try Perturbation(kind, strength: strength)(
            LabeledImages(shape: shape, pixels: pixels, labels: [0], classes: 1), engine: .fastest
        ).pixels
    }

    @Test("no strength is no change, and every change is the same each time, at any number of threads")
    func reproducible() throws {
        let images = try images(20, ImageShape(channels: 2, height: 8, width: 9))
        for kind in Perturbation.Kind.allCases {
            #expect(try Perturbation(kind, strength: 0)(images, engine: .fastest).pixels == images.pixels)
            let strength = kind.strengths[kind.strengths.count - 1]
            let once = try Perturbation(kind, strength: strength)(
                images, engine: Engine(kernels: .fastest(), threads: 1)
            ).pixels
            #expect(once != images.pixels, "\(kind)")
            let thrice = try Perturbation(kind, strength: strength)(
                images, engine: Engine(kernels: .fastest(), threads: 3)
            ).pixels
            #expect(thrice == once, "\(kind)")
        }
    }

    @Test("shifts go to the right and down, a rotation counter-clockwise")
    func geometry() throws {
        #expect(try changed([1, 2, 3, 4], height: 2, width: 2, .shiftRight, 1) == [0, 1, 0, 3])
        #expect(try changed([1, 2, 3, 4], height: 2, width: 2, .shiftDown, -1) == [3, 4, 0, 0])
        #expect(try changed([1, 2, 3, 4], height: 2, width: 2, .rotation, 90) == [2, 4, 1, 3])
    }

    @Test("a clip blackens rows and columns of the figure, counted from its own edge")
    func clips() throws {
        let figure: [UInt8] = [
            0, 9, 0, 0,  // Too faint to be the figure's.
            0, 99, 99, 0,
            0, 80, 60, 0,
            0, 70, 0, 0,
        ]
        func kept(_ kind: Perturbation.Kind, _ strength: Double) throws -> [Int] {
            let pixels = try changed(figure, height: 4, width: 4, kind, strength)
            return figure.indices.filter { figure[$0] > 0 && pixels[$0] == figure[$0] }
        }
        #expect(try kept(.clipTop, 1) == [9, 10, 13])
        #expect(try kept(.clipBottom, 2) == [1, 5, 6])
        #expect(try kept(.clipLeft, 1) == [6, 10])
        #expect(try kept(.clipRight, 1) == [1, 5, 9, 13])
        #expect(try kept(.clipTop, 8) == [])
    }

    @Test("a blurred point is a Gaussian of the same mass")
    func blur() throws {
        var point = [UInt8](repeating: 0, count: 17 * 17)
        point[8 * 17 + 8] = 255
        let blurred = try changed(point, height: 17, width: 17, .blur, 1)
        // 255 · exp(−r² / 2) / 2π: what scipy.ndimage.gaussian_filter gives but for what is beyond four deviations.
        #expect(blurred[8 * 17 + 8] == 41)
        #expect(blurred[8 * 17 + 9] == 25 && blurred[7 * 17 + 8] == 25)
        #expect(blurred[9 * 17 + 9] == 15)
        #expect(blurred[8 * 17 + 10] == 5)
    }

    @Test("noise has the deviation asked for, and none of its own mean")
    func noise() throws {
        let shape = ImageShape(channels: 1, height: 100, width: 100)
        let grey = try LabeledImages(
            shape: shape, pixels: [UInt8](repeating: 128, count: 40_000), labels: [0, 0, 0, 0], classes: 1)
        let values = try Perturbation(.noise, strength: 0.1)(grey, engine: .fastest).pixels.map { Double($0) - 128 }
        let mean = values.reduce(0, +) / 40_000
        let variance = values.map { $0 * $0 }.reduce(0, +) / 40_000 - mean * mean
        // Standard errors: 25.5 / 200 of the mean, 25.5 / 283 of the deviation.
        #expect(abs(mean) < 0.5)
        #expect(abs(variance.squareRoot() - 25.5) < 0.4)
    }
}
