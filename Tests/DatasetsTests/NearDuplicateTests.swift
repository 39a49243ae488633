import Samples
import TestData
import Testing

@testable import Datasets

@Suite("Near duplicates")
struct NearDuplicateTests {
    /// What is done to an image so that it is nearly the same.
    enum Kind: CaseIterable {
        case shifted, compressed, brighter

        func applied(to image: [UInt8], _ shape: ImageShape, _ number: Int) -> [UInt8] {
            switch self {
            case .shifted:
                let (down, right) = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1)][number % 8]
                return image.indices.map { place in
                    let (plane, row, column) = (
                        place / (shape.height * shape.width), place / shape.width % shape.height, place % shape.width
                    )
                    let (from, beside) = (row - down, column - right)
                    guard (0..<shape.height).contains(from), (0..<shape.width).contains(beside) else { return 0 }
                    return image[(plane * shape.height + from) * shape.width + beside]
                }
            case .compressed:
                return JPEGLoss.applied(
                    to: image, channels: shape.channels, height: shape.height, width: shape.width, quality: 85)
            case .brighter: return image.map { UInt8(min(255, (Double($0) * 1.2).rounded())) }
            }
        }
    }

    /// Images and, behind them, changed ones of some of them, each kind in turn.
    private struct Planted {
        var pixels: [UInt8]
        let shape: ImageShape
        private(set) var pairs: Set<[Int]> = []

        init(_ pixels: [UInt8], _ shape: ImageShape, planting count: Int, every step: Int) {
            self.pixels = pixels
            self.shape = shape
            let images = pixels.count / shape.count
            for number in 0..<count {
                let source = number * step
                let image = Array(pixels[source * shape.count..<(source + 1) * shape.count])
                self.pixels += Kind.allCases[number % 3].applied(to: image, shape, number / 3)
                pairs.insert([source, images + number])
            }
        }
    }

    /// Searches in blocks of some images.
    private func pairs(
        of pixels: [UInt8], _ shape: ImageShape, block: Int = 1000, memory: Int = 256 << 20
    ) -> (pairs: [NearDuplicateSearch.Pair], search: NearDuplicateSearch) {
        var search = NearDuplicateSearch(shape: shape)
        pixels.withUnsafeBytes { pixels in
            for start in stride(from: 0, to: pixels.count, by: block * shape.count) {
                search.add(
                    UnsafeRawBufferPointer(rebasing: pixels[start..<min(start + block * shape.count, pixels.count)]))
            }
        }
        let found = search.pairs(memory: memory) { images in
            images.flatMap { pixels[$0 * shape.count..<($0 + 1) * shape.count] }
        }
        return (found, search)
    }

    @Test("of 3,000 digits all of 200 that were shifted, compressed or made brighter are found, and at most two others")
    func digits() async throws {
        let training = try await MNISTFiles.dataset().training
        let pixels = try training.withPixels(of: 0..<3000) { [UInt8]($0) }
        let planted = Planted(pixels, training.shape, planting: 200, every: 15)
        let (found, search) = pairs(of: planted.pixels, training.shape)
        let positions = Set(found.map { [$0.earlier, $0.later] })
        #expect(planted.pairs.subtracting(positions).isEmpty)
        #expect(positions.subtracting(planted.pairs).count <= 2)
        #expect(search.images == 3200 && search.searched == 3200)
        // A shift leaves nothing.
        for pair in found where (pair.later - 3000) % 3 == 0 && pair.later >= 3000 { #expect(pair.distance < 1e-6) }
        // Whatever fits into the memory at once.
        #expect(pairs(of: planted.pixels, training.shape, memory: 20 * 784).pairs == found)
    }

    /// Scenes of a sky, a ground and coloured discs, with the noise of a sensor: 3 × 32 × 32.
    private static func scenes(_ count: Int) -> (pixels: [UInt8], shape: ImageShape) {
        let shape = ImageShape(channels: 3, height: 32, width: 32)
        var state: UInt64 = 7
        func random(_ range: ClosedRange<Double>) -> Double {
            // D. E. Knuth's multiplier, of the MMIX.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return range.lowerBound + (range.upperBound - range.lowerBound) * Double(state >> 33) / Double(1 << 31)
        }
        var pixels: [UInt8] = []
        for _ in 0..<count {
            let horizon = random(10...22)
            let (sky, ground) = ((0..<3).map { _ in random(60...220) }, (0..<3).map { _ in random(20...160) })
            let discs = (0..<5).map { _ in
                (
                    row: random(0...32), column: random(0...32), radius: random(3...9),
                    color: (0..<3).map { _ in random(0...255) }
                )
            }
            var image = [UInt8](repeating: 0, count: shape.count)
            for row in 0..<32 {
                for column in 0..<32 {
                    let (y, x) = (Double(row), Double(column))
                    var color = y < horizon ? sky.map { $0 * (1 - y / 60) } : ground
                    for disc in discs {
                        let distance = ((y - disc.row) * (y - disc.row) + (x - disc.column) * (x - disc.column))
                            .squareRoot()
                        let share = max(0, min(1, disc.radius - distance))
                        color = zip(color, disc.color).map { $0 * (1 - share) + $1 * share }
                    }
                    for channel in 0..<3 {
                        image[(channel * 32 + row) * 32 + column] = UInt8(
                            max(0, min(255, (color[channel] + random(-4...4)).rounded())))
                    }
                }
            }
            pixels += image
        }
        return (pixels, shape)
    }

    @Test(
        "of 600 images in colour all of 200 that were shifted, compressed or made brighter are found, and at most two others"
    )
    func colors() {
        let (pixels, shape) = Self.scenes(600)
        let planted = Planted(pixels, shape, planting: 200, every: 3)
        let positions = Set(pairs(of: planted.pixels, shape, block: 128).pairs.map { [$0.earlier, $0.later] })
        #expect(planted.pairs.subtracting(positions).isEmpty)
        #expect(positions.subtracting(planted.pairs).count <= 2)
    }

    @Test("the same form in another colour is another image")
    func hue() {
        let shape = ImageShape(channels: 3, height: 16, width: 16)
        let form = (0..<256).map { UInt8($0 / 16 % 8 < 4 ? 40 : 160) }
        let flat = [UInt8](repeating: 90, count: 256)
        // Red and green of the same luminance: 0.299 × 1.963 = 0.587.
        let other = form.map { UInt8(min(255, (Double($0) - 40) / 1.963 + 60)) }
        #expect(pairs(of: form + flat + flat + flat + other + flat, shape).pairs.isEmpty)
    }

    @Test("what is flat, small or the same is no pair, and is counted")
    func withoutPairs() {
        let shape = ImageShape(channels: 1, height: 12, width: 12)
        let constant = [UInt8](repeating: 255, count: 144)
        let nearlyConstant = (0..<144).map { UInt8(100 + $0 % 3) }
        let drawing = (0..<144).map { UInt8($0 % 12 < 5 ? 200 : $0) }
        let (found, search) = pairs(
            of: constant + constant + nearlyConstant + nearlyConstant.reversed() + drawing + drawing, shape)
        #expect(found.isEmpty && search.images == 6 && search.searched == 2)
        for side in [1, 2, 7] {
            let small = ImageShape(channels: 1, height: side, width: side)
            let image = (0..<small.count).map { UInt8($0 * 5) }
            let (found, search) = pairs(of: image + image, small)
            #expect(found.isEmpty && search.images == 2 && search.searched == 0)
        }
        #expect(pairs(of: [], shape).pairs.isEmpty)
    }

    @Test("of many like images the nearest are kept, for each part")
    func limit() {
        let shape = ImageShape(channels: 1, height: 16, width: 16)
        // A film: each picture has another bright pixel.
        let scene = (0..<256).map { UInt8($0 * 37 % 251 / 2) }
        var film: [UInt8] = []
        for picture in 0..<100 {
            var image = scene
            image[picture] += 9
            film += image
        }
        var search = NearDuplicateSearch(shape: shape)
        film.withUnsafeBytes { film in
            search.add(UnsafeRawBufferPointer(rebasing: film[..<(50 * 256)]))
            search.endPart()
            search.add(UnsafeRawBufferPointer(rebasing: film[(50 * 256)...]))
        }
        let found = search.pairs { images in images.flatMap { film[$0 * 256..<($0 + 1) * 256] } }
        let ofLast = found.filter { $0.later == 99 }
        #expect(ofLast.count { $0.earlier < 50 } == 32 && ofLast.count { $0.earlier >= 50 } == 32)
        #expect(found.filter { $0.later == 10 }.count == 10)
    }
}
