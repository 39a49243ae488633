/// A file of the Open Neural Network Exchange, as it stands there: a graph of operators, and tensors.
///
/// - Source: ONNX, “onnx.proto”.
struct ONNXFile {
    /// An operator.
    struct Node {
        var name = ""
        var type = ""
        var domain = ""
        /// Names of tensors; empty for one that is left out.
        var inputs: [String] = []
        var outputs: [String] = []
        var attributes: [String: Attribute] = [:]
    }

    enum Attribute {
        case float(Float)
        case integer(Int)
        case text(String)
        case tensor(ONNXTensor)
        case floats([Float])
        case integers([Int])
        /// A graph, strings, or what else no operator that is read has.
        case other
    }

    /// What the graph takes.
    struct Input {
        var name = ""
        /// Of `TensorProto.DataType`; 0 where it is not a tensor.
        var type = 0
        /// `nil` for a dimension of any size.
        var shape: [Int?] = []
    }

    private(set) var name = ""
    /// The version of ONNX's own operators.
    private(set) var operatorSet = 0
    private(set) var nodes: [Node] = []
    private(set) var tensors: [ONNXTensor] = []
    private(set) var inputs: [Input] = []
    private(set) var outputs: [String] = []

    /// A network has 2¹⁶ layers at most, with a few tensors each.
    private static let largestNodeCount = 1 << 17
    private static let largestTensorCount = 1 << 19
    /// Of operators, and numbers of an attribute: an input for each channel of an image is the most that makes sense.
    private static let largestInputCount = 1 << 16
    private static let largestAttributeCount = 64

    /// - Throws: `ONNXFileError` when the bytes are no such file, or have what no network that is read needs. Nothing is
    ///   allocated by a size that the file only announces.
    init(_ file: [UInt8]) throws {
        do {
            var graph: ArraySlice<UInt8>?
            try ProtobufReader.read(file[...], "the model") { field in
                switch field.number {
                case ONNXField.Model.graph:
                    guard graph == nil else { throw ONNXFileError.malformed("it has two graphs") }
                    graph = try field.bytes()
                case ONNXField.Model.operatorSet: try readOperatorSet(field.bytes())
                case ONNXField.Model.functions: throw ONNXFileError.unsupported("it defines functions of its own")
                default: break
                }
            }
            guard let graph else { throw ONNXFileError.malformed("it has no graph") }
            guard operatorSet > 0 else { throw ONNXFileError.malformed("it names no version of ONNX's operators") }
            try readGraph(graph)
        } catch let error as ProtobufReader.Malformed {
            throw ONNXFileError.malformed(error.reason)
        }
    }

    private mutating func readOperatorSet(_ message: ArraySlice<UInt8>) throws {
        var (domain, version) = ("", 0)
        try ProtobufReader.read(message, "the version of the operators") { field in
            switch field.number {
            case ONNXField.OperatorSet.domain: domain = try field.text()
            case ONNXField.OperatorSet.version: version = try field.integer()
            default: break
            }
        }
        if Self.isStandard(domain) { operatorSet = version }
    }

    static func isStandard(_ domain: String) -> Bool { domain.isEmpty || domain == "ai.onnx" }

    private mutating func readGraph(_ message: ArraySlice<UInt8>) throws {
        try ProtobufReader.read(message, "the graph") { field in
            switch field.number {
            case ONNXField.Graph.node:
                try Self.check(nodes.count, Self.largestNodeCount, "operators")
                nodes.append(try Node(field.bytes()))
            case ONNXField.Graph.name: name = try field.text()
            case ONNXField.Graph.tensor:
                try Self.check(tensors.count, Self.largestTensorCount, "tensors")
                tensors.append(try ONNXTensor(message: field.bytes()))
            case ONNXField.Graph.input:
                try Self.check(inputs.count, Self.largestTensorCount, "inputs")
                inputs.append(try Input(field.bytes()))
            case ONNXField.Graph.output:
                try Self.check(outputs.count, Self.largestAttributeCount, "outputs")
                outputs.append(try Input(field.bytes()).name)
            case ONNXField.Graph.sparseTensor: throw ONNXFileError.unsupported("it has sparse tensors")
            default: break
            }
        }
    }

    /// - Throws: `ONNXFileError` when there are as many as there may be, and one more is to come.
    fileprivate static func check(_ count: Int, _ largest: Int, _ things: String) throws {
        guard count < largest else { throw ONNXFileError.malformed("it has more than \(largest) \(things)") }
    }
}

extension ONNXFile.Node {
    fileprivate init(_ message: ArraySlice<UInt8>) throws {
        try ProtobufReader.read(message, "an operator") { field in
            switch field.number {
            case ONNXField.Node.input:
                try ONNXFile.check(inputs.count, ONNXFile.largestInputCount, "inputs of an operator")
                inputs.append(try field.text())
            case ONNXField.Node.output:
                try ONNXFile.check(outputs.count, ONNXFile.largestAttributeCount, "outputs of an operator")
                outputs.append(try field.text())
            case ONNXField.Node.name: name = try field.text()
            case ONNXField.Node.type: type = try field.text()
            case ONNXField.Node.attribute:
                try ONNXFile.check(attributes.count, ONNXFile.largestAttributeCount, "attributes of an operator")
                let (name, attribute) = try ONNXFile.attribute(field.bytes())
                guard attributes.updateValue(attribute, forKey: name) == nil else {
                    throw ONNXFileError.malformed("an operator has the attribute “\(name)” twice")
                }
            case ONNXField.Node.domain: domain = try field.text()
            default: break
            }
        }
    }
}

extension ONNXFile {
    fileprivate static func attribute(_ message: ArraySlice<UInt8>) throws -> (name: String, Attribute) {
        var name = ""
        var type: Int?
        var (float, integer, text): (Float, Int, String) = (0, 0, "")
        var (tensor, floats, integers): (ArraySlice<UInt8>, [Float], [Int]) = ([], [], [])
        var fields: Set<Int> = []
        try ProtobufReader.read(message, "an attribute") { field in
            switch field.number {
            case ONNXField.Attribute.name: name = try field.text()
            case ONNXField.Attribute.float: float = try field.float()
            case ONNXField.Attribute.integer: integer = try field.integer()
            case ONNXField.Attribute.text: text = try field.text()
            case ONNXField.Attribute.tensor: tensor = try field.bytes()
            case ONNXField.Attribute.floats: floats += try field.floats()
            case ONNXField.Attribute.integers: integers += try field.integers()
            case ONNXField.Attribute.type: type = try field.integer()
            default: break
            }
            if ONNXField.Attribute.values.contains(field.number) { fields.insert(field.number) }
        }
        try check(max(floats.count, integers.count) - 1, largestInputCount, "numbers in the attribute “\(name)”")
        let implied = fields.count == 1 ? fields.first.flatMap(ONNXAttributeType.init(field:)) : nil
        switch type.map(ONNXAttributeType.init(rawValue:)) ?? implied {
        case .float: return (name, .float(float))
        case .integer: return (name, .integer(integer))
        case .text: return (name, .text(text))
        case .tensor: return (name, .tensor(try ONNXTensor(message: tensor)))
        case .floats: return (name, .floats(floats))
        case .integers: return (name, .integers(integers))
        case nil: return (name, .other)
        }
    }
}

extension ONNXFile.Input {
    fileprivate init(_ message: ArraySlice<UInt8>) throws {
        var tensor: ArraySlice<UInt8> = []
        try ProtobufReader.read(message, "an input or output") { field in
            switch field.number {
            case ONNXField.Value.name: name = try field.text()
            case ONNXField.Value.type:
                try ProtobufReader.read(field.bytes(), "a type") { field in
                    if field.number == ONNXField.ValueType.tensor { tensor = try field.bytes() }
                }
            default: break
            }
        }
        try ProtobufReader.read(tensor, "a tensor's type") { field in
            switch field.number {
            case ONNXField.TensorType.element: type = try field.integer()
            case ONNXField.TensorType.shape:
                try ProtobufReader.read(field.bytes(), "a shape") { field in
                    guard field.number == ONNXField.Shape.dimension else { return }
                    try ONNXFile.check(shape.count, ONNXFile.largestAttributeCount, "dimensions of an input")
                    var size: Int?
                    try ProtobufReader.read(field.bytes(), "a dimension") { field in
                        if field.number == ONNXField.Dimension.size { size = try field.integer() }
                    }
                    shape.append(size)
                }
            default: break
            }
        }
    }
}

/// Why no network can be made of an ONNX file.
package enum ONNXFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It contradicts the format or itself.
    case malformed(String)
    /// It is sound, and has what this program does not compute.
    case unsupported(String)

    package var description: String {
        switch self {
        case .malformed(let reason): "This is no ONNX file that can be read: \(reason)."
        case .unsupported(let reason): "The network in this ONNX file is none that can be computed here: \(reason)."
        }
    }
}
