import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A regular file that is read in pieces, and unpacked when it is gzip: no more is held than what was asked for.
final class SourceFile {
    let path: FilePath
    /// Bytes on the disk.
    let storedSize: Int
    private let file: FileDescriptor
    private let gunzip: Gunzip?

    var isPacked: Bool { gunzip != nil }

    /// - Throws: `DatasetError.file` when it is a folder or anything else but a regular file, empty, or can't be read.
    init(_ path: FilePath) throws {
        self.path = path
        do {
            // A named pipe would block otherwise.
            let file = try FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec])
            do {
                let isPacked: Bool
                (storedSize, isPacked) = try Self.examine(file, path)
                gunzip = isPacked ? Gunzip() : nil
                self.file = file
            } catch {
                try? file.close()
                throw error
            }
        } catch let error as Errno {
            throw DatasetError.file(path.string, "It cannot be read (\(error)).")
        }
    }

    private static func examine(_ file: FileDescriptor, _ path: FilePath) throws -> (size: Int, isPacked: Bool) {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw DatasetError.file(path.string, "This is a folder, and a file is needed.")
        default: throw DatasetError.file(path.string, "This is not a regular file.")
        }
        guard status.st_size > 0 else { throw DatasetError.file(path.string, "The file is empty. Fetch it again.") }
        var magic: [UInt8] = [0, 0]
        _ = try magic.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }
        return (Int(status.st_size), magic == [0x1F, 0x8B])
    }

    deinit {
        try? file.close()
    }

    /// Reads or unpacks at most `limit` bytes.
    ///
    /// - Returns: Fewer only at the end.
    /// - Throws: `DatasetError.file`.
    func read(upTo limit: Int) throws -> [UInt8] {
        func reason(_ error: any Error) -> String {
            switch error {
            case GzipError.damaged(let reason): "The gzip data is damaged (\(reason)). Fetch the file again."
            case GzipError.cut: "The gzip data has no end. The file is cut short; fetch it again."
            case GzipError.trailing: "Something that is not gzip follows after the gzip data. Fetch the file again."
            default: "It cannot be read (\(error))."
            }
        }
        do {
            if let gunzip { return try gunzip.read(upTo: limit) { try file.read(into: $0) } }
            return try [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
                while count < limit {
                    let read = try file.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
                    guard read > 0 else { return }
                    count += read
                }
            }
        } catch {
            throw DatasetError.file(path.string, reason(error))
        }
    }
}
