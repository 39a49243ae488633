import Samples

extension Architecture {
    /// The names that `builtIn` knows.
    package static let builtInNames = ["mlp", "cnn", "lenet", "alexnet", "vgg16"]

    /// A built-in network.
    ///
    /// - Parameters:
    ///   - name: `mlp` and `cnn` are the reference experiment's. `lenet` is LeNet-5 of LeCun et al., “Gradient-based
    ///     learning applied to document recognition”, 1998, with the padding inside the network and without the partial
    ///     connections and trainable pooling. `alexnet` and `vgg16` have torchvision's sizes; they resize images to
    ///     3 × 224 × 224.
    ///   - input: The size of the data set's images.
    ///   - classes: Of the data set.
    /// - Returns: `nil` for another name.
    /// - Throws: `ArchitectureError` when the images are too small for it.
    package static func builtIn(_ name: String, input: ImageShape, classes: Int) throws -> Architecture? {
        switch name {
        case "mlp":
            return try Architecture(
                name: name, input: input,
                layers: [.flatten, .dense(outputs: 128), .relu, .dense(outputs: classes)])
        case "cnn":
            return try Architecture(
                name: name, input: input,
                layers: [
                    .convolution(outputs: 10, kernel: 5), .relu, .maximumPooling(size: 2, stride: 2),
                    .convolution(outputs: 20, kernel: 5), .relu, .maximumPooling(size: 2, stride: 2),
                    .flatten, .dense(outputs: 128), .dense(outputs: classes),
                ])
        case "lenet":
            return try Architecture(
                name: name, input: input,
                layers: [
                    .convolution(outputs: 6, kernel: 5, padding: 2), .tanh, .averagePooling(size: 2, stride: 2),
                    .convolution(outputs: 16, kernel: 5), .tanh, .averagePooling(size: 2, stride: 2),
                    .flatten, .dense(outputs: 120), .tanh, .dense(outputs: 84), .tanh, .dense(outputs: classes),
                ])
        case "alexnet":
            return try Architecture(
                name: name, input: ImageShape(channels: 3, height: 224, width: 224),
                layers: [
                    .convolution(outputs: 64, kernel: 11, stride: 4, padding: 2), .relu,
                    .maximumPooling(size: 3, stride: 2),
                    .convolution(outputs: 192, kernel: 5, padding: 2), .relu, .maximumPooling(size: 3, stride: 2),
                    .convolution(outputs: 384, kernel: 3, padding: 1), .relu,
                    .convolution(outputs: 256, kernel: 3, padding: 1), .relu,
                    .convolution(outputs: 256, kernel: 3, padding: 1), .relu, .maximumPooling(size: 3, stride: 2),
                    .flatten, .dropout(rate: 0.5), .dense(outputs: 4096), .relu,
                    .dropout(rate: 0.5), .dense(outputs: 4096), .relu, .dense(outputs: classes),
                ],
                resizesImages: true)
        case "vgg16":
            let blocks = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)].flatMap { outputs, convolutions in
                (0..<convolutions).flatMap { _ in [Layer.convolution(outputs: outputs, kernel: 3, padding: 1), .relu] }
                    + [.maximumPooling(size: 2, stride: 2)]
            }
            return try Architecture(
                name: name, input: ImageShape(channels: 3, height: 224, width: 224),
                layers: blocks + [
                    .flatten, .dense(outputs: 4096), .relu, .dropout(rate: 0.5), .dense(outputs: 4096), .relu,
                    .dropout(rate: 0.5), .dense(outputs: classes),
                ],
                resizesImages: true)
        default: return nil
        }
    }
}
