import FoundationEssentials
import Reporting
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Reads a file that was named on the command line.
///
/// It is opened without waiting: what is no file (a pipe, a device) is refused, and never read.
///
/// - Parameter limit: Bytes that it may have.
/// - Throws: `FileError`.
func readFile(_ path: String, limit: Int) throws -> [UInt8] {
    do {
        let file = try FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec])
        return try file.closeAfter {
            var status = stat()
            guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
            switch status.st_mode & S_IFMT {
            case S_IFREG: break
            case S_IFDIR: throw FileError.unreadable(path, reason: "it is a folder")
            case S_IFIFO: throw FileError.unreadable(path, reason: "it is a pipe, and a file is needed")
            default: throw FileError.unreadable(path, reason: "it is a device, and a file is needed")
            }
            let size = Int(status.st_size)
            guard size <= limit else {
                throw FileError.unreadable(
                    path, reason: "it has \(Quantity.count(size)) bytes, and at most \(Quantity.count(limit)) are read")
            }
            return try [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
                while count < size {
                    let read = try file.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(bytes)[count...]))
                    if read == 0 { break }
                    count += read
                }
            }
        }
    } catch Errno.noSuchFileOrDirectory {
        throw FileError.unreadable(path, reason: "there is no such file")
    } catch let error as Errno {
        throw FileError.unreadable(path, reason: "\(error)".lowercased())
    }
}

/// A file that was named on the command line.
enum FileError: Failure {
    case unreadable(String, reason: String)
    case unwritable(String, reason: String)

    var exitStatus: ExitStatus {
        switch self {
        case .unreadable: .notFound
        case .unwritable: .cannotWrite
        }
    }

    var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot be read (\(reason))."
        case .unwritable(let path, let reason): "\(path): cannot be written (\(reason)). Nothing was left there."
        }
    }
}

/// Whether the path ends in one of these extensions, in upper or lower case.
func hasExtension(_ path: String, _ extensions: [String]) -> Bool {
    FilePath(path).extension.map { extensions.contains($0.lowercased()) } ?? false
}

/// A temporary file that has no name, and is gone with this value.
struct UnnamedFile: ~Copyable {
    let descriptor: FileDescriptor

    init() throws {
        var name = Array("\(FileManager.default.temporaryDirectory.path())/registry-XXXXXX".utf8CString)
        let number = mkstemp(&name)
        guard number >= 0 else { throw Errno(rawValue: errno) }
        unlink(name)
        descriptor = FileDescriptor(rawValue: number)
    }

    deinit { try? descriptor.close() }

    /// The last of what was written to it.
    func end(bytes count: Int) throws -> String {
        let size = try descriptor.seek(offset: 0, from: .end)
        var bytes = [UInt8](repeating: 0, count: min(count, Int(size)))
        let read = try bytes.withUnsafeMutableBytes {
            try descriptor.read(fromAbsoluteOffset: size - Int64($0.count), into: $0)
        }
        return String(decoding: bytes[..<read], as: UTF8.self)
    }
}
