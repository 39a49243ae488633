import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The pixels of many images in a temporary file that has no name: an import of any size needs little memory.
///
/// Its space is taken at the start, so that a disk that is too small is known before anything is read.
final class PixelFile: Sendable {
    private let file: FileDescriptor
    /// Bytes of an image.
    let imageSize: Int
    let count: Int

    /// - Throws: `DatasetError.space` when the folder for temporary files can't hold them.
    init(images count: Int, of imageSize: Int) throws {
        self.imageSize = imageSize
        self.count = count
        let named = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        let folder = named.isEmpty ? "/var/tmp" : named
        let (size, overflows) = count.multipliedReportingOverflow(by: imageSize)
        var name = Array("\(folder)/registry-import-XXXXXX".utf8CString)
        let number = mkstemp(&name)
        guard number >= 0 else {
            throw DatasetError.space(folder: folder, bytes: size, reason: "\(Errno(rawValue: errno))")
        }
        unlink(name)
        // What is started meanwhile does not inherit it.
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        file = FileDescriptor(rawValue: number)
        let error = overflows ? EFBIG : posix_fallocate(number, 0, size)
        guard error == 0 else {
            throw DatasetError.space(folder: folder, bytes: size, reason: "\(Errno(rawValue: error))")
        }
    }

    deinit {
        try? file.close()
    }

    /// Writes whole images, from a position on.
    func write(_ bytes: UnsafeRawBufferPointer, at image: Int) throws {
        try file.writeAll(toAbsoluteOffset: Int64(image * imageSize), bytes)
    }

    /// Reads whole images.
    func read(_ images: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws {
        var (offset, done) = (Int64(images.lowerBound * imageSize), 0)
        let size = images.count * imageSize
        while done < size {
            let read = try file.read(
                fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[done..<size]))
            guard read > 0 else { throw Errno.ioError }
            offset += Int64(read)
            done += read
        }
    }
}
