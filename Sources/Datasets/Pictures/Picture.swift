import CPictures
import Samples
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A PNG, JPEG, PGM or PPM file, read whole; its pixels are decoded later.
struct Picture {
    private enum Kind {
        case png, jpeg
        /// Intensities as they are, from a place on, up to the largest one.
        case plain(start: Int, largest: Int)
    }

    /// What its header says; the number of channels is 1 or 3.
    let shape: ImageShape
    private let path: FilePath
    private let kind: Kind
    private let bytes: [UInt8]

    /// Larger files, sides and pictures are not read, whatever they are resized to.
    static let largestFile = 64 << 20
    static let largestSide = 8192

    /// - Throws: `DatasetError.file` when it is none, damaged as far as its header shows, or too large.
    init(_ path: FilePath) throws {
        self.path = path
        bytes = try Self.contents(of: path)
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            kind = .png
            shape = try Self.pngShape(bytes, path)
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            kind = .jpeg
            shape = try Self.jpegShape(bytes, path)
        } else if let plain = try PlainPicture(bytes, path) {
            kind = .plain(start: plain.start, largest: plain.largest)
            shape = plain.shape
        } else {
            let kind = FileKind(Array(bytes.prefix(1024)))?.name ?? "no picture that is known"
            throw DatasetError.file(
                path.string, "This is \(kind), and PNG, JPEG, PGM and PPM are read. Convert it to PNG.")
        }
        // Before anything of that size is allocated.
        guard shape.height <= Self.largestSide, shape.width <= Self.largestSide else {
            throw DatasetError.file(
                path.string,
                "It announces \(shape.height) × \(shape.width) pixels; more than \(Self.largestSide) rows or columns "
                    + "are not read.")
        }
    }

    /// Decodes it, makes it grey or resizes it as the shape asks.
    ///
    /// - Parameter result: Room for `target.count` intensities.
    func decode(as target: ImageShape, to result: UnsafeMutablePointer<UInt8>) throws {
        let conversion = ImageConversion(shape, .interleaved, to: target)
        guard !conversion.isNone else { return try decode(to: result) }
        let pixels = UnsafeMutablePointer<UInt8>.allocate(capacity: shape.count)
        defer { pixels.deallocate() }
        try decode(to: pixels)
        conversion.convert(pixels, to: result)
    }

    private func decode(to pixels: UnsafeMutablePointer<UInt8>) throws {
        let announced = picture_shape(
            width: UInt32(shape.width), height: UInt32(shape.height), channels: Int32(shape.channels))
        switch kind {
        case .png: try Self.checking(path, "PNG") { picture_read_png(bytes, bytes.count, announced, pixels, $0) }
        case .jpeg: try Self.checking(path, "JPEG") { picture_read_jpeg(bytes, bytes.count, announced, pixels, $0) }
        case .plain(let start, let largest):
            PlainPicture.copy(
                bytes[start...], largest: largest, to: UnsafeMutableBufferPointer(start: pixels, count: shape.count))
        }
    }

    /// Whether a file is called as pictures are.
    static func isName(_ name: String) -> Bool {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
        return ["png", "jpg", "jpeg", "pgm", "ppm"].contains(name[name.utf8.index(after: dot)...].lowercased())
    }

    /// Runs a function of the library, and throws its message.
    private static func checking(
        _ path: FilePath, _ kind: String, _ body: (UnsafeMutablePointer<CChar>) -> Int32
    ) throws {
        var message = [CChar](repeating: 0, count: Int(picture_message_size))
        guard body(&message) == 0 else {
            let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let reason = text.first.map { $0.lowercased() + text.dropFirst() } ?? "no reason is known"
            throw DatasetError.file(
                path.string,
                "The \(kind) data is damaged (\(reason)). Get the file again, or remove it.")
        }
    }

    private static func contents(of path: FilePath) throws -> [UInt8] {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec])
            return try file.closeAfter {
                var status = stat()
                guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
                guard status.st_mode & S_IFMT == S_IFREG else {
                    throw DatasetError.file(path.string, "This is not a regular file.")
                }
                let size = Int(status.st_size)
                guard size > 0 else {
                    throw DatasetError.file(path.string, "The file is empty. Get the file again, or remove it.")
                }
                guard size <= largestFile else {
                    throw DatasetError.file(
                        path.string,
                        "It has \(size.bytes); pictures of more than \(largestFile >> 20) MiB are not read.")
                }
                return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                    while count < size {
                        let read = try file.read(
                            into: UnsafeMutableRawBufferPointer(
                                rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
                        guard read > 0 else { return }
                        count += read
                    }
                }
            }
        } catch Errno.noSuchFileOrDirectory {
            throw DatasetError.file(path.string, "There is no such file.")
        } catch let error as Errno {
            throw DatasetError.file(path.string, "It cannot be read (\(error)).")
        }
    }

    /// The header alone, without the library.
    ///
    /// - Source: W3C, “Portable Network Graphics”, section 11.2.2, IHDR.
    private static func pngShape(_ bytes: [UInt8], _ path: FilePath) throws -> ImageShape {
        func failure(_ reason: String) -> DatasetError {
            .file(path.string, "The PNG data is damaged (\(reason)). Get the file again, or remove it.")
        }
        guard bytes.count >= 33 else { throw failure("it ends within its header") }
        guard bytes[8..<16].elementsEqual([0, 0, 0, 13] + Array("IHDR".utf8)) else {
            throw failure("it does not begin with a header")
        }
        func number(_ at: Int) -> Int { bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        let (width, height, depth, color) = (number(16), number(20), Int(bytes[24]), bytes[25])
        guard width > 0, height > 0, let samples = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][color],
            [1, 2, 4, 8, 16].contains(depth)
        else { throw failure("its header makes no sense") }
        let shape = ImageShape(channels: [0, 4].contains(color) ? 1 : 3, height: height, width: width)
        // Each row has a byte more; deflate can make no more of the data.
        let (row, most) = ((width * samples * depth + 7) / 8 + 1, bytes.count * Gunzip.largestRatio)
        guard width <= largestSide, height <= largestSide, row * height > most else { return shape }
        throw failure("\(height) × \(width) pixels are announced, and so few bytes cannot hold them")
    }

    private static func jpegShape(_ bytes: [UInt8], _ path: FilePath) throws -> ImageShape {
        var found = picture_shape()
        try checking(path, "JPEG") { picture_jpeg_shape(bytes, bytes.count, &found, $0) }
        guard [1, 3].contains(found.channels) else {
            throw DatasetError.file(
                path.string, "It has \(found.channels) channels (CMYK?), and grey and RGB are read. Convert it to PNG.")
        }
        return ImageShape(channels: Int(found.channels), height: Int(found.height), width: Int(found.width))
    }
}
