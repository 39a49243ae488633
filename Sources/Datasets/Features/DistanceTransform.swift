extension InkMask {
    /// For each pixel of ink, the distance from its centre to the border of the nearest pixel of background, in pixels;
    /// what lies beyond the image is background.
    ///
    /// Distances within the column first, then for each pixel the best of its row's columns: Pythagoras.
    ///
    /// - Source: Saito and Toriwaki, “New algorithms for Euclidean distance transformation of an n-dimensional digitized
    ///   picture”, 1994.
    func distancesToBackground() -> [Float] {
        let vertical = distancesWithinColumns()
        var distances: [Float] = []
        distances.reserveCapacity(isInk.count)
        for row in 0..<height {
            for column in 0..<width where self[row, column] {
                var nearest = vertical[row * width + column]
                nearest *= nearest
                var away = 1
                // Nothing further away than the nearest found so far can be nearer.
                while away * away < nearest {
                    for side in [column - away, column + away] {
                        let height = (0..<width).contains(side) ? vertical[row * width + side] : 0
                        nearest = min(nearest, away * away + height * height)
                    }
                    away += 1
                }
                distances.append(Float(nearest).squareRoot() - 0.5)
            }
        }
        return distances
    }

    /// For each pixel, how many rows away the nearest background of its column is.
    private func distancesWithinColumns() -> [Int] {
        var distances = [Int](repeating: 0, count: isInk.count)
        for column in 0..<width {
            var run = 0
            for row in 0..<height {
                run = self[row, column] ? run + 1 : 0
                distances[row * width + column] = run
            }
            run = 0
            for row in (0..<height).reversed() {
                run = self[row, column] ? run + 1 : 0
                distances[row * width + column] = min(distances[row * width + column], run)
            }
        }
        return distances
    }
}
