import FoundationEssentials

/// The file format for weights: 8 bytes with the length of the header (little-endian), a header in JSON that gives each
/// tensor's type, shape and place, then the numbers.
///
/// - Source: Hugging Face, “Safetensors”, format description of version 0.4.
package enum Safetensors {
    /// Longer headers are refused, as the reference implementation does.
    private static let headerLimit = 100_000_000

    private struct Entry: Encodable {
        var dtype: String
        var shape: [Int]
        var dataOffsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case dataOffsets = "data_offsets"
        }
    }

    private enum Item: Encodable {
        case tensor(Entry)
        case metadata([String: String])

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .tensor(let entry): try container.encode(entry)
            case .metadata(let metadata): try container.encode(metadata)
            }
        }
    }

    /// PyTorch's counters of batches, and nothing else, may have this type.
    private static let counterType = "I64"

    /// The same tensors and metadata give the same bytes.
    ///
    /// - Throws: `SafetensorsError` for a tensor that has not as many numbers as its shape says.
    package static func encode(_ tensors: [Tensor], metadata: [String: String] = [:]) throws -> [UInt8] {
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

    /// - Returns: The tensors in the order in which their numbers stand in the file; those of other floating-point types
    ///   as `Float`, without PyTorch's counters of batches (`num_batches_tracked`), from which nothing is computed. And the
    ///   types of the file's numbers besides F32.
    /// - Throws: `SafetensorsError` when anything in the file contradicts the format. Nothing is allocated by a size that
    ///   the file only announces. Tensors of one type may stand at the same place, as weights do that layers share.
    package static func decode(
        _ bytes: [UInt8]
    ) throws -> (tensors: [Tensor], metadata: [String: String], converted: [String]) {
        guard bytes.count >= 8 else {
            throw SafetensorsError("it has \(bytes.count) bytes, fewer than the 8 of its header's length")
        }
        let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(min(bytes.count - 8, headerLimit)) else {
            throw SafetensorsError("a header of \(length) bytes is announced, and \(bytes.count - 8) bytes follow")
        }
        let dataStart = 8 + Int(length)
        guard length > 0, bytes[8] == UInt8(ascii: "{") else {
            throw SafetensorsError("its header does not begin with “{”")
        }
        var (entries, metadata) = try header(bytes[8..<dataStart])
        entries.sort {
            ($0.entry.dataOffsets[0], $0.entry.dataOffsets[1], $0.name)
                < ($1.entry.dataOffsets[0], $1.entry.dataOffsets[1], $1.name)
        }
        var end = 0
        // The numbers that were read last: tensors that share theirs in PyTorch stand at the same place.
        var last: (range: Range<Int>, type: String, values: [Float])?
        var converted: Set<String> = []
        var tensors: [Tensor] = []
        try bytes.withUnsafeBytes { bytes in
            for (name, entry) in entries {
                let format = FloatFormat(rawValue: entry.dtype)
                guard format != nil || entry.dtype == counterType && name.hasSuffix(".num_batches_tracked") else {
                    throw SafetensorsError(
                        "the tensor “\(name)” has the type \(entry.dtype), and only F32, BF16, F16 and F64 are read")
                }
                guard let count = product(entry.shape), let size = product([count, format?.size ?? 8]) else {
                    throw SafetensorsError("the tensor “\(name)” has the impossible shape \(entry.shape)")
                }
                let (from, to) = (entry.dataOffsets[0], entry.dataOffsets[1])
                guard to <= bytes.count - dataStart, to >= from, to - from == size,
                    from == end || last?.range == from..<to && last?.type == entry.dtype
                else {
                    throw SafetensorsError(
                        "the tensor “\(name)” of shape \(entry.shape) can't stand at bytes \(from) to \(to)")
                }
                if from == end {
                    let numbers = UnsafeRawBufferPointer(rebasing: bytes[dataStart + from..<dataStart + to])
                    do throws(FloatFormat.TooLarge) {
                        last = (from..<to, entry.dtype, try format?.floats(numbers) ?? [])
                    } catch {
                        throw SafetensorsError(
                            "the tensor “\(name)” has the number \(error.number), too large for 32 bits")
                    }
                }
                end = to
                guard let format else { continue }
                if format != .float32 { converted.insert(format.rawValue) }
                // One array for all that share it: the file is no smaller than its tensors in memory.
                tensors.append(Tensor(name: name, shape: entry.shape, values: last?.values ?? []))
            }
            guard end == bytes.count - dataStart else {
                throw SafetensorsError("\(bytes.count - dataStart - end) bytes follow the last tensor")
            }
        }
        return (tensors, metadata, converted.sorted())
    }

    private static func header(
        _ bytes: ArraySlice<UInt8>
    ) throws -> (entries: [(name: String, entry: Entry)], metadata: [String: String]) {
        var entries: [(name: String, entry: Entry)] = []
        var metadata: [String: String] = [:]
        do {
            try bytes.withUnsafeBufferPointer { bytes in
                var scanner = JSONScanner(bytes)
                try scanner.object { scanner, name in
                    if name == "__metadata__" {
                        try scanner.object { metadata[$1] = try $0.string() }
                    } else {
                        entries.append((name, try entry(&scanner, of: name)))
                    }
                }
                try scanner.end()
            }
        } catch JSONScanner.Failure.doubledKey(let key) {
            throw SafetensorsError("its header has the key “\(key)” twice")
        } catch is JSONScanner.Failure {
            throw SafetensorsError("its header is no JSON of tensors")
        }
        return (entries, metadata)
    }

    private static func entry(_ scanner: inout JSONScanner, of name: String) throws -> Entry {
        var (dtype, shape, offsets): (String?, [Int]?, [Int]?)
        try scanner.object { scanner, key in
            func integers() throws -> [Int] {
                var values: [Int] = []
                try scanner.array { values.append(try $0.integer()) }
                return values
            }
            switch key {
            case "dtype": dtype = try scanner.string()
            case "shape": shape = try integers()
            case "data_offsets": offsets = try integers()
            default: try scanner.skipValue()
            }
        }
        guard let dtype, let shape, let offsets, offsets.count == 2 else {
            throw SafetensorsError("the tensor “\(name)” lacks its dtype, shape, or begin and end")
        }
        return Entry(dtype: dtype, shape: shape, dataOffsets: offsets)
    }
}

/// Why a file is no safetensors file.
package struct SafetensorsError: Error, Sendable, Equatable, CustomStringConvertible {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    package var description: String { "This is no safetensors file that can be read: \(reason)." }
}
