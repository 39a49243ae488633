import CZlib

/// The bytes of files of several forms, made small and by hand.
package enum FormFile {
    /// An IDX file.
    package static func idx(_ dimensions: [Int], _ values: [UInt8], type: UInt8 = 8) -> [UInt8] {
        [0, 0, type, UInt8(dimensions.count)] + dimensions.flatMap { bigEndian(UInt32($0)) } + values
    }

    /// A NumPy array.
    ///
    /// - Parameter values: As they stand in the file.
    package static func npy(
        _ type: String, _ shape: [Int], _ values: [UInt8], isFortran: Bool = false, version: UInt8 = 1
    ) -> [UInt8] {
        let sizes = shape.map { "\($0)," }.joined(separator: " ")
        return npy(
            header: "{'descr': '\(type)', 'fortran_order': \(isFortran ? "True" : "False"), 'shape': (\(sizes)), }",
            values, version: version)
    }

    package static func npy(header: String, _ values: [UInt8], version: UInt8 = 1) -> [UInt8] {
        let text = Array((header + "\n").utf8)
        let length = littleEndian(UInt32(text.count)).prefix(version == 1 ? 2 : 4)
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + values
    }

    /// A ZIP archive.
    ///
    /// - Parameters:
    ///   - announced: What an entry says of its unpacked size, where that is not the truth.
    ///   - method: 0 as it is, 8 deflate; another is only said.
    package static func zip(
        _ files: [(name: String, bytes: [UInt8])], method: UInt16 = 8, announced: Int? = nil, flags: UInt16 = 0,
        checksum: UInt32? = nil
    ) -> [UInt8] {
        var (archive, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, bytes) in files {
            let packed = method == 8 ? deflated(bytes, windowBits: -15) : bytes
            let sum = checksum ?? Self.checksum(bytes)
            let about =
                littleEndian(flags) + littleEndian(method) + [0, 0, 0x21, 0x50] + littleEndian(sum)
                + littleEndian(UInt32(packed.count)) + littleEndian(UInt32(announced ?? bytes.count))
                + littleEndian(UInt16(name.utf8.count)) + [0, 0]
            directory +=
                [0x50, 0x4B, 1, 2, 20, 0, 20, 0] + about + [UInt8](repeating: 0, count: 10)
                + littleEndian(UInt32(archive.count)) + Array(name.utf8)
            archive += [0x50, 0x4B, 3, 4, 20, 0] + about + Array(name.utf8) + packed
        }
        let count = littleEndian(UInt16(files.count))
        return archive + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count
            + littleEndian(UInt32(directory.count)) + littleEndian(UInt32(archive.count)) + [0, 0]
    }

    /// A picture.
    ///
    /// - Parameters:
    ///   - pixels: Row by row, a pixel's channels side by side.
    ///   - announced: Height and width as the header says, where that is not the truth.
    package static func png(
        height: Int, width: Int, channels: Int, _ pixels: [UInt8], announced: (height: Int, width: Int)? = nil
    ) -> [UInt8] {
        let row = width * channels
        let lines = (0..<height).flatMap { [0] + pixels[$0 * row..<($0 + 1) * row] }
        let size = announced ?? (height, width)
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk(
                "IHDR",
                bigEndian(UInt32(size.width)) + bigEndian(UInt32(size.height)) + [8, channels == 3 ? 2 : 0, 0, 0, 0])
            + chunk("IDAT", deflated(lines, windowBits: 15)) + chunk("IEND", [])
    }

    package static func checksum(_ bytes: [UInt8]) -> UInt32 { UInt32(crc32(0, bytes, UInt32(bytes.count))) }

    private static func chunk(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
        let content = Array(name.utf8) + bytes
        return bigEndian(UInt32(bytes.count)) + content + bigEndian(checksum(content))
    }

    package static func deflated(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
        var stream = z_stream()
        precondition(
            deflateInit2_(
                &stream, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK)
        defer { deflateEnd(&stream) }
        var bytes = bytes
        let limit = Int(deflateBound(&stream, UInt(bytes.count))) + 64
        return [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            bytes.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(limit)
                precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
                count = limit - Int(stream.avail_out)
            }
        }
    }

    package static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    package static func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
