import CZlib

/// Unpacks gzip piece by piece, so that no more is held than what was asked for.
struct GzipReader: ~Copyable {
    /// What deflate can at most make of a byte.
    static let largestRatio = 1032

    private let stream: UnsafeMutablePointer<z_stream>
    private let packed: UnsafeBufferPointer<UInt8>
    /// Whether the stream's end was reached, its checksum and length being right.
    private(set) var isAtEnd = false

    /// - Parameter packed: Must outlive the reader.
    init?(_ packed: UnsafeBufferPointer<UInt8>) {
        self.packed = packed
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        stream.pointee.next_in = UnsafeMutablePointer(mutating: packed.baseAddress)
        stream.pointee.avail_in = UInt32(clamping: packed.count)
        guard packed.count <= UInt32.max, czlib_start_gunzip(stream) == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Packed bytes after the stream's end.
    var trailingBytes: Int { Int(stream.pointee.avail_in) }

    /// Unpacks at most `limit` bytes.
    ///
    /// - Returns: Fewer only at the end of the stream or of the file; `nil` when the stream is damaged.
    mutating func read(upTo limit: Int) -> [UInt8]? {
        var isDamaged = false
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit && !isAtEnd {
                let room = UInt32(clamping: limit - count)
                stream.pointee.next_out = buffer.baseAddress.map { $0 + count }
                stream.pointee.avail_out = room
                let status = inflate(stream, Z_NO_FLUSH)
                count += Int(room - stream.pointee.avail_out)
                if status == Z_STREAM_END {
                    isAtEnd = true
                } else if status == Z_BUF_ERROR {
                    break  // The file ends before the stream does.
                } else if status != Z_OK {
                    isDamaged = true
                    break
                }
            }
        }
        return isDamaged ? nil : bytes
    }
}
