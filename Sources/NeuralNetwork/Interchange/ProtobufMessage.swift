/// A message of Protocol Buffers in the making: only what writing takes.
///
/// - Source: Google, “Protocol Buffers: Encoding”, wire format.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ field: Int, _ value: Int) {
        tag(field, wireType: 0)
        variableLength(UInt64(bitPattern: Int64(value)))
    }

    mutating func add(_ field: Int, _ value: Float) {
        tag(field, wireType: 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func add(_ field: Int, _ value: String) { add(field, Array(value.utf8)) }

    mutating func add(_ field: Int, _ value: ProtobufMessage) { add(field, value.bytes) }

    mutating func add(_ field: Int, _ value: [UInt8]) {
        tag(field, wireType: 2)
        variableLength(UInt64(value.count))
        bytes += value
    }

    private mutating func tag(_ field: Int, wireType: Int) { variableLength(UInt64(field << 3 | wireType)) }

    /// Seven bits a byte, the lowest first.
    private mutating func variableLength(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
