/// The size of an image or of a layer's output: channels × height × width.
public struct ImageShape: Codable, Hashable, Sendable, CustomStringConvertible {
    public var channels: Int
    public var height: Int
    public var width: Int

    public init(channels: Int, height: Int, width: Int) {
        self.channels = channels
        self.height = height
        self.width = width
    }

    /// No side and no number of channels may be larger.
    public static let largestDimension = 1 << 16

    /// Numbers in it; `nil` when a dimension is not between 1 and 65,536. It can't overflow then: 2¹⁶ cubed is 2⁴⁸.
    public var checkedCount: Int? {
        [channels, height, width].allSatisfy((1...Self.largestDimension).contains) ? count : nil
    }

    /// Numbers in it.
    public var count: Int { channels * height * width }

    public var description: String { "\(channels) × \(height) × \(width)" }
}
