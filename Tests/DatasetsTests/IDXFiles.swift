import SystemPackage
import TestData

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The bytes of an IDX file.
func idx(_ dimensions: [Int], _ values: [UInt8], type: UInt8 = 8) -> [UInt8] {
    FormFile.idx(dimensions, values, type: type)
}

/// A folder that is gone when the test is over.
final class Folder {
    let path: FilePath

    init() throws {
        var name = Array("/tmp/registry-datasets-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw Errno(rawValue: errno) }
        path = FilePath(platformString: name)
    }

    deinit {
        // Only a handful of files, none of them a folder's.
        system("rm -rf '\(path)'")
    }

    func write(_ bytes: [UInt8], as name: String) throws {
        let file = try FileDescriptor.open(
            path.appending(name), .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        try file.closeAfter { _ = try file.writeAll(bytes) }
    }

    /// Writes a data set of 3 × 2 pixels: `trainingLabels.count` and 2 images.
    func writeSmallDataset(packed: Bool = false, dotted: Bool = false) throws {
        func name(_ name: String) -> String {
            (dotted ? name.replacing("-idx", with: ".idx") : name) + (packed ? ".gz" : "")
        }
        func bytes(_ plain: [UInt8]) -> [UInt8] { packed ? gzip(plain) : plain }
        try write(
            bytes(idx([3, 2, 3], (0..<18).map { UInt8($0 * 10) })), as: name("train-images-idx3-ubyte"))
        try write(bytes(idx([3], [0, 1, 2])), as: name("train-labels-idx1-ubyte"))
        try write(bytes(idx([2, 2, 3], Array(repeating: 7, count: 12))), as: name("t10k-images-idx3-ubyte"))
        try write(bytes(idx([2], [2, 0])), as: name("t10k-labels-idx1-ubyte"))
    }
}

/// Packs with the same library that other programs use.
func gzip(_ bytes: [UInt8]) -> [UInt8] { FormFile.deflated(bytes, windowBits: 31) }
