import SystemPackage

/// Finds the four files of a data set in a folder, whatever a distribution calls them.
struct DatasetFolder {
    /// Of each file one path, and those of the same name in another form.
    let paths: [IDXName: [FilePath]]
    /// What the files' names begin with, in lower case, e.g. `emnist-letters`.
    let prefix: String

    /// - Throws: `DatasetError` when a file is missing, or the folder has several data sets.
    init(_ folder: FilePath) throws {
        let found = try visibleNames(in: folder)
        var sets: [String: [IDXName: [FilePath]]] = [:]
        for file in found {
            guard let parts = Self.parts(of: file) else { continue }
            sets[parts.prefix, default: [:]][parts.name, default: []].append(folder.appending(file))
        }
        let whole = sets.filter { $0.value.count == IDXName.allCases.count }
        // Files with their plain names are meant before all others.
        let meant = whole[""] != nil ? "" : whole.count == 1 ? whole.first?.key : nil
        if let meant, let set = whole[meant] {
            (paths, prefix) = (set, meant)
            return
        }
        guard whole.isEmpty else {
            throw DatasetError.several(folder: folder.string, prefixes: whole.keys.sorted())
        }
        let nearest = sets.values.max { $0.count < $1.count } ?? [:]
        let missing = IDXName.allCases.first { nearest[$0] == nil } ?? .trainingImages
        throw DatasetError.missing(folder: folder.string, file: missing.rawValue, found: found)
    }

    /// What a file's name says: `emnist-letters-test-images-idx3-ubyte.gz` is of the test images, behind
    /// `emnist-letters`.
    static func parts(of file: String) -> (prefix: String, name: IDXName)? {
        var words = file.lowercased().split { "-._".contains($0) }
        if words.last == "gz" { words.removeLast() }
        guard words.count >= 3, let format = words.lastIndex(where: { $0.hasPrefix("idx") }), format >= 2,
            format >= words.count - 2, let number = words[format].dropFirst(3).first, number.isWholeNumber
        else { return nil }
        let name: IDXName
        switch (words[format - 2], words[format - 1]) {
        case ("train", "images"), ("training", "images"): name = .trainingImages
        case ("train", "labels"), ("training", "labels"): name = .trainingLabels
        case ("t10k", "images"), ("test", "images"): name = .testImages
        case ("t10k", "labels"), ("test", "labels"): name = .testLabels
        default: return nil
        }
        return (words[..<(format - 2)].joined(separator: "-"), name)
    }
}
