/// Named numbers of a certain shape, the last dimension innermost, as PyTorch keeps them.
package struct Tensor: Hashable, Sendable {
    package var name: String
    package var shape: [Int]
    package var values: [Float]

    package init(name: String, shape: [Int], values: [Float]) {
        self.name = name
        self.shape = shape
        self.values = values
    }
}
