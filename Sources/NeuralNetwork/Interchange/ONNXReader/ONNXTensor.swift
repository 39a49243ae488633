/// A tensor that stands in an ONNX file. Its numbers stay in the file until they are asked for.
struct ONNXTensor {
    /// Those that can be read, of `TensorProto.DataType`.
    enum ElementType: Int {
        case float = 1
        case int32 = 6
        case int64 = 7
        case bool = 9
        case float16 = 10
        case double = 11
        case bfloat16 = 16

        /// `nil` for whole numbers.
        var format: FloatFormat? {
            switch self {
            case .float: .float32
            case .float16: .float16
            case .bfloat16: .bfloat16
            case .double: .float64
            case .int32, .int64, .bool: nil
            }
        }

        /// Bytes of a number.
        var size: Int {
            switch self {
            case .bool: 1
            case .int32: 4
            case .int64: 8
            case .float, .float16, .bfloat16, .double: format?.size ?? 0
            }
        }
    }

    /// No tensor has more dimensions: images have four.
    private static let largestRank = 8

    var name = ""
    private(set) var shape: [Int] = []
    let type: ElementType
    private let numbers: Numbers

    private enum Numbers {
        /// As they lie in memory.
        case bytes(ArraySlice<UInt8>)
        /// Whole numbers, or the bits of smaller ones.
        case integers([Int])
    }

    /// Numbers that an attribute has.
    init(_ values: [Float]) {
        type = .float
        shape = [values.count]
        numbers = .bytes(
            values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }[...])
    }

    /// The same of whole numbers.
    init(_ values: [Int]) {
        type = .int64
        shape = [values.count]
        numbers = .integers(values)
    }

    /// The same without a dimension.
    func scalar() -> ONNXTensor {
        var scalar = self
        scalar.shape = []
        return scalar
    }

    /// A message `TensorProto`.
    ///
    /// - Throws: `ONNXFileError` for a type that is not read, numbers in another file, or more or fewer of them than its
    ///   shape says; `ProtobufReader.Malformed`.
    init(message: ArraySlice<UInt8>) throws {
        var (type, name, shape) = (0, "", [Int]())
        var (raw, integers): (ArraySlice<UInt8>, [Int]) = ([], [])
        var hasOtherPlace = false
        try ProtobufReader.read(message, "a tensor") { field in
            switch field.number {
            case ONNXField.Tensor.dimension:
                shape += try field.integers()
                guard shape.count <= Self.largestRank else {
                    throw ONNXFileError.malformed("a tensor has more than \(Self.largestRank) dimensions")
                }
            case ONNXField.Tensor.type: type = try field.integer()
            case ONNXField.Tensor.name: name = try field.text()
            // One of them, and at once as a rule.
            case ONNXField.Tensor.floats, ONNXField.Tensor.bytes, ONNXField.Tensor.doubles:
                let more = try field.fixedSizeNumbers()
                if raw.isEmpty { raw = more } else { raw += more }
            case ONNXField.Tensor.bits, ONNXField.Tensor.integers: integers += try field.integers()
            case ONNXField.Tensor.externalData: hasOtherPlace = true
            case ONNXField.Tensor.place: hasOtherPlace = try field.integer() != 0
            default: break
            }
        }
        let place = "the tensor “\(name)”"
        guard !hasOtherPlace else { throw ONNXFileError.unsupported("\(place) has its numbers in another file") }
        guard let known = ElementType(rawValue: type) else {
            throw ONNXFileError.unsupported("\(place) has numbers of the type \(ONNXTensor.typeName(type))")
        }
        guard let count = product(shape), let size = product([count, known.size]) else {
            throw ONNXFileError.malformed("\(place) has the impossible shape \(shape)")
        }
        let found = integers.isEmpty ? raw.count / known.size : integers.count
        guard integers.isEmpty ? raw.count == size : raw.isEmpty && integers.count == count else {
            throw ONNXFileError.malformed("\(place) of the shape \(shape) has \(found) numbers")
        }
        (self.name, self.shape, self.type) = (name, shape, known)
        numbers = integers.isEmpty ? .bytes(raw) : .integers(integers)
    }

    /// Numbers in it.
    var count: Int { shape.reduce(1, *) }

    /// - Throws: `ONNXFileError` for whole numbers, and those that are not finite as 32 bits.
    func floats() throws -> [Float] {
        guard let format = type.format else {
            throw ONNXFileError.malformed("the tensor “\(name)” has whole numbers, and floating-point ones are needed")
        }
        let bytes: ArraySlice<UInt8>
        switch numbers {
        case .bytes(let all): bytes = all
        // The lower half of each has a number's bits.
        case .integers(let bits):
            guard format.size == 2 else {
                throw ONNXFileError.malformed("the tensor “\(name)” has floating-point numbers as whole ones")
            }
            bytes = bits.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }[...]
        }
        let floats: [Float]
        do {
            floats = try bytes.withUnsafeBytes { try format.floats($0) }
        } catch let error as FloatFormat.TooLarge {
            throw ONNXFileError.malformed("the tensor “\(name)” has the number \(error.number), too large for 32 bits")
        }
        guard let value = floats.first(where: { !$0.isFinite }) else { return floats }
        throw ONNXFileError.malformed("the tensor “\(name)” has a number that is not finite (\(value))")
    }

    /// - Throws: `ONNXFileError` for floating-point numbers.
    func integers() throws -> [Int] {
        switch (numbers, type) {
        case (.integers(let values), .int64), (.integers(let values), .int32), (.integers(let values), .bool):
            return values
        case (.bytes(let bytes), .int64):
            return bytes.withUnsafeBytes { bytes in
                (0..<count).map { Int(bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
            }
        case (.bytes(let bytes), .int32):
            return bytes.withUnsafeBytes { bytes in
                (0..<count).map { Int(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
            }
        case (.bytes(let bytes), .bool): return bytes.map(Int.init)
        default:
            throw ONNXFileError.malformed("the tensor “\(name)” has floating-point numbers, and whole ones are needed")
        }
    }

    /// As ONNX calls a type of numbers.
    static func typeName(_ type: Int) -> String {
        let names = [
            "undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16",
            "double", "uint32", "uint64", "complex64", "complex128", "bfloat16",
        ]
        return names.indices.contains(type) ? names[type] : "\(type)"
    }
}
