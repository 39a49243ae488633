import Samples

/// Finds the pairs of images that are nearly the same: moved by a pixel, brighter or with more contrast, compressed.
///
/// Each image is compared by its perceptual hash with those that were added before it, by an index instead of one by one.
/// Of an image some 70 to 140 bytes are kept; the pixels of pairs that may be near are asked for again at the end.
package struct NearDuplicateSearch: Sendable {
    /// Two images that are nearly the same.
    package struct Pair: Sendable, Hashable {
        /// Position in the order in which images were added.
        package let earlier: Int
        package let later: Int
        /// What is left of the luminance's difference, as a share of its contrast: 0 for nothing.
        package let distance: Double
    }

    /// Pairs of one image with earlier images of each part that are looked at, the nearest by their hashes: a film of a
    /// thousand like images would have half a million pairs.
    private static let mostPerPart = 32

    package let shape: ImageShape
    /// How many images were added.
    package private(set) var images = 0
    /// Those that were compared: the others have too little contrast, or are too small.
    package private(set) var searched = 0

    private let transform: HashTransform
    private var index: HashIndex?
    /// Where each part begins.
    private var parts: [Int32] = [0]
    private var candidates: [Candidate] = []

    private struct Candidate: Sendable {
        var earlier: Int32
        var later: Int32
        /// From which places of the later image the hashes are near: a bit for each.
        var places: UInt16 = 0
        /// The least of those hashes.
        var squaredDistance = Int32.max
    }

    package init(shape: ImageShape) {
        self.shape = shape
        transform = HashTransform(shape)
    }

    /// Ends a part, e.g. a split: the number of pairs is limited for each part.
    package mutating func endPart() { parts.append(Int32(images)) }

    /// Adds images and compares them with all that were added before.
    ///
    /// - Parameter pixels: Of each image channels × height × width intensities, 0…255.
    package mutating func add(_ pixels: UnsafeRawBufferPointer) {
        let count = pixels.count / shape.count
        let first = images
        images += count
        guard shape.isAllowed, min(shape.height, shape.width) >= PerceptualHash.shortestSide,
            let start = pixels.bindMemory(to: UInt8.self).baseAddress
        else { return }
        let size = 2 * HashTransform.places * PerceptualHash.count
        var hashes = [Int16](repeating: 0, count: count * size)
        var looks = [(contrast: Float, hasBrighter: Bool)](repeating: (0, false), count: count)
        hashes.withUnsafeMutableBufferPointer { hashes in
            looks.withUnsafeMutableBufferPointer { looks in
                guard let first = hashes.baseAddress else { return }
                // What is read is not changed, and each thread writes to images of its own.
                nonisolated(unsafe) let (source, room, looks) = (start, first, looks)
                let transform = transform
                inPieces(of: count) { range in
                    for image in range {
                        looks[image] = transform.hash(source + image * transform.shape.count, into: room + image * size)
                    }
                }
            }
        }
        searched += looks.count { $0.contrast > 0 }
        hashes.withUnsafeBufferPointer { hashes in
            guard let hashes = hashes.baseAddress else { return }
            insert(hashes, looks, first, size)
            find(hashes, looks, first, size)
        }
    }

    private mutating func insert(
        _ hashes: UnsafePointer<Int16>, _ looks: [(contrast: Float, hasBrighter: Bool)], _ first: Int, _ size: Int
    ) {
        let middle = HashTransform.middle * PerceptualHash.count
        let kept = looks.indices.filter { looks[$0].contrast > 0 }
        if index == nil, !kept.isEmpty {
            index = HashIndex(
                sample: kept.prefix(4096).flatMap {
                    UnsafeBufferPointer(start: hashes + $0 * size + middle, count: PerceptualHash.count)
                })
        }
        for image in kept {
            index?.insert(hashes + image * size + middle, image: Int32(first + image))
            if looks[image].hasBrighter {
                index?.insert(hashes + image * size + size / 2 + middle, image: Int32(first + image))
            }
        }
    }

    private mutating func find(
        _ hashes: UnsafePointer<Int16>, _ looks: [(contrast: Float, hasBrighter: Bool)], _ first: Int, _ size: Int
    ) {
        guard let index else { return }
        var found = [[Candidate]](repeating: [], count: looks.count)
        found.withUnsafeMutableBufferPointer { found in
            // Each thread writes to images of its own.
            nonisolated(unsafe) let (hashes, found) = (hashes, found)
            let parts = parts
            inPieces(of: looks.count) { range in
                for image in range where looks[image].contrast > 0 {
                    let radius = PerceptualHash.radius(contrast: looks[image].contrast)
                    var near: [Int32: Candidate] = [:]
                    for place in 0..<(looks[image].hasBrighter ? 2 : 1) * HashTransform.places {
                        let hash = hashes + image * size + place * PerceptualHash.count
                        index.search(hash, radius: radius, before: Int32(first + image)) { other, distance in
                            var candidate = near[other] ?? Candidate(earlier: other, later: Int32(first + image))
                            candidate.places |= 1 << (place % HashTransform.places)
                            candidate.squaredDistance = min(candidate.squaredDistance, distance)
                            near[other] = candidate
                        }
                    }
                    found[image] = Self.nearest(of: Array(near.values), parts)
                }
            }
        }
        candidates += found.joined()
    }

    /// The nearest of each part, in order of the earlier image.
    private static func nearest(of candidates: [Candidate], _ parts: [Int32]) -> [Candidate] {
        let sorted = candidates.sorted { ($0.squaredDistance, $0.earlier) < ($1.squaredDistance, $1.earlier) }
        var left = [Int](repeating: mostPerPart, count: parts.count)
        return sorted.filter { candidate in
            let part = (parts.lastIndex { $0 <= candidate.earlier }) ?? 0
            left[part] -= 1
            return left[part] >= 0
        }.sorted { $0.earlier < $1.earlier }
    }

    /// Compares the pixels of all pairs that may be near.
    ///
    /// - Parameters:
    ///   - memory: Bytes of pixels that are asked for at once; more where two images are larger.
    ///   - pixels: Given the positions of images, in ascending order, returns their pixels.
    /// - Returns: In order of the later image, then of the earlier one. The same image twice is no pair.
    package func pairs(memory: Int = 64 << 20, pixels: ([Int]) throws -> [UInt8]) rethrows -> [Pair] {
        let most = max(2, memory / shape.count)
        var result: [Pair] = []
        var rest = candidates[...]
        while !rest.isEmpty {
            var needed: Set<Int32> = []
            let end = rest.firstIndex { candidate in
                let new = [candidate.earlier, candidate.later].filter { !needed.contains($0) }
                guard needed.count + new.count <= most else { return true }
                needed.formUnion(new)
                return false
            }
            let part = Array(rest[..<(end ?? rest.endIndex)])
            let images = needed.sorted()
            result += compare(part, images, try pixels(images.map(Int.init)))
            rest = rest[(end ?? rest.endIndex)...]
        }
        return result
    }

    private func compare(_ candidates: [Candidate], _ images: [Int32], _ pixels: [UInt8]) -> [Pair] {
        let places = Dictionary(uniqueKeysWithValues: zip(images, images.indices))
        let comparison = ImageComparison(shape: shape)
        var distances = [Double?](repeating: nil, count: candidates.count)
        pixels.withUnsafeBufferPointer { pixels in
            guard let start = pixels.baseAddress, pixels.count == images.count * shape.count else { return }
            distances.withUnsafeMutableBufferPointer { distances in
                // What is read is not changed, and each thread writes to distances of its own.
                nonisolated(unsafe) let (start, distances) = (start, distances)
                inPieces(of: candidates.count) { range in
                    for position in range {
                        guard let earlier = places[candidates[position].earlier],
                            let later = places[candidates[position].later]
                        else { continue }
                        let (a, b) = (start + earlier * comparison.shape.count, start + later * comparison.shape.count)
                        distances[position] =
                            comparison.isSame(a, b) ? nil : comparison.distance(a, b, candidates[position].places)
                    }
                }
            }
        }
        return zip(candidates, distances).compactMap { candidate, distance in
            distance.map { Pair(earlier: Int(candidate.earlier), later: Int(candidate.later), distance: $0) }
        }
    }
}
