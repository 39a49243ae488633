/// Named numbers of a certain shape, the last dimension innermost, as PyTorch keeps them.
public struct Tensor: Hashable, Sendable {
    public var name: String
    public var shape: [Int]
    public var values: [Float]

    public init(name: String, shape: [Int], values: [Float]) {
        self.name = name
        self.shape = shape
        self.values = values
    }
}
