import Samples

/// A network from an ONNX file of whatever origin, as an architecture and weights of this program.
///
/// It is taken over when it is a chain of operators that layers of this program compute alike; anything else is refused with
/// its name. The sizes are checked before anything is allocated by them.
///
/// - Source: ONNX, “Operator schemas”, versions 7 to 28.
package struct ForeignNetwork: Sendable {
    package let architecture: Architecture
    /// Named and laid out as `Network.tensors()`.
    package let weights: [Tensor]
    /// The shape of the images that the file takes.
    package let images: ImageShape
    /// What the file does with intensities.
    package let scale: Scale

    /// How intensities become the network's input.
    package enum Scale: Hashable, Sendable {
        /// The file leaves it to whoever gives it images.
        case left
        /// Intensities are scaled to 0…1.
        case zeroToOne
        case standardized(Standardization)
    }

    /// - Parameters:
    ///   - file: What an ONNX file has.
    ///   - name: The architecture's; by default the graph's.
    /// - Throws: `ONNXFileError`; `ArchitectureError` when the layers do not fit together.
    package init(onnx file: [UInt8], name: String? = nil) throws {
        let file = try ONNXFile(file)
        let chain = try ONNXChain(file)
        var preparation = try ONNXPreparation(chain.input)
        var operators = chain.operators[...]
        while let next = operators.first, try next.type == "Identity" || preparation.take(next) {
            operators.removeFirst()
        }
        var layers = ONNXLayers(input: preparation.input, batch: chain.input.shape.first ?? nil)
        for index in operators.indices where try layers.take(operators[index]) && chain.firstOutput <= index {
            throw ONNXFileError.unsupported("one of its outputs stands before \(operators[index].label)")
        }
        architecture = try Architecture(
            name: name ?? file.name, input: preparation.input, layers: layers.layers,
            resizesImages: preparation.resizesImages)
        weights = zip(try architecture.tensorShapes(), layers.weights).flatMap { needed, found in
            zip(needed, found).map { Tensor(name: $0.name, shape: $1.shape, values: $1.values) }
        }
        try architecture.check(weights)
        images = preparation.images
        scale = try preparation.scale()
    }
}
