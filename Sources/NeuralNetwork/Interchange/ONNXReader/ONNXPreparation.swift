import Samples

/// What an ONNX file does with images before the first layer: conversion from bytes, resizing, and standardisation by
/// constants.
struct ONNXPreparation {
    /// The images that the file takes.
    let images: ImageShape
    /// The network's input.
    private(set) var input: ImageShape
    private(set) var resizesImages = false
    /// The largest intensity: of bytes 255, of other numbers 1.
    private let largestIntensity: Double
    /// Whether bytes have become numbers that can be computed with.
    private var isConverted: Bool
    /// Of each channel, or of all: intensity · scale + offset.
    private var scales = [1.0]
    private var offsets = [0.0]
    private var isScaled = false
    /// What rounding to whole intensities still lacks, after a resizing.
    private var rounding: [String] = []

    /// - Throws: `ONNXFileError` for an input that is no image of a fixed size.
    init(_ input: ONNXFile.Input) throws {
        guard input.shape.count == 4 else {
            throw ONNXFileError.unsupported(
                "its input “\(input.name)” has \(input.shape.count) dimensions, and the four batch × channels × height × "
                    + "width are needed")
        }
        let sizes = try input.shape.dropFirst().map { size in
            guard let size else {
                throw ONNXFileError.unsupported(
                    "its input “\(input.name)” may have any number of channels, rows or columns, and fixed ones are needed"
                )
            }
            return size
        }
        images = ImageShape(channels: sizes[0], height: sizes[1], width: sizes[2])
        guard images.checkedCount != nil else { throw ArchitectureError.badInput(images) }
        self.input = images
        switch input.type {
        case 2: (largestIntensity, isConverted) = (255, false)
        case 1, 10, 11: (largestIntensity, isConverted) = (1, true)
        default:
            throw ONNXFileError.unsupported(
                "its input “\(input.name)” has the type \(ONNXTensor.typeName(input.type)), and float or uint8 is needed"
            )
        }
    }

    /// - Throws: `ONNXFileError` when a deviation would not be above 0.
    func scale() throws -> ForeignNetwork.Scale {
        guard isScaled || largestIntensity == 255 else { return .left }
        let plain = Standardization.none
        // intensity / 255 is between 0 and 1: (intensity / 255 − mean) / deviation.
        let deviations = scales.map { 1 / (largestIntensity * $0) }
        let means = zip(offsets, deviations).map { 0 - $0 * $1 }
        guard (deviations + means).allSatisfy(\.isFinite), deviations.allSatisfy({ $0 > 0 }) else {
            throw ONNXFileError.unsupported(
                "it standardises images by numbers that are not finite, or turns them around")
        }
        let found = Standardization(means: means, standardDeviations: deviations)
        let isPlain = found.means.indices.allSatisfy {
            found.scale(ofChannel: $0) == plain.scale(ofChannel: 0) && found.offset(ofChannel: $0) == 0
        }
        return isPlain ? .zeroToOne : .standardized(found)
    }

    /// Takes an operator that belongs before the layers.
    ///
    /// - Returns: `false` when it is none.
    /// - Throws: `ONNXFileError` when it does something else than is done here before the layers.
    mutating func take(_ node: ONNXOperator) throws -> Bool {
        var node = node
        if let next = rounding.first {
            guard node.type == next else {
                throw node.refusal("after a Resize, \(next) is needed: intensities are whole")
            }
            if next == "Add", try constants(node, at: 1 - node.positions[0]) != [0.5] {
                throw node.refusal("after a Resize, 0.5 is added: intensities are rounded")
            }
            rounding.removeFirst()
            return true
        }
        switch node.type {
        case "Cast": try convert(&node)
        case "Resize": try resize(&node)
        case "Concat": try repeatGrey(&node)
        case "Add", "Sub", "Mul", "Div": try scale(node)
        default:
            guard isConverted else { throw node.refusal("it takes bytes") }
            return false
        }
        try node.checkIsUnderstood()
        return true
    }

    private mutating func convert(_ node: inout ONNXOperator) throws {
        let type = try node.integer("to", default: 0)
        try node.check("saturate", is: 1)
        guard ONNXTensor.ElementType(rawValue: type)?.format != nil else {
            throw node.refusal("it converts images to the type \(ONNXTensor.typeName(type))")
        }
        isConverted = true
    }

    /// As `ImageFitting` does it, to whole intensities: the operators Add and Floor follow.
    private mutating func resize(_ node: inout ONNXOperator) throws {
        let (mode, place) = (
            try node.text("mode", default: "nearest"),
            try node.text("coordinate_transformation_mode", default: "half_pixel")
        )
        guard mode == "linear", place == "half_pixel", try node.integers("axes") == [2, 3], node.inputCount == 4,
            let sizes = try node.constant(at: 3)?.integers(), sizes.count == 2, node.positions == [0],
            node.constant(at: 1) == nil, node.constant(at: 2) == nil, largestIntensity == 255, !isScaled
        else { throw node.refusal("it resizes images in another way than is done here") }
        input = ImageShape(channels: input.channels, height: sizes[0], width: sizes[1])
        guard input.checkedCount != nil else { throw ArchitectureError.badInput(input) }
        resizesImages = true
        rounding = ["Add", "Floor"]
    }

    private mutating func repeatGrey(_ node: inout ONNXOperator) throws {
        guard try node.integer("axis", default: 0) == 1, input.channels == 1, node.positions.count == node.inputCount,
            !isScaled
        else { throw node.refusal("it joins other things than one channel of grey with itself") }
        input.channels = node.inputCount
        resizesImages = true
    }

    private mutating func scale(_ node: ONNXOperator) throws {
        guard isConverted else { throw node.refusal("it takes bytes") }
        guard node.inputCount == 2, node.positions.count == 1 else {
            throw node.refusal("it has other inputs than two")
        }
        let isFirst = node.positions == [0]
        guard isFirst || node.type == "Add" || node.type == "Mul" else {
            throw node.refusal("what is computed is not its first input")
        }
        let values = try constants(node, at: isFirst ? 1 : 0)
        let count = max(values.count, scales.count)
        func spread(_ values: [Double]) -> [Double] {
            values.count == count ? values : [Double](repeating: values[0], count: count)
        }
        let operands = spread(values)
        (scales, offsets) = (spread(scales), spread(offsets))
        for (index, value) in operands.enumerated() {
            switch node.type {
            case "Add": offsets[index] += value
            case "Sub": offsets[index] -= value
            case "Mul":
                scales[index] *= value
                offsets[index] *= value
            default:
                scales[index] /= value
                offsets[index] /= value
            }
        }
        isScaled = true
    }

    /// A number for all channels, or one of each.
    private func constants(_ node: ONNXOperator, at position: Int) throws -> [Double] {
        let tensor = try node.constant(at: position, "to compute with")
        let values = try tensor.floats().map(Double.init)
        guard tensor.count == 1 && tensor.shape.count <= 4 || Self.isOfChannels(tensor.shape, input.channels) else {
            throw node.refusal(
                "its constant of the shape \(tensor.shape) is neither one number nor one of each channel")
        }
        return values
    }

    /// Whether a tensor has a number of each channel of an image.
    static func isOfChannels(_ shape: [Int], _ channels: Int) -> Bool {
        shape == [channels, 1, 1] || shape == [1, channels, 1, 1]
    }
}
