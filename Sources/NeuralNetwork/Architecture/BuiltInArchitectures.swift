extension Architecture {
    /// The names that `builtIn` knows.
    public static let builtInNames = ["mlp", "cnn", "lenet"]

    /// A network that the program brings along.
    ///
    /// - Parameters:
    ///   - name: `mlp` and `cnn` are the reference experiment's. `lenet` is LeNet-5 with the sizes of LeCun et al.,
    ///     “Gradient-based learning applied to document recognition”, 1998, with ReLU and maximum pooling.
    ///   - input: The size of the data set's images.
    ///   - classes: Of the data set.
    /// - Returns: `nil` for another name.
    /// - Throws: `ArchitectureError` when the images are too small for it.
    public static func builtIn(_ name: String, input: ImageShape, classes: Int) throws -> Architecture? {
        let layers: [Layer]
        switch name {
        case "mlp": layers = [.flatten, .dense(outputs: 128), .relu, .dense(outputs: classes)]
        case "cnn":
            layers = [
                .convolution(outputs: 10, kernel: 5), .relu, .maximumPooling(size: 2, stride: 2),
                .convolution(outputs: 20, kernel: 5), .relu, .maximumPooling(size: 2, stride: 2),
                .flatten, .dense(outputs: 128), .dense(outputs: classes),
            ]
        case "lenet":
            layers = [
                .convolution(outputs: 6, kernel: 5, padding: 2), .relu, .maximumPooling(size: 2, stride: 2),
                .convolution(outputs: 16, kernel: 5), .relu, .maximumPooling(size: 2, stride: 2),
                .flatten, .dense(outputs: 120), .relu, .dense(outputs: 84), .relu, .dense(outputs: classes),
            ]
        default: return nil
        }
        return try Architecture(name: name, input: input, layers: layers)
    }
}
