import Testing

@testable import NeuralNetwork

@Suite("Safetensors")
struct SafetensorsTests {
    private let tensors = [
        Tensor(name: "b", shape: [2, 3], values: [0, -1, .infinity, .nan, .leastNonzeroMagnitude, 3.5]),
        Tensor(name: "a", shape: [], values: [7]),
        Tensor(name: "c", shape: [0, 4], values: []),
    ]

    @Test("tensors and metadata come back to the bit, in order")
    func roundTrip() throws {
        let bytes = try Safetensors.encode(tensors, metadata: ["format": "pt"])
        #expect(bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) } % 8 == 0, "the numbers are aligned")
        let (decoded, metadata) = try Safetensors.decode(bytes)
        #expect(metadata == ["format": "pt"])
        #expect(decoded.map(\.name) == ["b", "a", "c"])
        #expect(decoded.map(\.shape) == tensors.map(\.shape))
        #expect(decoded.map { $0.values.map(\.bitPattern) } == tensors.map { $0.values.map(\.bitPattern) })
    }

    @Test("PyTorch's file is read")
    func foreign() throws {
        let tensors = try PyTorchReference.tensors("cnn.init")
        #expect(Set(tensors.map(\.name)).isSuperset(of: ["conv1.weight", "conv2.bias", "fc1.weight", "fc2.bias"]))
        #expect(tensors.first { $0.name == "fc1.weight" }?.shape == [128, 320])
    }

    @Test("a file cut at any byte, or longer by one, is refused")
    func cut() throws {
        let bytes = try Safetensors.encode(tensors)
        for length in 0..<bytes.count {
            #expect(throws: SafetensorsError.self) { try Safetensors.decode(Array(bytes.prefix(length))) }
        }
        #expect(throws: SafetensorsError.self) { try Safetensors.decode(bytes + [0]) }
    }

    @Test(
        "headers that contradict the file are refused",
        arguments: [
            #"{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#,
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-4,4]}}"#,
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#,
            #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
            #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#, "[]", "",
        ])
    func contradictions(header: String) {
        var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        bytes += Array(header.utf8) + [0, 0, 0, 0, 0, 0, 0, 0]
        #expect(throws: SafetensorsError.self) { try Safetensors.decode(bytes) }
    }

    @Test("a header length beyond the file is refused without allocating")
    func hugeHeader() {
        #expect(throws: SafetensorsError.self) { try Safetensors.decode(Array(repeating: 0xFF, count: 64)) }
    }
}
