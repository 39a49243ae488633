/// The size of every image of a data set.
package struct SampleShape: Hashable, Sendable, CustomStringConvertible {
    /// 1, or 3 for red, green and blue.
    package var channels: Int
    /// Pixels.
    package var height: Int
    /// Pixels.
    package var width: Int

    package init(channels: Int, height: Int, width: Int) {
        self.channels = channels
        self.height = height
        self.width = width
    }

    /// Neither side may be larger.
    static let largestSide = 1024
    /// More are not told apart.
    package static let largestClasses = 1000

    /// Numbers in an image.
    package var count: Int { channels * height * width }

    package var description: String { "\(channels) × \(height) × \(width)" }

    var isAllowed: Bool {
        (channels == 1 || channels == 3) && (1...Self.largestSide).contains(height)
            && (1...Self.largestSide).contains(width)
    }
}

/// How an image's values stand in a file.
enum PixelLayout: Sendable {
    /// Channel by channel, row by row.
    case planes
    /// The channels of a pixel side by side, row by row.
    case interleaved
    /// One channel, column by column.
    case columns
}
