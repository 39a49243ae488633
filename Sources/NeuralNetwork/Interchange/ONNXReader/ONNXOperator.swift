/// An operator of an ONNX file with one input that is computed, and the constants that it takes.
struct ONNXOperator {
    let type: String
    /// The tensor that is computed.
    let input: String
    let output: String
    /// What is said of it: its type, and its name where it has one.
    let label: String
    let operatorSet: Int
    /// Where the computed tensor stands among the inputs; several places where it is taken repeatedly.
    let positions: [Int]
    /// At the other places; `nil` where an input is left out.
    private let constants: [ONNXTensor?]
    /// Those that have not been asked for.
    private var attributes: [String: ONNXFile.Attribute]

    /// - Throws: `ONNXFileError` for an operator that is not ONNX's own, or takes not exactly one computed tensor.
    init(_ node: ONNXFile.Node, constants known: [String: ONNXTensor], operatorSet: Int) throws {
        guard ONNXFile.isStandard(node.domain) else {
            throw ONNXFileError.unsupported("it has an operator “\(node.domain).\(node.type)”, which is not ONNX's own")
        }
        type = node.type
        label = node.name.isEmpty ? node.type : "\(node.type) “\(node.name)”"
        let computed = Set(node.inputs.filter { !$0.isEmpty && known[$0] == nil })
        guard let input = computed.first else {
            throw ONNXFileError.unsupported("\(label) takes constants alone")
        }
        guard computed.count == 1 else {
            throw ONNXFileError.unsupported(
                "it branches: \(label) joins \(computed.sorted().prefix(5).joined(separator: ", "))")
        }
        guard let output = node.outputs.first, !output.isEmpty else {
            throw ONNXFileError.malformed("\(label) has no output")
        }
        (self.input, self.output, self.operatorSet) = (input, output, operatorSet)
        positions = node.inputs.indices.filter { node.inputs[$0] == input }
        constants = node.inputs.map { $0.isEmpty ? nil : known[$0] }
        attributes = node.attributes
    }

    /// The number of inputs, those that are left out among them.
    var inputCount: Int { constants.count }

    /// - Returns: `nil` when it is left out, or is the tensor that is computed.
    func constant(at position: Int) -> ONNXTensor? {
        constants.indices.contains(position) ? constants[position] : nil
    }

    /// - Throws: `ONNXFileError` when it is left out, or is the tensor that is computed.
    func constant(at position: Int, _ what: String) throws -> ONNXTensor {
        guard let constant = constant(at: position) else { throw refusal("it has no constant \(what)") }
        return constant
    }

    /// - Throws: `ONNXFileError` unless the computed tensor is the first input, and at most `count` inputs are there.
    func checkInputs(atMost count: Int) throws {
        guard positions == [0] else { throw refusal("what is computed is not its first input alone") }
        guard constants.count <= count else { throw refusal("it has \(constants.count) inputs") }
    }

    /// Why it is not taken over.
    func refusal(_ reason: String) -> ONNXFileError { .unsupported("\(label): \(reason)") }
}

/// Attributes are taken off one by one. What is left in the end is not understood.
extension ONNXOperator {
    private func misfit(_ name: String) -> ONNXFileError {
        .malformed("\(label) has an attribute “\(name)” of another type than ONNX says")
    }

    mutating func integer(_ name: String, default value: Int) throws -> Int {
        guard let attribute = attributes.removeValue(forKey: name) else { return value }
        guard case .integer(let number) = attribute else { throw misfit(name) }
        return number
    }

    mutating func integers(_ name: String) throws -> [Int]? {
        guard let attribute = attributes.removeValue(forKey: name) else { return nil }
        guard case .integers(let numbers) = attribute else { throw misfit(name) }
        return numbers
    }

    mutating func text(_ name: String, default value: String) throws -> String {
        guard let attribute = attributes.removeValue(forKey: name) else { return value }
        guard case .text(let text) = attribute else { throw misfit(name) }
        return text
    }

    /// A number as it was meant: 0.1, where its 32 bits say 0.100000001.
    mutating func decimal(_ name: String, default value: Double) throws -> Double {
        guard let attribute = attributes.removeValue(forKey: name) else { return value }
        guard case .float(let number) = attribute, number.isFinite else { throw misfit(name) }
        return Self.decimal(number)
    }

    /// The shortest decimal number that is this `Float`, and no other one.
    static func decimal(_ number: Float) -> Double { Double("\(number)") ?? Double(number) }

    /// - Throws: `ONNXFileError` when an attribute has another value than the only one that is computed here.
    mutating func check(_ name: String, is value: Int, default usual: Int? = nil) throws {
        let found = try integer(name, default: usual ?? value)
        guard found == value else {
            throw refusal("its attribute “\(name)” is \(found), and only \(value) is computed here")
        }
    }

    /// The same for each number of a list.
    mutating func check(_ name: String, areAll value: Int) throws {
        guard let found = try integers(name), found.contains(where: { $0 != value }) else { return }
        throw refusal("its attribute “\(name)” is \(found), and only \(value)s are computed here")
    }

    /// - Throws: `ONNXFileError` when there is an attribute that was not asked for.
    func checkIsUnderstood() throws {
        guard let name = attributes.keys.min() else { return }
        throw refusal("its attribute “\(name)” is not known here")
    }
}
