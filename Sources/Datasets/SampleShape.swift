/// The size of every image of a data set.
public struct SampleShape: Hashable, Sendable, CustomStringConvertible {
    /// 1, or 3 for red, green and blue.
    public var channels: Int
    /// Pixels.
    public var height: Int
    /// Pixels.
    public var width: Int

    public init(channels: Int, height: Int, width: Int) {
        self.channels = channels
        self.height = height
        self.width = width
    }

    /// Neither side may be larger.
    static let largestSide = 1024
    /// More are not told apart.
    public static let largestClasses = 1000

    /// Numbers in an image.
    public var count: Int { channels * height * width }

    public var description: String { "\(channels) × \(height) × \(width)" }

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
