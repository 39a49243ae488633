/// The size of an image or of a layer's output: channels × height × width.
package struct ImageShape: Encodable, Hashable, Sendable, CustomStringConvertible {
    /// Of an image 1, or 3 for red, green and blue.
    package var channels: Int
    package var height: Int
    package var width: Int

    package init(channels: Int, height: Int, width: Int) {
        self.channels = channels
        self.height = height
        self.width = width
    }

    /// No side and no number of channels may be larger.
    package static let largestDimension = 1 << 16

    /// Numbers in it; `nil` when a dimension is not between 1 and 65,536. It can't overflow then: 2¹⁶ cubed is 2⁴⁸.
    package var checkedCount: Int? {
        [channels, height, width].allSatisfy((1...Self.largestDimension).contains) ? count : nil
    }

    /// Numbers in it.
    package var count: Int { channels * height * width }

    package var description: String { "\(channels) × \(height) × \(width)" }

    /// The rows and columns in which something is, the same for all channels; `nil` where it is nowhere.
    package func bounds(
        where isThere: (_ row: Int, _ column: Int) -> Bool
    ) -> (rows: ClosedRange<Int>, columns: ClosedRange<Int>)? {
        let rows = (0..<height).filter { row in (0..<width).contains { isThere(row, $0) } }
        let columns = (0..<width).filter { column in (0..<height).contains { isThere($0, column) } }
        guard let top = rows.first, let bottom = rows.last, let left = columns.first, let right = columns.last else {
            return nil
        }
        return (top...bottom, left...right)
    }
}
