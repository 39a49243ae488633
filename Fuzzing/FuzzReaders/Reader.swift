import Foundation
import TestData

@testable import Datasets
@testable import NeuralNetwork

/// A reader that is given made-up bytes.
enum Reader: String, CaseIterable {
    case idx, npy, npz, cifar, manifest, predictions, png, jpeg, safetensors, onnx, architecture

    /// Whole files, that others are made from. Of readers of several files the first byte says which of them is meant.
    func seeds() throws -> [[UInt8]] {
        switch self {
        case .idx:
            let plain = Self.files(of: .idx).enumerated().map { [UInt8($0.offset)] + $0.element.bytes }
            return plain + plain.map { [$0[0]] + FormFile.deflated(Array($0.dropFirst()), windowBits: 31) }
        case .npy, .cifar: return Self.files(of: self).enumerated().map { [UInt8($0.offset)] + $0.element.bytes }
        case .npz:
            let arrays = Self.files(of: .npy)
            return [FormFile.zip(arrays, method: 0), FormFile.zip(arrays)]
        case .manifest: return [Self.table, Self.undividedTable].map { Array($0.utf8) }
        case .predictions:
            return [
                Array("index,p0,p1,label\n0,0.25,0.75,1\n1,0.5,0.5,0\n".utf8),
                Array("index,predicted,confidence\n1,0,0.5\n0,1,1\n".utf8),
                FormFile.npy("<f4", [1, 2], [0, 0, 0, 63, 0, 0, 0, 63]),
                FormFile.zip(
                    [
                        ("logits.npy", FormFile.npy("<f2", [1, 2], [0, 60, 0, 60])),
                        ("label.npy", FormFile.npy("|u1", [1], [1])),
                    ],
                    method: 0),
            ]
        case .png:
            return [1, 3].map { Self.picture(channels: $0) }
        case .jpeg: return try Self.files(in: "Fuzzing/Seeds/jpeg", ".jpg")
        case .safetensors:
            let tensors = [Tensor(name: "fc1.weight", shape: [2, 3], values: [0, -1, 1, 2, 0.5, 3.5])]
            return [try Safetensors.encode(tensors, metadata: ["format": "pt"])]
        case .onnx: return try Self.files(in: "Tests/NeuralNetworkTests/Resources/onnx", ".onnx")
        case .architecture: return try Self.files(in: "Tests/NeuralNetworkTests/Resources/architectures", ".json")
        }
    }

    /// What is done with each input.
    func attempt(in folder: MemoryFolder) throws -> ([UInt8]) -> Void {
        switch self {
        case .idx, .npy, .cifar:
            let files = Self.files(of: self)
            for file in files { try folder.write(file.bytes, as: file.name) }
            return { input in
                guard let first = input.first else { return }
                let file = files[Int(first) % files.count]
                Self.read({ $0 is DatasetError }) {
                    try folder.write(Array(input.dropFirst()), as: file.name)
                    try Self.examine(try ImageDataset(folder.path, ReadingOptions()))
                }
                do { try folder.write(file.bytes, as: file.name) } catch { fatalError("\(error)") }
            }
        case .npz, .manifest:
            for name in ["a.png", "b.png"] { try folder.write(Self.picture(channels: 3), as: name) }
            let name = self == .npz ? "a.npz" : "list.csv"
            var options = ReadingOptions()
            options.form = self == .npz ? .npz : .manifest
            return { [options] input in
                Self.read({ $0 is DatasetError }) {
                    try folder.write(input, as: name)
                    try Self.examine(try ImageDataset(folder.path.appending(name), options))
                }
            }
        case .predictions:
            return { input in
                Self.read({ $0 is DatasetError }) {
                    try folder.write(input, as: "p")
                    let predictions = try OutsidePredictions(contentsOf: folder.path.appending("p").string)
                    for row in 0..<min(predictions.count, 1000) {
                        precondition(
                            predictions.probabilities(ofRow: row).map { $0.allSatisfy { (0...1).contains($0) } } ?? true
                        )
                    }
                }
            }
        case .png, .jpeg:
            return { input in
                Self.read({ $0 is DatasetError }) {
                    try folder.write(self == .png ? Self.checksummed(input) : input, as: "p")
                    let picture = try Picture(folder.path.appending("p"))
                    let size = SampleShape(channels: picture.shape.channels, height: 5, width: 7)
                    for shape in [picture.shape, size] where shape.count < 1 << 24 {
                        var pixels = [UInt8](repeating: 0, count: shape.count)
                        try picture.decode(as: shape, to: &pixels)
                    }
                }
            }
        case .safetensors:
            return { input in
                Self.read({ $0 is SafetensorsError }) {
                    for tensor in try Safetensors.decode(input).tensors {
                        precondition(tensor.values.count == tensor.shape.reduce(1, *))
                    }
                }
            }
        case .onnx:
            return { input in
                Self.read({ $0 is ONNXFileError || $0 is ArchitectureError }) {
                    let network = try ForeignNetwork(onnx: input)
                    for tensor in network.weights { precondition(tensor.values.count == tensor.shape.reduce(1, *)) }
                }
            }
        case .architecture:
            return { input in
                Self.read({ $0 is ArchitectureError }) { try Self.examine(try Architecture(json: input)) }
            }
        }
    }

    /// Runs what may only throw the reader's own error.
    private static func read(_ isRefusal: (any Error) -> Bool, _ body: () throws -> Void) {
        do { try body() } catch { if !isRefusal(error) { fatalError("\(type(of: error)): \(error)") } }
    }

    private static func examine(_ dataset: ImageDataset) throws {
        for part in [dataset.training, dataset.validation, dataset.test].compactMap({ $0 }) {
            let pixels = try part.pixels()
            precondition(pixels.count == part.labels.count * dataset.shape.count)
            precondition(part.labels.allSatisfy { Int($0) < dataset.classNames.count })
        }
    }

    private static func examine(_ architecture: Architecture) throws {
        precondition(architecture.summary().allSatisfy { $0.parameters >= 0 && $0.multiplyAdds >= 0 })
        let again = try Architecture(json: Array(architecture.json().utf8))
        precondition(again == architecture)
        let samples = SampleCounts(training: 60_000, test: 10_000, shape: architecture.input)
        precondition(architecture.trainingMemory(TrainingConfiguration(), samples: samples).total > 0)
    }

    // MARK: Whole files

    private static let table = "path,label,split\na.png,cat,train\nb.png,dog,train\na.png,dog,test\n"
    private static let undividedTable = "path,label\n\"a.png\",1\r\nb.png,12\r\n"

    private static func picture(channels: Int) -> [UInt8] {
        FormFile.png(height: 2, width: 3, channels: channels, (0..<6 * channels).map { UInt8($0 * 9) })
    }

    /// The files of a form that has several.
    private static func files(of reader: Reader) -> [(name: String, bytes: [UInt8])] {
        switch reader {
        case .idx:
            ["train", "t10k"].flatMap { part in
                [
                    (
                        name: "\(part)-images-idx3-ubyte",
                        bytes: FormFile.idx([3, 2, 3], (0..<18).map { UInt8($0 * 10) })
                    ),
                    (name: "\(part)-labels-idx1-ubyte", bytes: FormFile.idx([3], [0, 1, 2])),
                ]
            }
        case .cifar:
            [
                (name: "train.bin", bytes: [0, 0] + (0..<3072).map { UInt8(truncatingIfNeeded: $0) }),
                (name: "test.bin", bytes: [1, 1] + (0..<3072).map { UInt8(truncatingIfNeeded: $0) }),
                (name: "fine_label_names.txt", bytes: Array((0..<100).map { "\($0)" }.joined(separator: "\n").utf8)),
            ]
        default:
            ["train", "test"].flatMap { part in
                [
                    (name: "x_\(part).npy", bytes: FormFile.npy("|u1", [3, 2, 3], (0..<18).map { UInt8($0) })),
                    (name: "y_\(part).npy", bytes: FormFile.npy("<i2", [3], [0, 0, 1, 0, 2, 0])),
                ]
            }
        }
    }

    /// The files in a folder of the project whose names end so.
    private static func files(in folder: String, _ ending: String) throws -> [[UInt8]] {
        let project = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let files = try FileManager.default.contentsOfDirectory(
            at: project.appending(path: folder), includingPropertiesForKeys: nil)
        return try files.filter { $0.path.hasSuffix(ending) }.sorted { $0.path < $1.path }
            .map { [UInt8](try Data(contentsOf: $0)) }
    }

    /// A PNG whose parts have the checksums that their bytes need: else all that is changed would end there.
    private static func checksummed(_ file: [UInt8]) -> [UInt8] {
        var (file, start) = (file, 8)
        while start + 12 <= file.count {
            let length = file[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= file.count - start - 12 else { break }
            let checksum = FormFile.checksum(Array(file[start + 4..<start + 8 + length]))
            file.replaceSubrange(start + 8 + length..<start + 12 + length, with: FormFile.bigEndian(checksum))
            start += 12 + length
        }
        return file
    }
}
