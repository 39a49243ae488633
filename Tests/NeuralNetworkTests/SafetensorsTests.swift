import Foundation
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
        let (decoded, metadata, converted) = try Safetensors.decode(bytes)
        #expect(converted.isEmpty)
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
            #"{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#,
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

    /// A network that PyTorch wrote in several ways: `conv2d 1 → 4, batch norm, …`.
    private static func file(_ name: String) throws -> [UInt8] {
        let url = Bundle.module.url(forResource: name, withExtension: "safetensors", subdirectory: "safetensors")
        return [UInt8](try Data(contentsOf: try #require(url)))
    }

    @Test("PyTorch's counters of batches and wrappers' prefixes are taken off, and told")
    func companions() throws {
        let plain = try ForeignWeights(Self.file("floats-only"))
        #expect(plain.changes.isEmpty)
        #expect(try plain.encoded() == Self.file("floats-only"))
        let counted = try ForeignWeights(Self.file("state-dict"))
        #expect(Set(counted.tensors) == Set(plain.tensors))
        for (name, prefix) in [("module-prefix", "module."), ("orig-mod-prefix", "_orig_mod.")] {
            let prefixed = try ForeignWeights(Self.file(name))
            #expect(Set(prefixed.tensors) == Set(plain.tensors))
            #expect(prefixed.changes == ["The prefix “\(prefix)” is left out of the tensors' names."])
            #expect(try Set(Safetensors.decode(prefixed.encoded()).tensors) == Set(plain.tensors))
        }
    }

    @Test("numbers of other precisions are read without loss, and told")
    func precisions() throws {
        let plain = try ForeignWeights(Self.file("floats-only"))
        func named(_ weights: ForeignWeights) -> [String: Tensor] {
            Dictionary(uniqueKeysWithValues: weights.tensors.map { ($0.name, $0) })
        }
        let (wide, brain) = (try ForeignWeights(Self.file("f64")), try ForeignWeights(Self.file("bf16")))
        #expect(wide.changes == ["Numbers of type F64 are read as F32."])
        #expect(brain.changes == ["Numbers of type BF16 are read as F32."])
        #expect(named(wide) == named(plain))
        for tensor in plain.tensors {
            let rounded = try #require(named(brain)[tensor.name])
            // Eight bits of precision.
            for (value, exact) in zip(rounded.values, tensor.values) { #expect(abs(value - exact) <= abs(exact) / 256) }
        }
    }

    @Test("numbers of other precisions become those that numpy makes of them, to the bit")
    func numpy() throws {
        let tensors = Dictionary(
            uniqueKeysWithValues: try Safetensors.decode(Self.file("numpy")).tensors.map { ($0.name, $0) })
        for name in ["half", "brain", "double"] {
            let (own, theirs) = (try #require(tensors[name]), try #require(tensors["\(name).expected"]))
            #expect(own.values.count > 200)
            #expect(own.values.map(\.bitPattern) == theirs.values.map(\.bitPattern), "\(name)")
        }
    }

    @Test("tensors that share their numbers are read, and become tensors of their own")
    func shared() throws {
        let numbers = [1, -2].flatMap { (value: Float) in withUnsafeBytes(of: value.bitPattern) { Array($0) } }
        // The decoder's weight is the encoder's, of another shape; what is empty stands anywhere.
        let bytes = file(
            #"{"encoder":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
                + #""decoder":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"#
                + #""empty":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#, numbers)
        let expected: Set = [
            Tensor(name: "encoder", shape: [2], values: [1, -2]),
            Tensor(name: "decoder", shape: [1, 2], values: [1, -2]), Tensor(name: "empty", shape: [0], values: []),
        ]
        #expect(try Set(Safetensors.decode(bytes).tensors) == expected)
        let separate = try Safetensors.encode(ForeignWeights(bytes).tensors)
        #expect(separate.count > bytes.count)
        #expect(try Set(Safetensors.decode(separate).tensors) == expected)
        for second in [
            #"{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}"#, #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#,
            #"{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#,
        ] {
            let header = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":\#(second)}"#
            #expect(throws: SafetensorsError.self) { try Safetensors.decode(file(header, numbers)) }
        }
    }

    @Test("twenty thousand names of the same numbers take no more memory than one, nor more time")
    func manyNames() throws {
        let entry = #"{"dtype":"F32","shape":[262144],"data_offsets":[0,1048576]}"#
        let entries = (0..<20_000).map { "\"t\($0)\":\(entry)" }
        let weights = try ForeignWeights(
            file("{\(entries.joined(separator: ","))}", [UInt8](repeating: 0, count: 1 << 20)))
        // 20 GB, if each had its own.
        #expect(weights.tensors.count == 20_000 && weights.tensors.allSatisfy { $0.values.count == 1 << 18 })
    }

    @Test("wrappers' parts of names are taken off wherever they stand, and told")
    func wrappers() throws {
        func read(_ names: [String]) throws -> ForeignWeights {
            try ForeignWeights(Safetensors.encode(names.map { Tensor(name: $0, shape: [1], values: [1]) }))
        }
        // A compiled network among several devices; a network of which a part is compiled.
        let nested = try read(["module._orig_mod.fc1.weight", "module._orig_mod.fc1.bias"])
        #expect(nested.tensors.map(\.name).sorted() == ["fc1.bias", "fc1.weight"])
        #expect(nested.changes == ["The prefix “module._orig_mod.” is left out of the tensors' names."])
        let partly = try read(["fc1._orig_mod.weight", "fc1._orig_mod.bias", "fc2.weight", "module"])
        #expect(partly.tensors.map(\.name).sorted() == ["fc1.bias", "fc1.weight", "fc2.weight", "module"])
        #expect(partly.changes == ["“_orig_mod.” is left out of the names of 2 of 4 tensors."])
        #expect(throws: WeightsError.doubled("fc1.weight")) { try read(["fc1.weight", "module.fc1.weight"]) }
        #expect(try Safetensors.decode(nested.encoded()).tensors == nested.tensors)
    }

    private func file(_ header: String, _ numbers: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + numbers
    }

    @Test("every half-precision number is what Float16 says")
    func halves() throws {
        #if arch(arm64) || arch(x86_64)
        let bits = (UInt16.min...UInt16.max).map { $0 }
        let header = #"{"a":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}}"#
        let bytes = bits.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let values = try Safetensors.decode(file(header, bytes)).tensors[0].values
        // 2⁻²⁴, 1, the largest, infinity: IEEE 754-2008, table 3.5.
        #expect(values[1] == 0x1p-24 && values[0x3C00] == 1 && values[0x7BFF] == 65504 && values[0xFC00] == -.infinity)
        for (value, bits) in zip(values, bits) {
            let (sign, exponent, fraction) = (bits >> 15, Int(bits >> 10 & 31), Double(bits & 1023))
            guard exponent < 31 else {
                #expect(fraction == 0 ? value.isInfinite : value.isNaN)
                continue
            }
            let magnitude = exponent == 0 ? fraction * 0x1p-24 : (1 + fraction / 1024) * pow(2, Double(exponent - 15))
            #expect(Double(value) == (sign == 0 ? magnitude : -magnitude))
        }
        #endif
    }

    @Test("a doubled key, a byte-order mark and a number too large for 32 bits are refused")
    func strict() {
        let entry = #""a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#
        for (header, bytes, reason) in [
            ("{\(entry),\(entry)}", [0, 0, 0, 0], "the key “a” twice"),
            (#"{"__metadata__":{"a":"1","a":"2"}}"#, [], "the key “a” twice"),
            (#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, [0, 0, 0, 0], "“dtype” twice"),
            ("\u{FEFF}{\(entry)}", [0, 0, 0, 0], "does not begin with “{”"),
            (" {\(entry)}", [0, 0, 0, 0], "does not begin with “{”"),
            (
                #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#, [0, 0, 0, 0, 0, 0, 0xE0, 0x7F],
                "too large for 32 bits"
            ),
        ] as [(String, [UInt8], String)] {
            let error = #expect(throws: SafetensorsError.self) { try Safetensors.decode(file(header, bytes)) }
            #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        }
    }

    // Half a second with optimisation; if each looked through all the others, hours.
    @Test("300,000 tensors are read", .timeLimit(.minutes(5)))
    func manyTensors() throws {
        let entries = (0..<300_000).map { #""t\#($0)":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"# }
        let bytes = file("{\(entries.joined(separator: ","))}", [])
        #expect(try Safetensors.decode(bytes).tensors.count == 300_000)
    }

    @Test("weights that nothing can be learned from are named")
    func notFinite() throws {
        for (name, value) in [("a.weight", Float.nan), ("b.weight", .infinity), ("bn1.running_var", -1)] {
            let bytes = try Safetensors.encode([
                Tensor(name: "c", shape: [1], values: [0]), Tensor(name: name, shape: [2], values: [1, value]),
            ])
            let error = #expect(throws: WeightsError.self) { try ForeignWeights(bytes) }
            #expect(error?.description.contains("“\(name)”") == true)
        }
    }
}
