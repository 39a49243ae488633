extension InkMask {
    /// Pieces of ink: pixels that touch by a side or a corner belong together.
    var pieceCount: Int { regions(of: true, touchingByCorners: true).count }

    /// Holes in the ink: background, touching by sides, that does not reach the image's edge.
    var holeCount: Int { regions(of: false, touchingByCorners: false).count { !$0 } }

    /// The regions of ink or background; for each, whether it reaches the image's edge.
    private func regions(of ink: Bool, touchingByCorners: Bool) -> [Bool] {
        var isSeen = [Bool](repeating: false, count: isInk.count)
        var regions: [Bool] = []
        var stack: [Int] = []
        for start in isInk.indices where isInk[start] == ink && !isSeen[start] {
            var reachesEdge = false
            isSeen[start] = true
            stack.append(start)
            while let position = stack.popLast() {
                let (row, column) = position.quotientAndRemainder(dividingBy: width)
                if row == 0 || column == 0 || row == height - 1 || column == width - 1 { reachesEdge = true }
                for y in max(row - 1, 0)...min(row + 1, height - 1) {
                    for x in max(column - 1, 0)...min(column + 1, width - 1)
                    where touchingByCorners || y == row || x == column {
                        let next = y * width + x
                        guard isInk[next] == ink, !isSeen[next] else { continue }
                        isSeen[next] = true
                        stack.append(next)
                    }
                }
            }
            regions.append(reachesEdge)
        }
        return regions
    }
}
