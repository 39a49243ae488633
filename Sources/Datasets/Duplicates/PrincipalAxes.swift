/// The directions in which vectors vary most, each at right angles to the others.
struct PrincipalAxes: Sendable {
    /// Numbers of a vector.
    let size: Int
    /// Axis by axis, each of length 1, that of the largest variance first.
    let values: [Float]

    /// By orthogonal iteration: the axes of a covariance matrix, multiplied by it again and again. They are good for an index
    /// whether or not they have settled.
    ///
    /// - Parameters:
    ///   - sample: Vectors of `size` numbers, one behind another.
    ///   - count: How many axes.
    init(of sample: [Float], size: Int, count: Int) {
        self.size = size
        let covariance = Self.covariance(sample, size)
        var axes = (0..<count).map { axis in (0..<size).map { $0 == axis ? 1.0 : 0.0 } }
        for _ in 0..<30 {
            for axis in 0..<count {
                // A little of the axis itself, so that one in whose direction nothing varies stays.
                var vector = (0..<size).map { row in
                    (0..<size).reduce(1e-9 * axes[axis][row]) { $0 + covariance[row * size + $1] * axes[axis][$1] }
                }
                for other in axes[..<axis] {
                    let share = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
                    for position in 0..<size { vector[position] -= share * other[position] }
                }
                let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
                if length > 0 { axes[axis] = vector.map { $0 / length } }
            }
        }
        values = axes.joined().map { Float($0) }
    }

    private static func covariance(_ sample: [Float], _ size: Int) -> [Double] {
        var (sums, products) = ([Double](repeating: 0, count: size), [Double](repeating: 0, count: size * size))
        let count = Double(max(1, sample.count / size))
        for start in stride(from: 0, to: sample.count, by: size) {
            for row in 0..<size {
                sums[row] += Double(sample[start + row])
                for column in 0..<size {
                    products[row * size + column] += Double(sample[start + row]) * Double(sample[start + column])
                }
            }
        }
        return (0..<size * size).map {
            products[$0] / count - sums[$0 / size] / count * (sums[$0 % size] / count)
        }
    }
}
