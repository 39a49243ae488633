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
                case 7:
                    guard graph == nil else { throw ONNXFileError.malformed("it has two graphs") }
                    graph = try field.bytes()
                case 8: try readOperatorSet(field.bytes())
                case 25: throw ONNXFileError.unsupported("it defines functions of its own")
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
            case 1: domain = try field.text()
            case 2: version = try field.integer()
            default: break
            }
        }
        if Self.isStandard(domain) { operatorSet = version }
    }

    static func isStandard(_ domain: String) -> Bool { domain.isEmpty || domain == "ai.onnx" }

    private mutating func readGraph(_ message: ArraySlice<UInt8>) throws {
        try ProtobufReader.read(message, "the graph") { field in
            switch field.number {
            case 1:
                try Self.check(nodes.count, Self.largestNodeCount, "operators")
                nodes.append(try Node(field.bytes()))
            case 2: name = try field.text()
            case 5:
                try Self.check(tensors.count, Self.largestTensorCount, "tensors")
                tensors.append(try ONNXTensor(message: field.bytes()))
            case 11:
                try Self.check(inputs.count, Self.largestTensorCount, "inputs")
                inputs.append(try Input(field.bytes()))
            case 12:
                try Self.check(outputs.count, Self.largestAttributeCount, "outputs")
                outputs.append(try Input(field.bytes()).name)
            case 15: throw ONNXFileError.unsupported("it has sparse tensors")
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
            case 1:
                try ONNXFile.check(inputs.count, ONNXFile.largestInputCount, "inputs of an operator")
                inputs.append(try field.text())
            case 2:
                try ONNXFile.check(outputs.count, ONNXFile.largestAttributeCount, "outputs of an operator")
                outputs.append(try field.text())
            case 3: name = try field.text()
            case 4: type = try field.text()
            case 5:
                try ONNXFile.check(attributes.count, ONNXFile.largestAttributeCount, "attributes of an operator")
                let (name, attribute) = try ONNXFile.attribute(field.bytes())
                guard attributes.updateValue(attribute, forKey: name) == nil else {
                    throw ONNXFileError.malformed("an operator has the attribute “\(name)” twice")
                }
            case 7: domain = try field.text()
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
            case 1: name = try field.text()
            case 2: float = try field.float()
            case 3: integer = try field.integer()
            case 4: text = try field.text()
            case 5: tensor = try field.bytes()
            case 7: floats += try field.floats()
            case 8: integers += try field.integers()
            case 20: type = try field.integer()
            default: break
            }
            if field.number > 1, field.number < 13 { fields.insert(field.number) }
        }
        try check(max(floats.count, integers.count) - 1, largestInputCount, "numbers in the attribute “\(name)”")
        // Types of `AttributeProto`. Old files name none: there the field tells it.
        let implied = fields.count == 1 ? fields.first.flatMap { [2: 1, 3: 2, 4: 3, 5: 4, 7: 6, 8: 7][$0] } : nil
        switch type ?? implied ?? 0 {
        case 1: return (name, .float(float))
        case 2: return (name, .integer(integer))
        case 3: return (name, .text(text))
        case 4: return (name, .tensor(try ONNXTensor(message: tensor)))
        case 6: return (name, .floats(floats))
        case 7: return (name, .integers(integers))
        default: return (name, .other)
        }
    }
}

extension ONNXFile.Input {
    fileprivate init(_ message: ArraySlice<UInt8>) throws {
        var tensor: ArraySlice<UInt8> = []
        try ProtobufReader.read(message, "an input or output") { field in
            switch field.number {
            case 1: name = try field.text()
            case 2:
                try ProtobufReader.read(field.bytes(), "a type") { field in
                    if field.number == 1 { tensor = try field.bytes() }
                }
            default: break
            }
        }
        try ProtobufReader.read(tensor, "a tensor's type") { field in
            switch field.number {
            case 1: type = try field.integer()
            case 2:
                try ProtobufReader.read(field.bytes(), "a shape") { field in
                    guard field.number == 1 else { return }
                    try ONNXFile.check(shape.count, ONNXFile.largestAttributeCount, "dimensions of an input")
                    var size: Int?
                    try ProtobufReader.read(field.bytes(), "a dimension") { field in
                        if field.number == 1 { size = try field.integer() }
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
