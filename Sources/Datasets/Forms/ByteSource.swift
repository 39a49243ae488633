import CZip
import SystemPackage

/// Bytes that are read once, from their beginning to their end.
protocol ByteSource: AnyObject {
    /// What messages call it.
    var name: String { get }
    /// How many bytes there will be; `nil` where that shows at the end.
    var size: Int? { get }

    /// Reads at most `limit` bytes, fewer only at the end.
    ///
    /// - Throws: `DatasetError.file`.
    func read(upTo limit: Int) throws -> [UInt8]
}

extension SourceFile: ByteSource {
    var name: String { path.string }
    var size: Int? { isPacked ? nil : storedSize }
}

/// A ZIP archive whose files are read one after another.
final class ZipArchive {
    let path: FilePath
    /// Names in the order of the archive.
    let names: [String]
    private let archive: OpaquePointer

    /// - Throws: `DatasetError.file` when it is none, is cut short, or has a name twice.
    init(_ path: FilePath) throws {
        self.path = path
        // Whether it can be read, and is no pipe.
        _ = try SourceFile(path)
        var code: Int32 = 0
        guard let archive = zip_open(path.string, ZIP_RDONLY, &code) else {
            var error = zip_error_t()
            zip_error_init_with_code(&error, code)
            defer { zip_error_fini(&error) }
            throw DatasetError.file(
                path.string,
                "The ZIP archive cannot be read (\(String(cString: zip_error_strerror(&error)).lowercased())). "
                    + "It is cut short or damaged; get the file again.")
        }
        self.archive = archive
        let count = zip_get_num_entries(archive, 0)
        guard count <= 10_000 else {
            zip_discard(archive)
            throw DatasetError.file(path.string, "It has \(Int(count).grouped) files; an archive of arrays has a few.")
        }
        names = (0..<UInt64(max(0, count))).map { index in
            zip_get_name(archive, index, 0).map { String(cString: $0) } ?? ""
        }
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            // The archive is closed with this value, which is whole by now.
            throw DatasetError.file(path.string, "It has two files of the name “\(twice)”. Write it again.")
        }
    }

    deinit {
        zip_discard(archive)
    }

    /// - Throws: `DatasetError.file` when the file is encrypted, packed in a way that is not known, or announces more than
    ///   its packed bytes can hold.
    func file(_ name: String) throws -> ZipEntry {
        func failure(_ reason: String) -> DatasetError { .file("\(path):\(name)", reason) }
        var about = zip_stat_t()
        guard let index = names.firstIndex(of: name), zip_stat_index(archive, UInt64(index), 0, &about) == 0 else {
            throw failure("There is no such file in the archive.")
        }
        guard about.encryption_method == ZIP_EM_NONE else {
            throw failure("It is encrypted. Write it without a password.")
        }
        guard [ZIP_CM_STORE, ZIP_CM_DEFLATE].contains(Int32(about.comp_method)) else {
            throw failure(
                "It is packed by the method \(about.comp_method), and deflate is read. Write it with numpy.savez.")
        }
        let (size, packed) = (Int(clamping: about.size), Int(clamping: about.comp_size))
        guard size <= packed.multipliedOrLargest(by: Gunzip.largestRatio) else {
            throw failure("\(size.bytes) are announced, and its \(packed.bytes) cannot hold them. Get the file again.")
        }
        guard let file = zip_fopen_index(archive, UInt64(index), 0) else {
            throw failure("It cannot be read (\(String(cString: zip_strerror(archive)).lowercased())).")
        }
        return ZipEntry(self, name: "\(path):\(name)", size: size, file)
    }
}

/// One file of an archive.
final class ZipEntry: ByteSource {
    let name: String
    let size: Int?
    /// Keeps the archive open.
    private let archive: ZipArchive
    private let file: OpaquePointer

    init(_ archive: ZipArchive, name: String, size: Int, _ file: OpaquePointer) {
        self.archive = archive
        self.name = name
        self.size = size
        self.file = file
    }

    deinit {
        zip_fclose(file)
    }

    func read(upTo limit: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit {
                let read = zip_fread(file, buffer.baseAddress.map { $0 + count }, UInt64(limit - count))
                guard read >= 0 else {
                    let reason = String(cString: zip_file_strerror(file)).lowercased()
                    throw DatasetError.file(name, "Its data is damaged (\(reason)). Get the file again.")
                }
                guard read > 0 else { return }
                count += Int(read)
            }
        }
    }
}
