/// The operators of an ONNX file from its input to its output, one after the other.
///
/// That is all that an `Architecture` can be: a graph with branches is refused, with the tensor where it branches.
struct ONNXChain {
    /// In order. The first takes the input, each other one takes what the one before makes.
    let operators: [ONNXOperator]
    /// The one input that is no constant.
    let input: ONNXFile.Input
    /// How many of the operators have been executed when the first of the outputs is there.
    let firstOutput: Int

    /// The versions of ONNX's operators of which the rules are known that are followed here.
    static let operatorSets = 7...28

    /// - Throws: `ONNXFileError` for a graph of any other form.
    init(_ file: ONNXFile) throws {
        guard Self.operatorSets.contains(file.operatorSet) else {
            throw ONNXFileError.unsupported(
                "its operators are of version \(file.operatorSet); those from \(Self.operatorSets.lowerBound) to "
                    + "\(Self.operatorSets.upperBound) are known")
        }
        var constants: [String: ONNXTensor] = [:]
        var made: Set<String> = []
        func make(_ name: String) throws {
            guard made.insert(name).inserted else { throw ONNXFileError.malformed("“\(name)” is made twice") }
        }
        for tensor in file.tensors {
            try make(tensor.name)
            constants[tensor.name] = tensor
        }
        // In files of before 2019 the weights are inputs too.
        let inputs = file.inputs.filter { constants[$0.name] == nil }
        guard let input = inputs.first, inputs.count == 1 else {
            throw ONNXFileError.unsupported(
                inputs.isEmpty
                    ? "it has no input"
                    : "it has \(inputs.count) inputs, \(Self.list(inputs.map(\.name))), and one is needed: the images")
        }
        try make(input.name)
        var readers: [String: [ONNXOperator]] = [:]
        for node in file.nodes {
            for output in node.outputs where !output.isEmpty { try make(output) }
            if let constant = try Self.constant(node, among: constants) {
                guard let output = node.outputs.first else { continue }
                constants[output] = constant
                if node.type == "Constant" { constants[output]?.name = output }
                continue
            }
            let read = try ONNXOperator(node, constants: constants, operatorSet: file.operatorSet)
            readers[read.input, default: []].append(read)
        }
        let places: [String: Int]
        (operators, places) = try Self.follow(input.name, readers)
        if let left = readers.keys.filter({ places[$0] == nil }).min(), let reader = readers[left]?.first {
            throw ONNXFileError.unsupported("\(reader.label) takes “\(left)”, which is not made from the input")
        }
        firstOutput = try Self.firstOutput(of: file.outputs, places)
        self.input = input
    }

    /// What a node is that only names a constant: a `Constant`, or an `Identity` of one, as PyTorch writes for weights that
    /// layers share.
    private static func constant(_ node: ONNXFile.Node, among constants: [String: ONNXTensor]) throws -> ONNXTensor? {
        guard ONNXFile.isStandard(node.domain) else { return nil }
        if node.type == "Identity", let input = node.inputs.first { return constants[input] }
        guard node.type == "Constant" else { return nil }
        guard node.attributes.count == 1, let (name, value) = node.attributes.first else {
            throw ONNXFileError.malformed("the Constant “\(node.name)” has not one value")
        }
        switch value {
        case .tensor(let tensor): return tensor
        case .float(let value): return ONNXTensor([value]).scalar()
        case .integer(let value): return ONNXTensor([value]).scalar()
        case .floats(let values): return ONNXTensor(values)
        case .integers(let values): return ONNXTensor(values)
        case .text, .other:
            throw ONNXFileError.unsupported("the Constant “\(node.name)” has the attribute “\(name)”")
        }
    }

    /// Walks from the input to the end.
    ///
    /// - Returns: The operators, and how many of them have been executed when a tensor is there.
    private static func follow(
        _ input: String, _ readers: [String: [ONNXOperator]]
    ) throws -> ([ONNXOperator], places: [String: Int]) {
        var operators: [ONNXOperator] = []
        var places = [input: 0]
        var current = input
        // It ends: every tensor is made once, by an operator that takes one tensor.
        while let next = readers[current] {
            guard next.count == 1 else {
                throw ONNXFileError.unsupported(
                    "it branches: “\(current)” goes to \(next.count) operators, \(list(next.map(\.label)))")
            }
            current = next[0].output
            operators.append(next[0])
            places[current] = operators.count
        }
        return (operators, places)
    }

    private static func firstOutput(of outputs: [String], _ places: [String: Int]) throws -> Int {
        let found = try outputs.map { output in
            guard let place = places[output] else {
                throw ONNXFileError.unsupported("its output “\(output)” is not what one operator after the other makes")
            }
            return place
        }
        guard let first = found.min() else { throw ONNXFileError.malformed("it has no output") }
        guard found.max() == places.count - 1 else {
            throw ONNXFileError.unsupported("what its last operator makes is no output")
        }
        return first
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(5).joined(separator: ", ")
        return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
    }
}
