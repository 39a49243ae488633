import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Reads a file that was named on the command line.
func readFile(_ path: String) throws -> [UInt8] {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw UsageError.unreadable(path, reason: "there is no such file")
    }
    guard !isFolder else { throw UsageError.unreadable(path, reason: "it is a folder") }
    do {
        return [UInt8](try Data(contentsOf: URL(filePath: path)))
    } catch {
        throw UsageError.unreadable(path, reason: "permission denied")
    }
}

/// Writes a file beside its place and moves it there when it is whole and on the disk.
func writeFile(_ bytes: [UInt8], to path: String) throws {
    let temporary = FilePath(path + ".\(getpid()).partial")
    do {
        let file = try FileDescriptor.open(
            temporary, .writeOnly, options: [.create, .truncate], permissions: FilePermissions(rawValue: 0o644))
        try file.closeAfter {
            _ = try file.writeAll(bytes)
            guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
        }
        guard rename(temporary.string, path) == 0 else { throw Errno(rawValue: errno) }
    } catch let error as Errno {
        unlink(temporary.string)
        throw UsageError.unwritable(path, reason: "\(error)".lowercased())
    }
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
