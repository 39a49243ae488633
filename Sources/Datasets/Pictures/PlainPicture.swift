import SystemPackage

/// The header of a PGM (grey) or PPM (colours) file: intensities follow it as they are.
///
/// - Source: Netpbm, “pgm” and “ppm”, format descriptions.
struct PlainPicture {
    let shape: ImageShape
    /// Where the first intensity stands.
    let start: Int
    /// The intensity that is white; above 255 each has two bytes.
    let largest: Int

    /// - Returns: `nil` for a file of another kind.
    /// - Throws: `DatasetError.file` for a header that makes no sense, and more or fewer intensities than it says.
    init?(_ bytes: [UInt8], _ path: FilePath) throws {
        let channels: Int
        switch bytes.prefix(2) {
        case [UInt8(ascii: "P"), UInt8(ascii: "5")]: channels = 1
        case [UInt8(ascii: "P"), UInt8(ascii: "6")]: channels = 3
        default: return nil
        }
        func failure(_ reason: String) -> DatasetError {
            .file(
                path.string,
                "The \(channels == 1 ? "PGM" : "PPM") data is damaged (\(reason)). Get the file again, or remove it.")
        }
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        var place = 2
        var numbers: [Int] = []
        while numbers.count < 3 {
            guard place < bytes.count, isSpace(bytes[place]) else { throw failure("its header makes no sense") }
            while place < bytes.count, isSpace(bytes[place]) || bytes[place] == UInt8(ascii: "#") {
                let isComment = bytes[place] == UInt8(ascii: "#")
                place = isComment ? bytes[place...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count : place + 1
            }
            let digits = bytes[place...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...6).contains(digits.count) else { throw failure("its header makes no sense") }
            numbers.append(digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
            place += digits.count
        }
        guard place < bytes.count, isSpace(bytes[place]), numbers[0] > 0, numbers[1] > 0,
            (1...65_535).contains(numbers[2])
        else { throw failure("its header makes no sense") }
        (start, largest) = (place + 1, numbers[2])
        shape = ImageShape(channels: channels, height: numbers[1], width: numbers[0])
        let (size, found) = (shape.count * (largest > 255 ? 2 : 1), bytes.count - start)
        guard found == size else { throw failure("\(size.bytes) of intensities are announced, \(found.grouped) found") }
    }

    /// - Parameter bytes: As many intensities as `result` has room for; beyond 255 of two bytes, the larger one first.
    static func copy(_ bytes: ArraySlice<UInt8>, largest: Int, to result: UnsafeMutableBufferPointer<UInt8>) {
        let first = bytes.startIndex
        for index in result.indices {
            let value =
                largest > 255
                ? Int(bytes[first + 2 * index]) << 8 | Int(bytes[first + 2 * index + 1]) : Int(bytes[first + index])
            result[index] = UInt8((min(value, largest) * 255 + largest / 2) / largest)
        }
    }
}
