/// A graph of operators in the making, as ONNX stores it.
struct ONNXGraph {
    enum ElementType: Int {
        case float = 1
        case uint8 = 2
        case int64 = 7
    }

    enum Attribute {
        case float(String, Float)
        case integer(String, Int)
        case integers(String, [Int])
        case string(String, String)
    }

    enum Dimension {
        case exactly(Int)
        /// The same for all of this name.
        case any(String)
    }

    let name: String
    private var nodes: [ProtobufMessage] = []
    private var tensors: [ProtobufMessage] = []
    private var inputs: [ProtobufMessage] = []
    private var outputs: [ProtobufMessage] = []

    init(name: String) {
        self.name = name
    }

    /// Adds an operator.
    ///
    /// - Parameters:
    ///   - inputs: Names of tensors; empty for one that is left out.
    ///   - output: The name of its output; by default one of its own.
    /// - Returns: The name of its output.
    mutating func node(
        _ type: String, _ inputs: [String], _ attributes: [Attribute] = [], output: String? = nil
    ) -> String {
        let output = output ?? "\(type).\(nodes.count + 1)"
        var node = ProtobufMessage()
        for input in inputs { node.add(ONNXField.Node.input, input) }
        node.add(ONNXField.Node.output, output)
        node.add(ONNXField.Node.name, output)
        node.add(ONNXField.Node.type, type)
        for attribute in attributes { node.add(ONNXField.Node.attribute, attribute.message) }
        nodes.append(node)
        return output
    }

    mutating func tensor(_ tensor: Tensor) {
        // The numbers lie in memory as in the file: all processors that this is built for are little-endian.
        add(tensor.name, .float, tensor.shape, tensor.values.withUnsafeBytes { Array($0) })
    }

    /// A value of each channel, to be combined with sample × channel × height × width; one is a scalar.
    mutating func channels(_ name: String, _ values: [Float]) {
        guard values.count > 1 else { return scalar(name, values.first ?? 0) }
        tensor(Tensor(name: name, shape: [values.count, 1, 1], values: values))
    }

    mutating func scalar(_ name: String, _ value: Float) {
        add(name, .float, [], withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
    }

    mutating func integers(_ name: String, _ values: [Int]) {
        add(
            name, .int64, [values.count],
            values.flatMap { value in withUnsafeBytes(of: Int64(value).littleEndian) { Array($0) } })
    }

    private mutating func add(_ name: String, _ type: ElementType, _ shape: [Int], _ bytes: [UInt8]) {
        var tensor = ProtobufMessage()
        for dimension in shape { tensor.add(ONNXField.Tensor.dimension, dimension) }
        tensor.add(ONNXField.Tensor.type, type.rawValue)
        tensor.add(ONNXField.Tensor.name, name)
        tensor.add(ONNXField.Tensor.bytes, bytes)
        tensors.append(tensor)
    }

    mutating func input(_ name: String, _ type: ElementType, _ shape: [Dimension]) {
        inputs.append(Self.value(name, type, shape))
    }

    mutating func output(_ name: String, _ type: ElementType, _ shape: [Dimension]) {
        outputs.append(Self.value(name, type, shape))
    }

    private static func value(_ name: String, _ type: ElementType, _ dimensions: [Dimension]) -> ProtobufMessage {
        var shape = ProtobufMessage()
        for dimension in dimensions { shape.add(ONNXField.Shape.dimension, dimension.message) }
        var tensor = ProtobufMessage()
        tensor.add(ONNXField.TensorType.element, type.rawValue)
        tensor.add(ONNXField.TensorType.shape, shape)
        var wrapped = ProtobufMessage()
        wrapped.add(ONNXField.ValueType.tensor, tensor)
        var value = ProtobufMessage()
        value.add(ONNXField.Value.name, name)
        value.add(ONNXField.Value.type, wrapped)
        return value
    }

    func message() -> ProtobufMessage {
        var graph = ProtobufMessage()
        for node in nodes { graph.add(ONNXField.Graph.node, node) }
        graph.add(ONNXField.Graph.name, name)
        for tensor in tensors { graph.add(ONNXField.Graph.tensor, tensor) }
        for input in inputs { graph.add(ONNXField.Graph.input, input) }
        for output in outputs { graph.add(ONNXField.Graph.output, output) }
        return graph
    }
}

extension ONNXGraph.Dimension {
    fileprivate var message: ProtobufMessage {
        var dimension = ProtobufMessage()
        switch self {
        case .exactly(let count): dimension.add(ONNXField.Dimension.size, count)
        case .any(let name): dimension.add(ONNXField.Dimension.name, name)
        }
        return dimension
    }
}

extension ONNXGraph.Attribute {
    fileprivate var message: ProtobufMessage {
        var attribute = ProtobufMessage()
        let type: ONNXAttributeType
        switch self {
        case .float(let name, let value):
            attribute.add(ONNXField.Attribute.name, name)
            attribute.add(ONNXField.Attribute.float, value)
            type = .float
        case .integer(let name, let value):
            attribute.add(ONNXField.Attribute.name, name)
            attribute.add(ONNXField.Attribute.integer, value)
            type = .integer
        case .string(let name, let value):
            attribute.add(ONNXField.Attribute.name, name)
            attribute.add(ONNXField.Attribute.text, value)
            type = .text
        case .integers(let name, let values):
            attribute.add(ONNXField.Attribute.name, name)
            for value in values { attribute.add(ONNXField.Attribute.integers, value) }
            type = .integers
        }
        attribute.add(ONNXField.Attribute.type, type.rawValue)
        return attribute
    }
}
