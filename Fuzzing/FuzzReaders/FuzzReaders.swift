import CLibFuzzer
import SystemPackage
import TestData

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Gives made-up bytes to one reader of files. A reader may refuse them with its own error, or read what it says it has read;
/// whatever else it does ends the program, and libFuzzer keeps the bytes.
///
///     fuzz-readers list
///     fuzz-readers seeds READER FOLDER
///     fuzz-readers READER [options of libFuzzer]
@main
struct FuzzReaders {
    /// libFuzzer's function has no room for a context.
    nonisolated(unsafe) private static var attempt: (([UInt8]) -> Void)?

    static func main() throws {
        let words = CommandLine.arguments
        if words.dropFirst().first == "list" { return print(Reader.allCases.map(\.rawValue).joined(separator: "\n")) }
        if words.count == 4, words[1] == "seeds", let reader = Reader(rawValue: words[2]) {
            return try write(try reader.seeds(), to: FilePath(words[3]))
        }
        guard words.count > 1, let reader = Reader(rawValue: words[1]) else {
            print("usage: fuzz-readers list | seeds READER FOLDER | READER [options of libFuzzer]")
            exit(64)
        }
        attempt = try reader.attempt(in: try MemoryFolder())
        var arguments: [UnsafeMutablePointer<CChar>?] = ([words[0]] + words[2...]).map { strdup($0) } + [nil]
        var count = Int32(arguments.count - 1)
        let status = arguments.withUnsafeMutableBufferPointer { arguments in
            var start = arguments.baseAddress
            return LLVMFuzzerRunDriver(&count, &start) { bytes, size in
                FuzzReaders.attempt?(Array(UnsafeBufferPointer(start: bytes, count: size)))
                return 0
            }
        }
        exit(status)
    }

    private static func write(_ seeds: [[UInt8]], to folder: FilePath) throws {
        for (number, seed) in seeds.enumerated() {
            try MemoryFolder.write(seed, to: folder.appending("seed-\(number)"))
        }
    }
}

/// A folder that lies in memory, where there is room for temporary files, too.
struct MemoryFolder {
    let path: FilePath

    init() throws {
        var name = Array("/dev/shm/registry-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw Errno(rawValue: errno) }
        path = FilePath(String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        setenv("TMPDIR", path.string, 1)
    }

    func write(_ bytes: [UInt8], as name: String) throws { try Self.write(bytes, to: path.appending(name)) }

    static func write(_ bytes: [UInt8], to path: FilePath) throws {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        _ = try file.closeAfter { try file.writeAll(bytes) }
    }
}
