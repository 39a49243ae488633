import Synchronization

/// How far each image is from the mean training image of its class.
enum ClassDistances {
    /// Root mean square differences of the intensities, 0…1, for each of some splits; `nil` for a class that training does
    /// not have, and for a black image.
    ///
    /// A class at a time: only its mean is in memory, and a few of its images.
    static func measure(_ splits: [SampleSet], from training: SampleSet, classes: Int) throws -> [[Float?]] {
        let size = training.shape.count
        let members = ([training] + splits).map { split in
            var members = [[Int]](repeating: [], count: classes)
            for (index, label) in split.labels.enumerated() { members[Int(label)].append(index) }
            return members
        }
        let results = Mutex(splits.map { [Float?](repeating: nil, count: $0.labels.count) })
        let failure = Mutex<(any Error)?>(nil)
        inPieces(of: classes) { range in
            do {
                for label in range where !members[0][label].isEmpty {
                    let mean = try mean(of: members[0][label], in: training)
                    for (position, split) in splits.enumerated() {
                        for part in pieces(of: members[position + 1][label], size: size) {
                            let distances = try split.withPixels(ofSamples: part) { pixels in
                                part.indices.map { distance(pixels, ($0 - part.startIndex) * size, from: mean) }
                            }
                            results.withLock { results in
                                for (index, distance) in zip(part, distances) { results[position][index] = distance }
                            }
                        }
                    }
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        return results.withLock { $0 }
    }

    private static func pieces(of samples: [Int], size: Int) -> [ArraySlice<Int>] {
        let count = max(1, (1 << 20) / size)
        return stride(from: 0, to: samples.count, by: count).map { samples[$0..<min($0 + count, samples.count)] }
    }

    /// 0…1.
    private static func mean(of samples: [Int], in split: SampleSet) throws -> [Float] {
        let size = split.shape.count
        var sum = [Int](repeating: 0, count: size)
        for part in pieces(of: samples, size: size) {
            try split.withPixels(ofSamples: part) { pixels in
                for start in stride(from: 0, to: pixels.count, by: size) {
                    for position in 0..<size { sum[position] += Int(pixels[start + position]) }
                }
            }
        }
        return sum.map { Float($0) / Float(255 * samples.count) }
    }

    private static func distance(_ pixels: UnsafeRawBufferPointer, _ start: Int, from mean: [Float]) -> Float? {
        var (sum, isBlack): (Float, Bool) = (0, true)
        for (position, mean) in mean.enumerated() {
            let pixel = pixels[start + position]
            if pixel > 0 { isBlack = false }
            let difference = Float(pixel) / 255 - mean
            sum += difference * difference
        }
        return isBlack ? nil : (sum / Float(mean.count)).squareRoot()
    }
}
