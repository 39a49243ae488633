import Testing

@testable import NeuralNetwork

/// An ONNX file that is refused, and what is said of it.
struct RefusedNetwork: CustomTestStringConvertible, Sendable {
    let name: String
    let reason: String
    let file: [UInt8]

    var testDescription: String { name }

    init(_ name: String, _ reason: String, _ file: [UInt8]) {
        self.name = name
        self.reason = reason
        self.file = file
    }

    /// A network of one operator between the images and the logits.
    init(
        _ type: String, _ attributes: [ONNXGraph.Attribute] = [], _ constants: [Tensor] = [], operatorSet: Int = 18,
        because reason: String
    ) {
        self.init(
            "\(type): \(reason)", reason,
            ONNXNetworks.network(operatorSet: operatorSet) { graph, input in
                for constant in constants { graph.tensor(constant) }
                let output = graph.node(type, [input] + constants.map(\.name), attributes)
                return ONNXNetworks.logits(&graph, output)
            })
    }
}

@Suite("ONNX files that are refused")
struct ForeignNetworkRefusalTests {
    private static let kernel = ONNXNetworks.tensor("k", [4, 2, 3, 3])
    private static let kernelShape = ONNXGraph.Attribute.integers("kernel_shape", [3, 3])

    /// Operators, attributes and forms that no layer here computes.
    private static let foreign: [RefusedNetwork] = [
        .init("Gelu", because: "Gelu “Gelu.1”: this operator is not computed here"),
        .init("Clip", because: "Clip “Clip.1”: this operator"),
        .init("Sqrt", because: "Sqrt “Sqrt.1”: this operator"),
        .init("Conv", [.integer("group", 2)], [kernel], because: "“group” is 2, and only 1"),
        .init("Conv", [.integers("dilations", [2, 2])], [kernel], because: "“dilations” is [2, 2]"),
        .init("Conv", [.string("auto_pad", "SAME_UPPER")], [kernel], because: "“auto_pad” is SAME_UPPER"),
        .init("Conv", [.integers("pads", [0, 1, 0, 1])], [kernel], because: "“pads” are [0, 1, 0, 1]"),
        .init(
            "Conv", [.integers("pads", [3, 3, 3, 3])], [kernel], because: "the padding must be at least 0 and smaller"),
        .init("Conv", [.integers("strides", [1, 2])], [kernel], because: "“strides” is [1, 2]"),
        .init("Conv", [.integer("modulation", 1)], [kernel], because: "its attribute “modulation” is not known"),
        .init("Conv", [], [ONNXNetworks.tensor("k", [4, 2, 3, 5])], because: "“kernel_shape” is [3, 5]"),
        .init("Conv", [], [ONNXNetworks.tensor("k", [4, 2, 3])], because: "images have two dimensions"),
        .init(
            "Conv", [], [ONNXNetworks.tensor("k", [4, 2, 9, 9])], because: "its window of 9 is larger than the 6 pixels"
        ),
        .init("MaxPool", [kernelShape, .integer("ceil_mode", 1)], because: "“ceil_mode” is 1"),
        .init(
            "MaxPool", [kernelShape, .integers("pads", [1, 1, 1, 1])],
            because: "“pads” are 1, and pooling here has none"),
        .init("MaxPool", [kernelShape, .integers("dilations", [1, 2])], because: "“dilations” is [1, 2]"),
        .init("MaxPool", [.integers("kernel_shape", [2, 3])], because: "“kernel_shape” is [2, 3]"),
        .init("AveragePool", [kernelShape, .integer("ceil_mode", 1)], because: "“ceil_mode” is 1"),
        .init("LRN", [.integer("size", 4)], because: "“size” is 4: for even sizes"),
        .init("Flatten", [.integer("axis", 2)], because: "“axis” is 2"),
        .init("Softmax", [.integer("axis", 1)], because: "only the probabilities of classes"),
        .init("Add", [], [ONNXNetworks.tensor("c", [6, 6])], because: "neither one number nor one of each channel"),
        .init(
            "BatchNormalization", [.integer("training_mode", 1)],
            ["s", "b", "m", "v"].map { ONNXNetworks.tensor($0, [2]) },
            because: "“training_mode” is 1"),
        .init("Transpose", [.integers("perm", [0, 2, 3, 1])], because: "Transpose “Transpose.1”: this operator"),
        .init("Relu", operatorSet: 99, because: "its operators are of version 99"),
        .init("Relu", operatorSet: 6, because: "its operators are of version 6"),
        .init(
            "a shortcut", "it branches: Add “Add.2” joins Relu.1, x",
            ONNXNetworks.network { graph, input in
                ONNXNetworks.logits(&graph, graph.node("Add", [input, graph.node("Relu", [input])]))
            }),
        .init(
            "two operators of one tensor", "it branches: “x” goes to 2 operators, Relu “Relu.1”, Tanh “Tanh.2”",
            ONNXNetworks.network { graph, input in
                let first = graph.node("Relu", [input])
                graph.output(graph.node("Tanh", [input]), .float, [])
                return ONNXNetworks.logits(&graph, first)
            }),
        .init(
            "two inputs", "it has 2 inputs, x, y",
            ONNXNetworks.network { graph, input in
                graph.input("y", .float, [.any("N"), .exactly(2)])
                return ONNXNetworks.logits(&graph, input)
            }),
        .init(
            "an operator of others", "“com.microsoft.FusedConv”",
            ONNXNetworks.file(
                graph { graph in
                    var node = ProtobufMessage()
                    node.add(1, "x")
                    node.add(2, "y")
                    node.add(4, "FusedConv")
                    node.add(7, "com.microsoft")
                    graph.add(1, node)
                })),
        .init(
            "numbers in another file", "the tensor “t” has its numbers in another file",
            ONNXNetworks.file(tensor { $0.add(14, 1) })),
        .init(
            "text", "the tensor “t” has numbers of the type string",
            ONNXNetworks.file(tensor(type: 8) { $0.add(9, [0, 0, 0, 0]) })),
        .init(
            "a list as input", "its input “x” has 2 dimensions",
            {
                var graph = ONNXGraph(name: "list")
                graph.input("x", .float, [.any("N"), .exactly(72)])
                graph.output(ONNXNetworks.logits(&graph, "x"), .float, [])
                return ONNXNetworks.file(graph)
            }()),
        .init(
            "images of any size", "its input “x” may have any number of channels, rows or columns",
            {
                var graph = ONNXGraph(name: "any")
                graph.input("x", .float, [.any("N"), .exactly(2), .any("H"), .any("W")])
                graph.output(ONNXNetworks.logits(&graph, "x"), .float, [])
                return ONNXNetworks.file(graph)
            }()),
        .init(
            "an output in the middle", "one of its outputs stands before Flatten",
            ONNXNetworks.network { graph, input in
                let features = graph.node("Relu", [input])
                graph.output(features, .float, [])
                return ONNXNetworks.logits(&graph, features)
            }),
        .init(
            "a layer behind the probabilities", "Relu “Relu.4”: it stands behind the probabilities",
            ONNXNetworks.network { graph, input in
                graph.node("Relu", [graph.node("Softmax", [ONNXNetworks.logits(&graph, input)])])
            }),
    ]

    /// Files that contradict the format or themselves.
    private static let contradictions: [RefusedNetwork] = [
        .init("nothing", "it has no graph", []),
        .init("text", "the model has", Array("{\"not\": \"ONNX\"}".utf8)),
        .init("a length beyond the file", "announces 1048575 bytes where 1 follow", [0x3A, 0xFF, 0xFF, 0x3F, 0]),
        .init(
            "a length beyond 64 bits", "has a number of more than 64 bits", [0x3A] + [UInt8](repeating: 0xFF, count: 12)
        ),
        .init("a field of number 0", "has a field of the number 0", [0x00, 0x00]),
        .init("a kind of field that there is not", "has the field 7 of the unknown kind 7", [0x3F, 0x00]),
        .init("a graph that is a number", "the model has something else than text", [0x38, 0x01]),
        .init("no version", "it names no version of ONNX's operators", [0x3A, 0x00]),
        .init("two graphs", "it has two graphs", [0x3A, 0x00, 0x3A, 0x00]),
        .init("no input", "it has no input", ONNXNetworks.file(ProtobufMessage())),
        .init(
            "a tensor of fewer numbers", "the tensor “t” of the shape [3] has 1 numbers",
            ONNXNetworks.file(tensor { $0.add(9, [0, 0, 0, 0]) })),
        .init(
            "a tensor of half a number", "the tensor “t” of the shape [3] has 3 numbers",
            ONNXNetworks.file(tensor { $0.add(9, [UInt8](repeating: 0, count: 13)) })),
        .init(
            "a negative size", "the impossible shape [3, -1]",
            ONNXNetworks.file(
                tensor {
                    $0.add(1, -1)
                    $0.add(9, [0, 0, 0, 0])
                })),
        .init(
            "sizes whose product overflows", "the impossible shape [3, 4611686018427387904]",
            ONNXNetworks.file(tensor { $0.add(1, 1 << 62) })),
        .init(
            "more dimensions than any tensor has", "a tensor has more than 8 dimensions",
            ONNXNetworks.file(tensor { for _ in 0..<9 { $0.add(1, 1) } })),
        .init(
            "a name that is no text", "something else than text in UTF-8",
            ONNXNetworks.file(tensor { $0.add(8, [0xFF, 0xFE]) })),
        .init(
            "a tensor made twice", "“w” is made twice",
            ONNXNetworks.network { graph, input in
                graph.tensor(ONNXNetworks.tensor("w", [1]))
                return ONNXNetworks.logits(&graph, input)
            }),
        .init(
            "an operator that takes what nothing makes", "Relu “r” takes “nothing”",
            ONNXNetworks.network { graph, input in
                _ = graph.node("Relu", ["nothing"], output: "r")
                return ONNXNetworks.logits(&graph, input)
            }),
        .init(
            "a circle", "takes “a”, which is not made from the input",
            ONNXNetworks.network { graph, input in
                _ = graph.node("Relu", ["b"], output: "a")
                _ = graph.node("Relu", ["a"], output: "b")
                return ONNXNetworks.logits(&graph, input)
            }),
        .init(
            "an output that nothing makes", "its output “y” is not what",
            ONNXNetworks.network { graph, input in
                _ = ONNXNetworks.logits(&graph, input)
                return "y"
            }),
        .init(
            "an attribute twice", "the attribute “alpha” twice",
            ONNXNetworks.network { graph, input in
                graph.node("LeakyRelu", [input], [.float("alpha", 1), .float("alpha", 2)])
            }),
        .init(
            "an attribute of another type", "has an attribute “axis” of another type",
            ONNXNetworks.network { graph, input in graph.node("Flatten", [input], [.float("axis", 1)]) }),
        .init(
            "weights of another network", "a tensor of the shape [3, 71], and [3, 72] is needed",
            ONNXNetworks.network { graph, input in ONNXNetworks.logits(&graph, input, features: 71) }),
        .init(
            "a number that is not finite", "the tensor “w” has a number that is not finite",
            ONNXNetworks.network { graph, input in
                graph.tensor(Tensor(name: "w", shape: [3, 72], values: [Float](repeating: .nan, count: 216)))
                return graph.node("Gemm", [graph.node("Flatten", [input]), "w"], [.integer("transB", 1)])
            }),
        .init(
            "a variance below zero", "has the variance -1.0, below zero",
            ONNXNetworks.network { graph, input in
                for name in ["s", "b", "m"] { graph.tensor(ONNXNetworks.tensor(name, [2])) }
                graph.tensor(Tensor(name: "v", shape: [2], values: [1, -1]))
                return graph.node("BatchNormalization", [input, "s", "b", "m", "v"])
            }),
        .init(
            "sizes that no machine computes", "more outputs, weights or multiply-adds than any machine computes",
            ONNXNetworks.network { graph, input in
                graph.tensor(Tensor(name: "k", shape: [65_536, 0, 65_536, 65_536], values: []))
                return graph.node("Conv", [input, "k"], [.integers("pads", [65_535, 65_535, 65_535, 65_535])])
            }),
    ]

    private static func graph(_ fill: (inout ProtobufMessage) -> Void) -> ProtobufMessage {
        var input = ONNXGraph(name: "graph")
        input.input("x", .float, [.any("N"), .exactly(2), .exactly(6), .exactly(6)])
        var graph = input.message()
        fill(&graph)
        return graph
    }

    /// A graph with a tensor of three numbers, or more, that are still to be given.
    private static func tensor(type: Int = 1, _ fill: (inout ProtobufMessage) -> Void) -> ProtobufMessage {
        graph { graph in
            var tensor = ProtobufMessage()
            tensor.add(8, "t")
            tensor.add(1, 3)
            tensor.add(2, type)
            fill(&tensor)
            graph.add(5, tensor)
        }
    }

    @Test("what is not computed here is refused by its name", arguments: foreign)
    func unsupported(network: RefusedNetwork) throws {
        let error = #expect(throws: ONNXFileError.self) { try ForeignNetwork(onnx: network.file) }
        #expect(error?.description.contains(network.reason) == true, "\(String(describing: error))")
    }

    @Test("what contradicts itself is refused with the place", arguments: contradictions)
    func malformed(network: RefusedNetwork) throws {
        let error = #expect(throws: ONNXFileError.self) { try ForeignNetwork(onnx: network.file) }
        #expect(error?.description.contains(network.reason) == true, "\(String(describing: error))")
        #expect(error?.description.contains("\n") == false)
    }

    @Test("as many as Documentation/reliability.md says")
    func count() {
        #expect(Self.contradictions.count == 26)
        #expect(Self.foreign.count == 36)
    }

    @Test("a file cut at any byte is refused, and whatever one byte of it becomes, nothing breaks")
    func damaged() throws {
        let file = [UInt8](try ONNXNetworks.resource("perceptron", "onnx"))
        for length in 0..<file.count {
            #expect(throws: (any Error).self) { try ForeignNetwork(onnx: Array(file.prefix(length))) }
        }
        var refused = 0
        for index in file.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF, file[index] ^ 0x08, file[index] &+ 1] {
                var damaged = file
                damaged[index] = value
                do {
                    let network = try ForeignNetwork(onnx: damaged)
                    // A weight or a name is another; the network is one all the same.
                    #expect(throws: Never.self) { try network.architecture.check(network.weights) }
                } catch let error as ONNXFileError {
                    refused += 1
                    #expect(!error.description.isEmpty)
                } catch is ArchitectureError {
                    refused += 1
                }
            }
        }
        #expect(refused > file.count)
    }
}
