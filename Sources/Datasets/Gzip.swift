import CZlib

/// Why gzip data can't be unpacked.
enum GzipError: Error {
    /// zlib's own word.
    case damaged(String)
    case cut
    /// Something other than a member follows a member.
    case trailing
}

/// Unpacks the members of a gzip file, one after another, from pieces of it.
///
/// - Source: RFC 1952, section 2.2: “A gzip file consists of a series of members”.
final class Gunzip {
    /// What deflate can at most make of a byte.
    static let largestRatio = 1032

    private let stream: UnsafeMutablePointer<z_stream>
    private let packed = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
    private var isBetweenMembers = false

    init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard czlib_start_gunzip(stream) == Z_OK else { return nil }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        packed.deallocate()
    }

    /// Unpacks at most `limit` bytes.
    ///
    /// - Parameter refill: Reads the next packed bytes into a buffer, and returns how many; 0 at the file's end.
    /// - Returns: Fewer only at the end, each member's checksum and length being right.
    /// - Throws: `GzipError`.
    func read(upTo limit: Int, refill: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit {
                if stream.pointee.avail_in == 0 {
                    let size = try refill(UnsafeMutableRawBufferPointer(packed))
                    guard size > 0 else {
                        if isBetweenMembers { return }
                        throw GzipError.cut
                    }
                    stream.pointee.next_in = packed.baseAddress
                    stream.pointee.avail_in = UInt32(size)
                }
                if isBetweenMembers {
                    guard try beginMember() else { continue }
                }
                let room = UInt32(clamping: limit - count)
                stream.pointee.next_out = buffer.baseAddress.map { $0 + count }
                stream.pointee.avail_out = room
                let status = inflate(stream, Z_NO_FLUSH)
                count += Int(room - stream.pointee.avail_out)
                switch status {
                case Z_STREAM_END: isBetweenMembers = true
                case Z_OK, Z_BUF_ERROR: break
                default: throw GzipError.damaged(stream.pointee.msg.map { String(cString: $0) } ?? "error \(status)")
                }
            }
        }
    }

    /// - Returns: Whether a member begins here; zeros, which pad files, are passed over.
    private func beginMember() throws -> Bool {
        while stream.pointee.avail_in > 0, let next = stream.pointee.next_in, next.pointee == 0 {
            stream.pointee.next_in = next + 1
            stream.pointee.avail_in -= 1
        }
        guard stream.pointee.avail_in > 0 else { return false }
        guard stream.pointee.next_in.pointee == 0x1F else { throw GzipError.trailing }
        inflateReset(stream)
        isBetweenMembers = false
        return true
    }
}
