import Foundation
import Samples
import Testing

@testable import NeuralNetwork

@Suite("Placing and resizing images")
struct AugmentationTests {
    private func fit(
        _ pixels: [UInt8], _ source: ImageShape, to target: ImageShape, _ placement: ImagePlacement = ImagePlacement()
    ) -> [UInt8] {
        var result = [UInt8](repeating: 77, count: target.count)
        result.withUnsafeMutableBufferPointer { result in
            pixels.withUnsafeBufferPointer { pixels in
                guard let from = pixels.baseAddress, let to = result.baseAddress else { return }
                ImageFitting(source: source, target: target).fit(from, placement, to: to)
            }
        }
        return result
    }

    private let shape = ImageShape(channels: 1, height: 3, width: 4)
    private let pixels: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]

    @Test("an image that is not moved stays as it is")
    func identity() {
        #expect(fit(pixels, shape, to: shape) == pixels)
    }

    @Test("a shift moves whole pixels, and leaves black behind")
    func shift() {
        let right = fit(pixels, shape, to: shape, ImagePlacement(right: 1, down: 0, degrees: 0))
        #expect(right == [0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11])
        let up = fit(pixels, shape, to: shape, ImagePlacement(right: 0, down: -2, degrees: 0))
        #expect(up == [9, 10, 11, 12, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("a quarter turn is counter-clockwise, and exact")
    func quarterTurn() {
        let square = ImageShape(channels: 1, height: 3, width: 3)
        let turned = fit([1, 2, 3, 4, 5, 6, 7, 8, 9], square, to: square, ImagePlacement(degrees: 90))
        #expect(turned == [3, 6, 9, 2, 5, 8, 1, 4, 7])
    }

    @Test("grey is repeated in all channels; twice as wide is PyTorch's bilinear interpolation")
    func resize() {
        let wide = fit(
            [0, 100], ImageShape(channels: 1, height: 1, width: 2), to: ImageShape(channels: 2, height: 1, width: 4))
        // interpolate([0, 100], size=4, mode="linear", align_corners=False) = [0, 25, 75, 100]
        #expect(wide == [0, 25, 75, 100, 0, 25, 75, 100])
    }

    @Test("every placement within the bounds occurs, none outside")
    func draws() {
        var augmentation = Augmentation()
        augmentation.shift = 2
        augmentation.rotation = 30
        var stream = RandomStream(seed: 1, name: "test")
        let placements = (0..<2000).map { _ in augmentation.draw(from: &stream) }
        #expect(Set(placements.map(\.right)) == Set(-2...2))
        #expect(Set(placements.map(\.down)) == Set(-2...2))
        #expect(placements.allSatisfy { abs($0.degrees) <= 30 })
        #expect(placements.contains { $0.degrees < -25 } && placements.contains { $0.degrees > 25 })
    }

    @Test("own sine, cosine and power agree with the C library")
    func elementaryFunctions() {
        for step in -2000...2000 {
            let x = Double(step) / 2000 * .pi
            #expect(abs(NeuralNetwork.sine(x) - sin(x)) < 1e-14)
            #expect(abs(NeuralNetwork.cosine(x) - cos(x)) < 1e-14)
        }
        for exponent in [0, 1, 2, 3, 10, 937, 100_000] {
            #expect(abs(power(0.999, exponent) / pow(0.999, Double(exponent)) - 1) < 1e-10)
        }
    }
}
