import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Reads a regular file whole.
///
/// - Throws: `DatasetError.file` when it is a folder or anything else but a regular file, empty, or can't be read.
func contents(of path: FilePath) throws -> [UInt8] {
    do {
        // A named pipe would block otherwise.
        let file = try FileDescriptor.open(path, .readOnly, options: [.nonBlocking])
        return try file.closeAfter {
            var status = stat()
            guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
            switch status.st_mode & S_IFMT {
            case S_IFREG: break
            case S_IFDIR: throw DatasetError.file(path.string, "This is a folder, and a file is needed.")
            default: throw DatasetError.file(path.string, "This is no regular file.")
            }
            let size = Int(status.st_size)
            guard size > 0 else { throw DatasetError.file(path.string, "The file is empty.") }
            return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                while count < size {
                    let read = try file.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
                    guard read > 0 else { break }
                    count += read
                }
            }
        }
    } catch let error as Errno {
        throw DatasetError.file(path.string, "It cannot be read (\(error)).")
    }
}
