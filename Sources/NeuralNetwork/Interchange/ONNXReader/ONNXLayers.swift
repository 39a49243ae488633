import Samples

/// The layers that the operators of an ONNX file are, with their weights, taken over one by one.
struct ONNXLayers {
    /// A tensor of a layer, in the order of `LayerKind.weightShapes`.
    struct Weight {
        var shape: [Int]
        var values: [Float]
    }

    private(set) var layers: [Layer] = []
    /// Of each layer.
    private(set) var weights: [[Weight]] = []
    /// Of the last layer's output.
    private var shape: LayerShape
    /// The number of images, where the file fixes it.
    private let batch: Int?
    /// Whether the last operator was a linear layer without a bias: an `Add` may follow.
    private var lacksBias = false
    /// Whether probabilities are there: nothing may follow.
    private var isEnded = false
    /// By the tensor's name, as they stand and transposed: weights that several layers share are read once.
    private var read: [String: [Float]] = [:]
    private var readTransposed: [String: [Float]] = [:]

    init(input: ImageShape, batch: Int?) {
        shape = .image(input)
        self.batch = batch
    }

    /// Operators that layers are made of, and those behind the logits; one that is not listed is refused.
    ///
    /// - Returns: Whether it is a layer, or a part of one.
    /// - Throws: `ONNXFileError` with the operator's name.
    mutating func take(_ node: ONNXOperator) throws -> Bool {
        var node = node
        if node.type == "Identity" { return false }
        guard !isEnded else { throw node.refusal("it stands behind the probabilities") }
        let followsLackingBias = lacksBias
        lacksBias = false
        switch node.type {
        case "Conv": try convolution(&node)
        case "Gemm": try dense(&node)
        case "MatMul": try product(&node)
        case "Add" where followsLackingBias: try bias(node)
        case "MaxPool":
            try node.check("storage_order", is: 0)
            let window = try window(&node)
            try append(.maximumPooling(size: window.size, stride: window.stride), node, inputs: 1)
        case "AveragePool":
            // Without padding it makes no difference.
            _ = try node.integer("count_include_pad", default: 0)
            let window = try window(&node)
            try append(.averagePooling(size: window.size, stride: window.stride), node, inputs: 1)
        case "GlobalAveragePool": try wholeAverage(node)
        case "BatchNormalization": try batchNormalization(&node)
        case "LRN": try responseNormalization(&node)
        case "Relu": try append(.relu, node, inputs: 1)
        case "LeakyRelu": try append(.leakyReLU(slope: try node.decimal("alpha", default: 0.01)), node, inputs: 1)
        case "Sigmoid": try append(.sigmoid, node, inputs: 1)
        case "Tanh": try append(.tanh, node, inputs: 1)
        case "Dropout": try dropout(&node)
        case "Flatten": try flatten(&node)
        case "Reshape": try reshape(&node)
        case "Softmax", "LogSoftmax": try probabilities(&node)
        default: throw node.refusal("this operator is not computed here")
        }
        try node.checkIsUnderstood()
        return !isEnded
    }

    /// - Throws: `ONNXFileError` when the layer does not fit what the layers before it make, or its weights do not fit it.
    private mutating func append(
        _ layer: Layer, _ node: ONNXOperator, inputs: Int, weights values: [Weight] = []
    ) throws {
        try node.checkInputs(atMost: inputs)
        let output: LayerShape
        do {
            output = try layer.checkedOutput(for: shape)
        } catch let misfit as LayerMisfit {
            throw node.refusal("its input is \(shape), and \(misfit.reason)")
        }
        for (needed, found) in zip(layer.kind.weightShapes(for: shape), values) where needed.shape != found.shape {
            throw ONNXFileError.malformed(
                "\(node.label) has a tensor of the shape \(found.shape), and \(needed.shape) is needed")
        }
        layers.append(layer)
        weights.append(values)
        shape = output
    }

    private mutating func values(_ tensor: ONNXTensor) throws -> [Float] {
        if let known = read[tensor.name] { return known }
        let values = try tensor.floats()
        read[tensor.name] = values
        return values
    }

    private mutating func weight(_ node: ONNXOperator, at position: Int, _ what: String) throws -> Weight {
        let tensor = try node.constant(at: position, what)
        return Weight(shape: tensor.shape, values: try values(tensor))
    }

    /// A bias where there is one, else zeros.
    private mutating func bias(_ node: ONNXOperator, at position: Int, outputs: Int) throws -> Weight {
        guard let tensor = node.constant(at: position) else {
            lacksBias = true
            return Weight(shape: [outputs], values: [Float](repeating: 0, count: outputs))
        }
        let values = try values(tensor)
        return Weight(shape: tensor.shape == [1, outputs] ? [outputs] : tensor.shape, values: values)
    }
}

extension ONNXLayers {
    /// The one number of a list of two, of rows and columns.
    private func square(_ sizes: [Int], _ name: String, _ node: ONNXOperator) throws -> Int {
        guard sizes.count == 2 else {
            throw node.refusal("its “\(name)” is \(sizes), and images have two dimensions")
        }
        guard sizes[0] == sizes[1] else {
            throw node.refusal("its “\(name)” is \(sizes), and only squares are computed here")
        }
        return sizes[0]
    }

    /// Stride and padding, and the size where the file says it.
    private func window(_ node: inout ONNXOperator) throws -> (size: Int, stride: Int) {
        guard let kernel = try node.integers("kernel_shape") else {
            throw ONNXFileError.malformed("\(node.label) has no “kernel_shape”")
        }
        let (stride, padding) = try steps(&node)
        guard padding == 0 else { throw node.refusal("its “pads” are \(padding), and pooling here has none") }
        try node.check("ceil_mode", is: 0)
        return (try square(kernel, "kernel_shape", node), stride)
    }

    private func steps(_ node: inout ONNXOperator) throws -> (stride: Int, padding: Int) {
        let automatic = try node.text("auto_pad", default: "NOTSET")
        guard automatic == "NOTSET" || automatic == "VALID" else {
            throw node.refusal("its attribute “auto_pad” is \(automatic), and only NOTSET and VALID are computed here")
        }
        let padding = try node.integers("pads") ?? [0, 0, 0, 0]
        guard padding.count == 4, let first = padding.first, padding.allSatisfy({ $0 == first }) else {
            throw node.refusal("its “pads” are \(padding), and only the same on all four sides are computed here")
        }
        guard automatic == "NOTSET" || first == 0 else { throw node.refusal("it has “pads” with “auto_pad” VALID") }
        try node.check("dilations", areAll: 1)
        return (try square(try node.integers("strides") ?? [1, 1], "strides", node), first)
    }

    private mutating func convolution(_ node: inout ONNXOperator) throws {
        let weights = try weight(node, at: 1, "weights")
        guard weights.shape.count == 4 else {
            throw node.refusal("its weights have the shape \(weights.shape), and images have two dimensions")
        }
        let kernel = try node.integers("kernel_shape") ?? Array(weights.shape.suffix(2))
        let (stride, padding) = try steps(&node)
        try node.check("group", is: 1)
        let bias = try bias(node, at: 2, outputs: weights.shape[0])
        try append(
            .convolution(
                outputs: weights.shape[0], kernel: try square(kernel, "kernel_shape", node), stride: stride,
                padding: padding),
            node, inputs: 3, weights: [weights, bias])
    }

    private mutating func dense(_ node: inout ONNXOperator) throws {
        for name in ["alpha", "beta"] {
            let factor = try node.decimal(name, default: 1)
            guard factor == 1 else {
                throw node.refusal("its attribute “\(name)” is \(factor), and only 1 is computed here")
            }
        }
        try node.check("transA", is: 0)
        let isTransposed = try node.integer("transB", default: 0) != 0
        try dense(node, isTransposed: isTransposed, inputs: 3)
    }

    private mutating func product(_ node: inout ONNXOperator) throws {
        try dense(node, isTransposed: false, inputs: 2)
    }

    /// - Parameter isTransposed: Whether the weights are outputs × inputs, as here, and not inputs × outputs.
    private mutating func dense(_ node: ONNXOperator, isTransposed: Bool, inputs: Int) throws {
        let tensor = try node.constant(at: 1, "weights")
        guard tensor.shape.count == 2 else {
            throw node.refusal("its weights have the shape \(tensor.shape), and a matrix is needed")
        }
        var weights = Weight(shape: tensor.shape, values: [])
        if isTransposed {
            weights.values = try values(tensor)
        } else {
            weights.shape.reverse()
            weights.values = try transposed(tensor)
        }
        let bias = try bias(node, at: 2, outputs: weights.shape[0])
        try append(.dense(outputs: weights.shape[0]), node, inputs: inputs, weights: [weights, bias])
    }

    private mutating func transposed(_ tensor: ONNXTensor) throws -> [Float] {
        if let known = readTransposed[tensor.name] { return known }
        let (rows, columns) = (tensor.shape[0], tensor.shape[1])
        let values = try tensor.floats()
        let result = [Float](unsafeUninitializedCapacity: values.count) { target, written in
            values.withUnsafeBufferPointer { values in
                for row in 0..<rows {
                    for column in 0..<columns { target[column * rows + row] = values[row * columns + column] }
                }
            }
            written = values.count
        }
        readTransposed[tensor.name] = result
        return result
    }

    /// The bias of the layer before, which had none.
    private mutating func bias(_ node: ONNXOperator) throws {
        guard node.inputCount == 2, node.positions.count == 1 else {
            throw node.refusal("it has other inputs than two")
        }
        let tensor = try node.constant(at: 1 - node.positions[0], "bias")
        let outputs = shape.channels
        let isBias =
            shape.isImage
            ? ONNXPreparation.isOfChannels(tensor.shape, outputs)
            : tensor.shape == [outputs] || tensor.shape == [1, outputs]
        guard isBias, let last = weights.indices.last else {
            throw node.refusal("its constant of the shape \(tensor.shape) is not a bias of \(outputs) outputs")
        }
        weights[last][1].values = try values(tensor)
    }

    private mutating func wholeAverage(_ node: ONNXOperator) throws {
        guard case .image(let image) = shape else { throw node.refusal("its input is no image") }
        guard image.height == image.width else {
            throw node.refusal("its input is \(image), and only the mean of squares is computed here")
        }
        try append(.averagePooling(size: image.height, stride: image.height), node, inputs: 1)
    }

    private mutating func batchNormalization(_ node: inout ONNXOperator) throws {
        try node.check("training_mode", is: 0)
        try node.check("spatial", is: 1)
        let epsilon = try node.decimal("epsilon", default: 1e-5)
        // Of the running moments; here it is the share of a batch's.
        let momentum = try node.decimal("momentum", default: 0.9)
        let names = ["scale", "bias", "mean", "variance"]
        let weights = try names.enumerated().map { try weight(node, at: $0 + 1, $1) }
        if let value = weights[3].values.first(where: { $0 < 0 }) {
            throw ONNXFileError.malformed("\(node.label) has the variance \(value), below zero")
        }
        let share = ((1 - momentum) * 1e9).rounded() / 1e9
        try append(.batchNormalization(epsilon: epsilon, momentum: share), node, inputs: 5, weights: weights)
    }

    private mutating func responseNormalization(_ node: inout ONNXOperator) throws {
        let size = try node.integer("size", default: 0)
        guard !size.isMultiple(of: 2) else {
            throw node.refusal(
                "its attribute “size” is \(size): for even sizes ONNX takes other neighbours than are taken here")
        }
        try append(
            .localResponseNormalization(
                size: size, alpha: try node.decimal("alpha", default: 1e-4),
                beta: try node.decimal("beta", default: 0.75),
                k: try node.decimal("bias", default: 1)),
            node, inputs: 1)
    }

    /// It does nothing when a network classifies; when it is trained here, it does.
    private mutating func dropout(_ node: inout ONNXOperator) throws {
        var rate = 0.5
        if node.operatorSet < 12 {
            rate = try node.decimal("ratio", default: rate)
        } else {
            // Only of training.
            _ = try node.integer("seed", default: 0)
            if let ratio = try node.constant(at: 1)?.floats() {
                guard ratio.count == 1 else { throw node.refusal("it has \(ratio.count) rates") }
                rate = ONNXOperator.decimal(ratio[0])
            }
            guard try node.constant(at: 2)?.integers().allSatisfy({ $0 == 0 }) ?? true else {
                throw node.refusal("it drops values when the network classifies")
            }
        }
        try append(.dropout(rate: rate), node, inputs: 3)
    }

    private mutating func flatten(_ node: inout ONNXOperator) throws {
        let axis = try node.integer("axis", default: 1)
        guard axis == 1 || axis == (shape.isImage ? -3 : -1) else {
            throw node.refusal("its attribute “axis” is \(axis), and only 1 is computed here")
        }
        try append(.flatten, node, inputs: 1)
    }

    /// To samples × features.
    private mutating func reshape(_ node: inout ONNXOperator) throws {
        try node.check("allowzero", is: 0)
        let target = try node.constant(at: 1, "shape").integers()
        guard target.count == 2, target[0] == 0 || target[0] == -1 || target[0] == batch,
            target[1] == shape.count || target[1] == -1 && target[0] != -1
        else {
            throw node.refusal("it makes the shape \(target), and only samples × \(shape.count) is computed here")
        }
        try append(.flatten, node, inputs: 2)
    }

    /// Of the logits, which the network's last layer makes here.
    private mutating func probabilities(_ node: inout ONNXOperator) throws {
        let axis = try node.integer("axis", default: node.operatorSet < 13 ? 1 : -1)
        guard !shape.isImage, axis == 1 || axis == -1 else {
            throw node.refusal(
                "its attribute “axis” is \(axis), and only the probabilities of classes are computed here")
        }
        try node.checkInputs(atMost: 1)
        isEnded = true
    }
}
