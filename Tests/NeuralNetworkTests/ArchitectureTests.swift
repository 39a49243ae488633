import Samples
import Testing

@testable import NeuralNetwork

/// An architecture in JSON.
private func written(_ layers: String, more: String = "", input: String = "") -> String {
    #"{"name": "a", "input": {"channels": 1, "height": 2, "width": 2\#(input)}, "layers": [\#(layers)]\#(more)}"#
}

@Suite("Architectures")
struct ArchitectureTests {
    private let digits = ImageShape(channels: 1, height: 28, width: 28)

    @Test(
        "parameters are as many as the literature says",
        arguments: [("mlp", 101_770), ("cnn", 47_658), ("lenet", 61_706)])
    func parameters(name: String, count: Int) throws {
        let architecture = try #require(try Architecture.builtIn(name, input: digits, classes: 10))
        #expect(architecture.parameterCount == count)
        #expect(try Network(architecture, seed: 1).tensors().reduce(0) { $0 + $1.values.count } == count)
    }

    @Test(
        "the large ones too, and nothing is allocated for it",
        arguments: [("alexnet", 61_100_840), ("vgg16", 138_357_544)])
    func largeParameters(name: String, count: Int) throws {
        let architecture = try #require(try Architecture.builtIn(name, input: digits, classes: 1000))
        #expect(architecture.parameterCount == count)
        #expect(architecture.accepts(digits))
        #expect(!architecture.accepts(ImageShape(channels: 2, height: 28, width: 28)))
    }

    @Test("the layer table of the convolutional network")
    func summary() throws {
        let summary = try #require(try Architecture.builtIn("cnn", input: digits, classes: 10)).summary()
        #expect(
            summary.map(\.output) == [
                [10, 24, 24], [10, 24, 24], [10, 12, 12], [20, 8, 8], [20, 8, 8], [20, 4, 4], [320], [128], [10],
            ])
        #expect(summary.map(\.parameters).filter { $0 > 0 } == [260, 5020, 41_088, 1290])
        // 10 · 24² · 5², 20 · 8² · 10 · 5², 320 · 128, 128 · 10.
        #expect(summary.map(\.multiplyAdds).filter { $0 > 0 } == [144_000, 320_000, 40_960, 1280])
    }

    @Test(
        "what does not fit is refused with the layer and its input",
        arguments: [
            ([.dense(outputs: 10)], "Layer 1 (dense) does not fit its input 1 × 28 × 28"),
            (
                [.flatten, .dense(outputs: 3), .convolution(outputs: 1, kernel: 1)],
                "Layer 3 (conv2d) does not fit its input 3"
            ),
            ([.convolution(outputs: 3, kernel: 29), .flatten, .dense(outputs: 2)], "its window of 29 is larger"),
            ([.convolution(outputs: 0, kernel: 3), .flatten, .dense(outputs: 2)], "at least 1"),
            ([.convolution(outputs: 1, kernel: 3, stride: 0), .flatten, .dense(outputs: 2)], "at least 1"),
            (
                [.convolution(outputs: 1, kernel: 3, padding: 3), .flatten, .dense(outputs: 2)],
                "smaller than the kernel"
            ),
            ([.flatten], "must be dense"),
            ([.flatten, .dense(outputs: 10), .relu], "must be dense"),
            ([.flatten, .dense(outputs: 40_000)], "40000 classes"),
            ([.averagePooling(size: 0, stride: 1), .flatten, .dense(outputs: 2)], "at least 1"),
            ([.flatten, .dropout(rate: 1), .dense(outputs: 2)], "Layer 2 (dropout) does not fit its input 784"),
            ([.batchNormalization(epsilon: 0), .flatten, .dense(outputs: 2)], "epsilon must be above 0"),
            ([.localResponseNormalization(size: 0), .flatten, .dense(outputs: 2)], "size must be at least 1"),
            ([.flatten, .localResponseNormalization(size: 3), .dense(outputs: 2)], "needs an image"),
            ([.leakyReLU(slope: -1), .flatten, .dense(outputs: 2)], "must not be negative"),
            ([.flatten, .dense(outputs: 1 << 40), .dense(outputs: 2)], "between 1 and 65536"),
        ] as [([Layer], String)])
    func misfits(layers: [Layer], message: String) throws {
        let error = #expect(throws: ArchitectureError.self) {
            try Architecture(name: "test", input: digits, layers: layers)
        }
        #expect(try #require(error).description.contains(message))
    }

    @Test(
        "unreadable JSON is refused with its place",
        arguments: [
            ("", "it is no JSON from line 1, column 1 on"),
            ("{\n  \"name\": \"a\",\n  // b\n}", "from line 3, column 3 on"),
            ("{\"name\": \"a\",}", "from line 1, column 14 on"), ("{} {}", "from line 1, column 4 on"),
            ("[]", "another type"), (#"{"name": "a", "layers": []}"#, "“input” is missing"),
            (
                #"{"name": "a", "input": {"channels": 1, "height": 2, "width": 2}, "layers": [{"type": "lstm"}]}"#,
                "“lstm” is no layer"
            ),
            (
                #"{"name": "a", "input": {"channels": 1, "height": 2, "width": 2}, "layers": [{"type": "dense"}]}"#,
                "“outputs” is missing at layers.[0]"
            ),
            (
                written(#"{"type": "flatten"}, {"type": "conv2d", "outputs": 4, "kernel": 3, "strides": 2}"#),
                "layer 2 (conv2d) has no setting “strides”; there are outputs, kernel, stride, padding."
            ),
            (
                written(#"{"type": "relu", "inplace": true}"#),
                "layer 1 (relu) has no setting “inplace”; there are none."
            ),
            (written(#"{"type": "dense", "outputs": "10"}"#), "another type is needed at layers.[0].outputs"),
            (written(#"{"type": "dense", "outputs": 10.5}"#), "a number in it is not whole"),
            (written(#"{"type": "dense", "outputs": 10, "outputs": 20}"#), "has the key “outputs” twice"),
            (written(#"{"type": "dense", "outputs": 10, "output\u0073": 20}"#), "has the key “outputs” twice"),
            (written(#"{"type": "dense", "outputs": 10}"#, more: #", "layer": []"#), "it has no setting “layer”"),
            (written(#"{"type": "dense", "outputs": 10}"#, more: #", "name": "b""#), "has the key “name” twice"),
            (
                written(#"{"type": "dense", "outputs": 10}"#, input: #", "depth": 1"#),
                "the input has no setting “depth”"
            ),
            (written(#"{"type": "dense", "outputs": 10}"#) + "x", "it is no JSON"),
        ])
    func badJSON(json: String, message: String) throws {
        let error = #expect(throws: ArchitectureError.self) { try Architecture(json: Array(json.utf8)) }
        #expect(try #require(error).description.contains(message), "\(String(describing: error))")
    }

    @Test(
        "sizes that no machine computes are refused, and nothing overflows on the way",
        arguments: [
            [.convolution(outputs: 1, kernel: .max, padding: .max - 1), .flatten, .dense(outputs: 2)],
            [.convolution(outputs: 1, kernel: .max / 2, padding: .max / 2 - 1), .flatten, .dense(outputs: 2)],
            [.convolution(outputs: 1, kernel: 1, stride: .max), .flatten, .dense(outputs: 2)],
            [.convolution(outputs: 1, kernel: 1, padding: .min), .flatten, .dense(outputs: 2)],
            [.convolution(outputs: .max, kernel: 1), .flatten, .dense(outputs: 2)],
            [.convolution(outputs: 1 << 16, kernel: 65_000, padding: 64_999), .flatten, .dense(outputs: 2)],
            [.maximumPooling(size: .max, stride: 1), .flatten, .dense(outputs: 2)],
            [.averagePooling(size: 1, stride: .max), .flatten, .dense(outputs: 2)],
            [.localResponseNormalization(size: .max), .flatten, .dense(outputs: 2)],
            [.flatten, .dense(outputs: .min), .dense(outputs: 2)],
            // 2¹⁶ · 2¹⁶ · 32,783² multiply-adds.
            [
                .convolution(outputs: 1 << 16, kernel: 1), .convolution(outputs: 1 << 16, kernel: 16, padding: 15),
                .flatten, .dense(outputs: 2),
            ],
            // Features of 2¹⁶ · 28², then 2⁴¹ weights and more.
            [.convolution(outputs: 1 << 16, kernel: 1), .flatten, .dense(outputs: 1 << 16), .dense(outputs: 2)],
            [Layer](repeating: .relu, count: 1 << 17) + [.flatten, .dense(outputs: 2)],
        ] as [[Layer]])
    func hugeSizes(layers: [Layer]) {
        #expect(throws: ArchitectureError.self) { try Architecture(name: "test", input: digits, layers: layers) }
    }

    @Test("the input's sides, and their product, have limits")
    func hugeInputs() {
        for input in [(1 << 16 + 1, 1, 1), (0, 1, 1), (1, -1, 1), (.max, .max, .max), (1 << 16, 1 << 16, 1 << 16)] {
            #expect(throws: ArchitectureError.self) {
                try Architecture(
                    name: "test", input: ImageShape(channels: input.0, height: input.1, width: input.2),
                    layers: [.flatten, .dense(outputs: 2)])
            }
        }
    }

    @Test("weights of another network are refused")
    func foreignWeights() throws {
        let architecture = try #require(try Architecture.builtIn("mlp", input: digits, classes: 10))
        let before = try Network(architecture, seed: 1).tensors()
        var tensors = before
        tensors[0].shape = [784, 128]
        #expect(throws: WeightsError.shape("fc1.weight", found: [784, 128], needed: [128, 784])) {
            _ = try Network(architecture, weights: tensors)
        }
        #expect(throws: WeightsError.names(missing: ["fc2.weight", "fc2.bias"], superfluous: [], needed: 4)) {
            try architecture.check(before.dropLast(2))
        }
        let strangers = ["fc9.bias", "head"].map { Tensor(name: $0, shape: [1], values: [0]) }
        #expect(throws: WeightsError.names(missing: [], superfluous: ["fc9.bias", "head"], needed: 4)) {
            _ = try Network(architecture, weights: before + strangers)
        }
        let error = #expect(throws: WeightsError.self) { try architecture.check(before.dropLast() + strangers) }
        #expect(
            error?.description
                == "The weights lack 1 of the 4 tensors that the network needs: fc2.bias. They have 2 that it does not "
                + "have: fc9.bias, head.")
        // PyTorch's counters of batches are not weights.
        let counter = Tensor(name: "bn1.num_batches_tracked", shape: [], values: [3])
        #expect(try Network(architecture, weights: before.reversed() + [counter]).tensors() == before)
    }

    /// Of the squared bound, by fan-in and fan-out.
    static func squaredBound(_ initialization: Initialization, _ fanIn: Double, _ fanOut: Double) -> Double {
        switch initialization {
        case .uniformFanIn: 1 / fanIn
        case .he: 6 / fanIn
        case .glorot: 6 / (fanIn + fanOut)
        }
    }

    @Test("initial weights are uniform in the bounds that the literature gives", arguments: Initialization.allCases)
    func initialWeights(initialization: Initialization) throws {
        let network = try Network(
            try #require(try Architecture.builtIn("cnn", input: digits, classes: 10)), seed: 7,
            initialization: initialization)
        let fans: [(Double, Double)] = [(25, 250), (250, 500), (320, 128), (128, 10)]
        for (index, tensor) in network.tensors().enumerated() {
            let (fanIn, fanOut) = fans[index / 2]
            let squaredBound = Self.squaredBound(initialization, fanIn, fanOut)
            if index % 2 == 1 && initialization != .uniformFanIn {
                #expect(tensor.values.allSatisfy { $0 == 0 }, "biases start with 0")
                continue
            }
            #expect(tensor.values.allSatisfy { Double($0) * Double($0) <= squaredBound * 1.000_001 })
            guard tensor.values.count > 1000 else { continue }
            let squares = tensor.values.reduce(0.0) { $0 + Double($1) * Double($1) }
            // The variance of a uniform distribution is a third of the squared bound.
            #expect(abs(squares / Double(tensor.values.count) * 3 / squaredBound - 1) < 0.1)
        }
    }
}
