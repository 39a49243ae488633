import FoundationEssentials

/// The file format for weights: 8 bytes with the length of the header (little-endian), a header in JSON that gives each
/// tensor's type, shape and place, then the numbers.
///
/// - Source: Hugging Face, “Safetensors”, format description of version 0.4.
public enum Safetensors {
    /// Longer headers are refused, as the reference implementation does.
    private static let headerLimit = 100_000_000

    private struct Entry: Codable {
        var dtype: String
        var shape: [Int]
        var dataOffsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case dataOffsets = "data_offsets"
        }
    }

    private enum Item: Codable {
        case tensor(Entry)
        case metadata([String: String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if decoder.codingPath.last?.stringValue == "__metadata__" {
                self = .metadata(try container.decode([String: String].self))
            } else {
                self = .tensor(try container.decode(Entry.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .tensor(let entry): try container.encode(entry)
            case .metadata(let metadata): try container.encode(metadata)
            }
        }
    }

    /// The same tensors and metadata give the same bytes.
    ///
    /// - Throws: `SafetensorsError` for a tensor that has not as many numbers as its shape says.
    public static func encode(_ tensors: [Tensor], metadata: [String: String] = [:]) throws -> [UInt8] {
        for tensor in tensors where product(tensor.shape) != tensor.values.count {
            throw SafetensorsError(
                "the tensor “\(tensor.name)” of shape \(tensor.shape) has \(tensor.values.count) numbers")
        }
        return try encode(tensors.map { ($0.name, $0.shape) }, metadata: metadata) { index, target in
            _ = target.update(fromContentsOf: tensors[index].values)
        }
    }

    /// Numbers are written to their place in the file at once: of large networks there is no memory for another copy.
    ///
    /// - Parameter fill: Writes the numbers of the tensor at an index; as many as its shape says.
    static func encode(
        _ tensors: [(name: String, shape: [Int])], metadata: [String: String],
        fill: (_ index: Int, _ target: UnsafeMutableBufferPointer<Float>) -> Void
    ) throws -> [UInt8] {
        var items: [String: Item] = metadata.isEmpty ? [:] : ["__metadata__": .metadata(metadata)]
        var offsets = [0]
        for tensor in tensors {
            let (start, end) = (offsets[offsets.count - 1], offsets[offsets.count - 1] + 4 * tensor.shape.reduce(1, *))
            items[tensor.name] = .tensor(Entry(dtype: "F32", shape: tensor.shape, dataOffsets: [start, end]))
            offsets.append(end)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var header = [UInt8](try encoder.encode(items))
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        let length = 8 + header.count + offsets[tensors.count]
        // The numbers lie in memory as in the file: all processors that this is built for are little-endian.
        return [UInt8](unsafeUninitializedCapacity: length) { bytes, count in
            withUnsafeBytes(of: UInt64(header.count).littleEndian) { _ = bytes.update(fromContentsOf: $0) }
            _ = bytes[8...].update(fromContentsOf: header)
            let numbers = UnsafeMutableRawBufferPointer(bytes)
            for index in tensors.indices {
                let place = numbers[8 + header.count + offsets[index]..<8 + header.count + offsets[index + 1]]
                fill(index, UnsafeMutableRawBufferPointer(rebasing: place).bindMemory(to: Float.self))
            }
            count = length
        }
    }

    /// - Returns: The tensors in the order in which their numbers stand in the file.
    /// - Throws: `SafetensorsError` when anything in the file contradicts the format. Nothing is allocated by a size that
    ///   the file only announces.
    public static func decode(_ bytes: [UInt8]) throws -> (tensors: [Tensor], metadata: [String: String]) {
        guard bytes.count >= 8 else {
            throw SafetensorsError("it has \(bytes.count) bytes, fewer than the 8 of its header's length")
        }
        let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(min(bytes.count - 8, headerLimit)) else {
            throw SafetensorsError("a header of \(length) bytes is announced, and \(bytes.count - 8) bytes follow")
        }
        let dataStart = 8 + Int(length)
        let items: [String: Item]
        do {
            items = try JSONDecoder().decode([String: Item].self, from: Data(bytes[8..<dataStart]))
        } catch is DecodingError {
            throw SafetensorsError("its header is no JSON of tensors")
        }
        var metadata: [String: String] = [:]
        var entries: [(name: String, entry: Entry)] = []
        for (name, item) in items {
            switch item {
            case .tensor(let entry): entries.append((name, entry))
            case .metadata(let found): metadata = found
            }
        }
        guard entries.allSatisfy({ $0.entry.dataOffsets.count == 2 }) else {
            throw SafetensorsError("a tensor has no begin and end")
        }
        entries.sort { ($0.entry.dataOffsets[0], $0.name) < ($1.entry.dataOffsets[0], $1.name) }
        var end = 0
        let tensors = try entries.map { name, entry in
            guard entry.dtype == "F32" else {
                throw SafetensorsError("the tensor “\(name)” has the type \(entry.dtype), and only F32 is read")
            }
            guard let count = product(entry.shape), let size = product([count, 4]) else {
                throw SafetensorsError("the tensor “\(name)” has the impossible shape \(entry.shape)")
            }
            let (from, to) = (entry.dataOffsets[0], entry.dataOffsets[1])
            guard from == end, to <= bytes.count - dataStart, to >= from, to - from == size else {
                throw SafetensorsError(
                    "the tensor “\(name)” of shape \(entry.shape) can't stand at bytes \(from) to \(to)")
            }
            end = to
            let values = (0..<count).map { index in
                let start = dataStart + from + index * 4
                return Float(
                    bitPattern: UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16
                        | UInt32(bytes[start + 3]) << 24)
            }
            return Tensor(name: name, shape: entry.shape, values: values)
        }
        guard end == bytes.count - dataStart else {
            throw SafetensorsError("\(bytes.count - dataStart - end) bytes follow the last tensor")
        }
        return (tensors, metadata)
    }
}

/// Why a file is no safetensors file.
public struct SafetensorsError: Error, Sendable, Equatable, CustomStringConvertible {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { "This is no safetensors file that can be read: \(reason)." }
}
