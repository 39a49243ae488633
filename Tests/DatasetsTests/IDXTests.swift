import SystemPackage
import Testing

@testable import Datasets

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("Reading IDX files")
struct IDXTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    /// Writes a file, reads it as images, and returns what was thrown.
    private func reason(_ bytes: [UInt8], dimensionCount: Int = 3) throws -> String {
        try folder.write(bytes, as: "file")
        return try reason(dimensionCount: dimensionCount)
    }

    private func reason(dimensionCount: Int = 3) throws -> String {
        let path = folder.path.appending("file")
        let error = #expect(throws: DatasetError.self) { try IDXFile(path, dimensionCount: dimensionCount) }
        let description = try #require(error).description
        #expect(description.hasPrefix(path.string), "the file is named")
        #expect(!description.contains("\n"), "one line")
        return description
    }

    @Test("raw and packed files give dimensions and values", arguments: [false, true])
    func whole(isPacked: Bool) throws {
        let bytes = idx([2, 3, 4], (0..<24).map { UInt8($0) })
        try folder.write(isPacked ? gzip(bytes) : bytes, as: "file")
        let file = try IDXFile(folder.path.appending("file"), dimensionCount: 3)
        #expect(file.dimensions == [2, 3, 4])
        #expect(file.values == (0..<24).map { UInt8($0) })
    }

    @Test("a file cut at any byte is refused", arguments: [false, true])
    func cut(isPacked: Bool) throws {
        let whole =
            isPacked ? gzip(idx([2, 3, 4], (0..<24).map { UInt8($0) })) : idx([2, 3, 4], (0..<24).map { UInt8($0) })
        for length in 1..<whole.count { _ = try reason(Array(whole.prefix(length))) }
        if !isPacked {
            #expect(try reason(Array(whole.dropLast())).contains("24 bytes are announced, at most 23 found"))
        }
    }

    @Test("any changed bit of a packed file is refused, or changes nothing")
    func changedBits() throws {
        let values = (0..<24).map { UInt8($0) }
        let whole = gzip(idx([2, 3, 4], values))
        for bit in 0..<whole.count * 8 {
            var changed = whole
            changed[bit / 8] ^= 1 << (bit % 8)
            try folder.write(changed, as: "file")
            if let file = try? IDXFile(folder.path.appending("file"), dimensionCount: 3) {
                // The header's time stamp and operating system mean nothing.
                #expect(file.values == values && file.dimensions == [2, 3, 4])
            }
        }
    }

    @Test("wrong magic numbers are refused")
    func magic() throws {
        #expect(try reason(idx([2], [0, 1])).contains("begins with 00 00 08 01"))
        #expect(try reason(idx([2, 3, 4], Array(repeating: 0, count: 24)), dimensionCount: 1).contains("labels"))
        #expect(try reason(idx([2, 3, 4], Array(repeating: 0, count: 24), type: 13)).contains("00 00 0D 03"))
        #expect(try reason(Array("<!DOCTYPE html>".utf8)).contains("3C 21 44 4F"))
    }

    @Test("bytes after the last value are refused")
    func trailing() throws {
        let bytes = idx([2, 1, 1], [1, 2])
        #expect(try reason(bytes + [3]).contains("1 bytes follow"))
        #expect(try reason(gzip(bytes + [3])).contains("More follows"))
        #expect(try reason(gzip(bytes) + [3]).contains("1 bytes follow"))
        #expect(try reason(gzip(bytes) + gzip(bytes)).contains("follow"))
    }

    @Test("dimensions whose product overflows, is huge or zero are refused before anything is allocated")
    func dimensions() throws {
        for pack in [{ $0 }, gzip] as [([UInt8]) -> [UInt8]] {
            #expect(try reason(pack(idx([.max, .max, .max], [1]))).contains("more than 4 GiB"))
            #expect(try reason(pack(idx([1 << 16, 1 << 16, 1], [1]))).contains("found"))
            #expect(try reason(pack(idx([0, 28, 28], []))).contains("nothing in it"))
        }
    }

    @Test("a gzip bomb is unpacked no further than its header says")
    func bomb() throws {
        // 64 MB of zeros in 64 kB, behind a header for two bytes.
        #expect(try reason(gzip(idx([2, 1, 1], Array(repeating: 0, count: 64 << 20)))).contains("More follows"))
    }

    @Test("folders, pipes, empty, absent and unreadable files are refused")
    func noFile() throws {
        #expect(try reason().contains("No such file"))
        #expect(try reason([]).contains("empty"))
        try #require(unlinked("file"))
        let path = folder.path.appending("file").string
        try #require(mkdir(path, 0o700) == 0)
        #expect(try reason().contains("folder"))
        rmdir(path)
        try #require(mkfifo(path, 0o600) == 0)
        #expect(try reason().contains("no regular file"))
        try #require(unlinked("file"))
        if getuid() != 0 {  // Root may read everything.
            try folder.write(idx([1], [1]), as: "file")
            chmod(path, 0)
            #expect(try reason(dimensionCount: 1).contains("cannot be read"))
        }
    }

    private func unlinked(_ name: String) -> Bool { unlink(folder.path.appending(name).string) == 0 }
}
