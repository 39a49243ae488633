import Foundation
import SystemPackage
import TestData
import Testing

@testable import Datasets

@Suite("Predictions from outside")
struct OutsidePredictionTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func read(_ bytes: [UInt8], areLogits: Bool = false) throws -> OutsidePredictions {
        try folder.write(bytes, as: "p")
        return try OutsidePredictions(contentsOf: folder.path.appending("p").string, areLogits: areLogits)
    }

    private func read(_ text: String, areLogits: Bool = false) throws -> OutsidePredictions {
        try read(Array(text.utf8), areLogits: areLogits)
    }

    private func doubles(_ numbers: [Double]) -> [UInt8] { numbers.flatMap { FormFile.littleEndian($0.bitPattern) } }

    private func isClose(_ found: ArraySlice<Double>?, _ expected: [Double], within limit: Double) -> Bool {
        guard let found, found.count == expected.count else { return false }
        return zip(found, expected).allSatisfy { abs($0 - $1) < limit }
    }

    /// Of the bytes 0, 1, …, 5 and of none, by `hashlib.sha256`.
    private static let digests = [
        "17e88db187afd62c16e5debf3e6527cd006bc012bc90b51a810cd80c2d511f43",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ]

    @Test("probabilities of every type of numbers, packed and not, with index, digest and label")
    func probabilities() throws {
        let types: [(String, [UInt8])] = [
            ("<f8", doubles([0.25, 0.75, 1, 0])),
            ("<f4", [0.25, 0.75, 1, 0].flatMap { FormFile.littleEndian(Float($0).bitPattern) }),
            ("<f2", [0, 0x34, 0, 0x3A, 0, 0x3C, 0, 0]),
        ]
        for (type, values) in types {
            for method: UInt16 in [0, 8] {
                let found = try read(
                    FormFile.zip(
                        [
                            ("label.npy", FormFile.npy("|u1", [2], [1, 0])),
                            ("probabilities.npy", FormFile.npy(type, [2, 2], values)),
                            ("sha256.npy", FormFile.npy("|S64", [2], Self.digests.flatMap { Array($0.utf8) })),
                            ("index.npy", FormFile.npy("<u4", [2], [7, 0, 0, 0, 3, 0, 0, 0])),
                        ], method: method))
                #expect(found.answers == .probabilities([0.25, 0.75, 1, 0], classes: 2))
                #expect(found.indices == [7, 3] && found.labels == [1, 0] && found.count == 2 && found.classes == 2)
                #expect(found.digests?.map(\.description) == Self.digests)
                #expect(found.predicted(inRow: 0) == 1 && found.predicted(inRow: 1) == 0)
                #expect(found.confidence(ofRow: 0) == 0.75 && found.probabilities(ofRow: 1) == [1, 0])
                #expect(found.name(ofRow: 1) == "row 1")
            }
        }
    }

    /// By `scipy.special.softmax`.
    private static let softmax = [
        [0.09003057317038046, 0.24472847105479764, 0.6652409557748218],
        [0.011622208850983114, 0.49418889557450846, 0.49418889557450846],
        [0.006692850924284856, 0, 0.9933071490757153],
    ]

    @Test("logits become probabilities, however large they are")
    func logits() throws {
        let array = FormFile.npy("<f8", [3, 3], doubles([1000, 1001, 1002, -3.5, 0.25, 0.25, 0, -800, 5]))
        for found in [
            try read(array, areLogits: true), try read(FormFile.zip([("logits", array)])),
            try read(FormFile.zip([("logits.npy", array)]), areLogits: true),
            try read("p0,p1,p2\n1000,1001,1002\n-3.5,.25,2.5e-1\n0,-800,5\n", areLogits: true),
        ] {
            for (row, expected) in Self.softmax.enumerated() {
                #expect(isClose(found.probabilities(ofRow: row), expected, within: 1e-15))
            }
            #expect((0..<3).map { found.predicted(inRow: $0) } == [2, 1, 2], "of equals the first")
        }
    }

    @Test("the probabilities of a row add up to 1, and their order stays")
    func sums() throws {
        var generator = SystemRandomNumberGenerator()
        for classes in [2, 3, 10, 100, 1000] {
            let rows = (0..<200).map { row -> [Double] in
                var numbers = (0..<classes).map { _ in Double.random(in: 0...1, using: &generator) }
                // Some are sure, some are a tie, some are as 32 bits give them.
                if row % 4 == 1 { numbers = numbers.map { $0 * 1e-20 } }
                if row % 4 == 1 { numbers[row % classes] = 1 }
                if row % 4 == 2 { numbers = numbers.map { _ in 1 } }
                let sum = numbers.reduce(0, +)
                return numbers.map { row % 4 == 3 ? Double(Float($0 / sum)) : $0 / sum * 1.0005 }
            }
            let found = try read(FormFile.npy("<f8", [200, classes], doubles(rows.flatMap { $0 })))
            for (row, numbers) in rows.enumerated() {
                let probabilities = try #require(found.probabilities(ofRow: row))
                #expect(abs(probabilities.reduce(0.0, +) - 1) < 1e-14 * Double(classes))
                let sum = numbers.reduce(0, +)
                #expect(isClose(probabilities, numbers.map { $0 / sum }, within: 1e-13))
                #expect(probabilities.allSatisfy { $0 >= 0 })
                #expect(Int(found.predicted(inRow: row)) == numbers.firstIndex(of: numbers.max() ?? 0))
            }
        }
    }

    @Test("every number of 16 bits is what the processor makes of it")
    func halves() {
        for bits in UInt16.min ... .max {
            let (ours, theirs) = (Double(binary16: bits), Double(Float16(bitPattern: bits)))
            #expect(ours.isNaN ? theirs.isNaN : ours.bitPattern == theirs.bitPattern)
        }
    }

    @Test("predicted classes, with and without confidence; integers of every type as index")
    func classes() throws {
        for type in ["|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8"] {
            let size = Int(type.suffix(1)) ?? 0
            func numbers(_ values: [UInt8]) -> [UInt8] {
                values.flatMap { [$0] + [UInt8](repeating: 0, count: size - 1) }
            }
            let found = try read(
                FormFile.zip([
                    ("predicted", FormFile.npy(type, [3], numbers([9, 0, 4]))),
                    ("index", FormFile.npy(type, [3, 1], numbers([2, 1, 0]))),
                ]))
            #expect(found.answers == .classes([9, 0, 4], confidences: nil) && found.indices == [2, 1, 0])
            #expect(found.classes == nil && found.confidence(ofRow: 1) == nil && found.predicted(inRow: 0) == 9)
        }
        let found = try read(
            FormFile.zip([
                ("labels", FormFile.npy("<i8", [1], [5, 0, 0, 0, 0, 0, 0, 0])),
                ("confidence", FormFile.npy("<f8", [1], doubles([0.5]))), ("predicted", FormFile.npy("|u1", [1], [3])),
            ]))
        #expect(found.answers == .classes([3], confidences: [0.5]) && found.labels == [5])
    }

    @Test("digests as text of one or four bytes a character, as numbers, and of an image")
    func digests() throws {
        let predicted = ("predicted", FormFile.npy("|u1", [2], [0, 1]))
        let digests = try Self.digests.map { try #require(ImageDigest(hexadecimal: $0)) }
        #expect(digests.map(\.description) == Self.digests)
        #expect(ImageDigest(hexadecimal: Self.digests[0].uppercased()) == digests[0])
        for array in [
            FormFile.npy("<U64", [2], Self.digests.joined().unicodeScalars.flatMap { FormFile.littleEndian($0.value) }),
            FormFile.npy("|S64", [2], Array(Self.digests.joined().utf8)),
            FormFile.npy("|u1", [2, 32], digests.flatMap(\.bytes)),
        ] {
            #expect(try read(FormFile.zip([predicted, ("sha256", array)])).digests == digests)
        }
        let image: [UInt8] = [0, 1, 2, 3, 4, 5]
        #expect(image.withUnsafeBytes { ImageDigest(ofImage: $0, channels: 1) } == digests[0])
        // Two pixels of three channels, channel by channel; interleaved they are 0, 1, …, 5.
        let planes: [UInt8] = [0, 3, 1, 4, 2, 5]
        #expect(planes.withUnsafeBytes { ImageDigest(ofImage: $0, channels: 3) } == digests[0])
        #expect(ImageDigest(bytes: image) == nil && ImageDigest(hexadecimal: "ab") == nil)
    }

    @Test("tables: in any order of columns, quoted, with any ends of lines, packed by gzip")
    func tables() throws {
        let text = "\u{FEFF}Label, p1 ,\"index\",p0\r\n1,0.75,\"7\", .25\r\n\r\n0,0,3,1"
        for bytes in [Array(text.utf8), gzip(Array(text.utf8))] {
            let found = try read(bytes)
            #expect(found.answers == .probabilities([0.25, 0.75, 1, 0], classes: 2))
            #expect(found.indices == [7, 3] && found.labels == [1, 0] && found.digests == nil)
            #expect(found.name(ofRow: 0) == "row 0 (line 2)" && found.name(ofRow: 1) == "row 1 (line 4)")
        }
        let classes = try read("index,predicted,confidence,sha256\r4,2,1,\(Self.digests[1])\r")
        #expect(classes.answers == .classes([2], confidences: [1]) && classes.indices == [4])
        #expect(classes.digests?.map(\.description) == [Self.digests[1]])
        #expect(try read("predicted\n3\n3\n").answers == .classes([3, 3], confidences: nil))
    }

    @Test("a table that is larger than the pieces it is read in")
    func largeTable() throws {
        let rows = (0..<120_000).map { "\($0),\($0 % 7),0.\($0 % 90 + 10)\r\n" }
        let found = try read("index,predicted,confidence\r\n" + rows.joined())
        let numbers = Array(0..<120_000)
        #expect(found.indices == numbers)
        guard case .classes(let predicted, let confidences?) = found.answers else {
            Issue.record("no confidences")
            return
        }
        #expect(predicted == numbers.map { UInt16($0 % 7) })
        #expect(confidences == numbers.map { Double($0 % 90 + 10) / 100 })
    }

    @Test("what NumPy itself writes", .enabled("needs NumPy") { try Python.run("import numpy") })
    func numpy() throws {
        let script = """
            import numpy as np, hashlib, sys
            x = np.arange(40).reshape(4, 10) % 7 * 0.5
            p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
            digests = np.array([hashlib.sha256(bytes([i])).hexdigest() for i in range(4)])
            write = np.savez_compressed if sys.argv[1] == "packed" else np.savez
            kind = {"U": digests, "S": digests.astype("S64"),
                    "b": np.array([list(bytes.fromhex(d)) for d in digests], dtype=np.uint8)}[sys.argv[2]]
            write(sys.argv[4], **{"logits" if sys.argv[3] == "float64" else "probabilities":
                                  (x if sys.argv[3] == "float64" else p.astype(sys.argv[3]))},
                  index=np.arange(4)[::-1], label=np.arange(4, dtype=np.int16), sha256=kind)
            """
        let scores = (0..<40).map { exp(Double($0 % 7) * 0.5) }
        for (how, kind, type, precision) in [
            ("packed", "U", "float64", 1e-14), ("plain", "S", "float32", 1e-6), ("packed", "b", "float16", 1e-3),
        ] {
            let path = folder.path.appending("numpy.npz").string
            #expect(try Python.run(script, how, kind, type, path))
            let found = try OutsidePredictions(contentsOf: path)
            #expect(found.indices == [3, 2, 1, 0] && found.labels == [0, 1, 2, 3] && found.classes == 10)
            for row in 0..<4 {
                let expected = scores[row * 10..<row * 10 + 10]
                let sum = expected.reduce(0, +)
                #expect(isClose(found.probabilities(ofRow: row), expected.map { $0 / sum }, within: precision))
                let digest = [UInt8(row)].withUnsafeBytes { ImageDigest(ofImage: $0, channels: 1) }
                #expect(found.digests?[row] == digest)
            }
        }
    }
}
