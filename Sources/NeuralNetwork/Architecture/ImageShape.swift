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

    /// Numbers in it.
    public var count: Int { channels * height * width }

    public var description: String { "\(channels) × \(height) × \(width)" }
}
