import Samples
import SystemPackage

/// Arrays of NumPy that name the parts of a data set: in one `.npz` (Keras, MedMNIST), or in several files of a folder
/// (Kuzushiji-MNIST).
enum NumPyArrays {
    private enum Content: String {
        case images, labels
    }

    /// An array, and what its name says.
    private struct Found {
        let part: DatasetPart
        let content: Content
        let name: String
        let source: () throws -> any ByteSource

        func open() throws -> NumPyArray {
            guard content == .labels else { return try NumPyArray(try source()) }
            return try NumPyArray(
                try source(), remedy: "Write whole numbers; of names: np.unique(y, return_inverse=True)[1]")
        }
    }

    static func open(_ path: FilePath) throws -> SourceDataset {
        let (found, names) = try arrays(in: path)
        return try dataset(found, names: names, path: path)
    }

    /// The images that a file has, those of the test where it has several, with their labels where these are asked for.
    ///
    /// - Throws: `DatasetError.file` also where it cannot be told which images are meant.
    static func images(in path: FilePath, isLabelled: Bool) throws -> (ArrayStream, labels: [UInt16]?) {
        let (found, names) = try arrays(in: path)
        let images = found.filter { $0.content == .images }
        let meant = images.count == 1 ? images.first : images.first { $0.part == .test }
        let one = names.count == 1 ? try onlyArray(in: path) : nil
        guard let array = try meant?.open() ?? one else {
            throw DatasetError.file(
                path.string,
                "It cannot be told which images are meant; its arrays are \(DatasetError.list(names)). Call them x, or those "
                    + "of the test x_test.")
        }
        let stream = try stream(of: array)
        guard isLabelled else { return (stream, nil) }
        guard let labels = try found.first(where: { $0.content == .labels && $0.part == meant?.part })?.open() else {
            throw DatasetError.file(
                path.string,
                "There are no labels beside its images; its arrays are \(DatasetError.list(names)). Call them y.")
        }
        try check(labels, belongTo: array)
        return (stream, try labels.labels())
    }

    private static func onlyArray(in path: FilePath) throws -> NumPyArray? {
        guard path.extension?.lowercased() != "npy" else { return try NumPyArray(SourceFile(path)) }
        let archive = try ZipArchive(path)
        return try archive.names.first.map { try NumPyArray(archive.file($0)) }
    }

    private static func arrays(in path: FilePath) throws -> ([Found], names: [String]) {
        var (found, names): ([Found], [String]) = ([], [])
        func add(_ word: String, _ source: @escaping () throws -> any ByteSource) {
            names.append(word)
            if let array = role(of: word).map({ Found(part: $0.0, content: $0.1, name: word, source: source) }) {
                found.append(array)
            }
        }
        for file in try files(path) {
            let stem = file.stem ?? ""
            guard file.extension?.lowercased() != "npy" else {
                add(stem) { try SourceFile(file) }
                continue
            }
            let archive = try ZipArchive(file)
            for name in archive.names {
                let word = name.hasSuffix(".npy") ? String(name.dropLast(4)) : name
                // Of an array without a name, the file's name says what it is.
                add(word == "arr_0" && archive.names.count == 1 ? stem : word) { try archive.file(name) }
            }
        }
        return (found, names)
    }

    private static func files(_ path: FilePath) throws -> [FilePath] {
        guard isFolder(path) else { return [path] }
        let files = try visibleNames(in: path).map(path.appending)
            .filter { ["npz", "npy"].contains($0.extension?.lowercased()) }
        guard files.count <= 100 else {
            throw DatasetError.file(
                path.string, "It holds \(files.count.grouped) files of arrays; a data set has at most six.")
        }
        return files
    }

    private static func dataset(_ found: [Found], names: [String], path: FilePath) throws -> SourceDataset {
        func array(_ part: DatasetPart, _ content: Content) throws -> NumPyArray? {
            let candidates = found.filter { $0.part == part && $0.content == content }
            guard candidates.count <= 1 else {
                throw DatasetError.file(
                    path.string,
                    "“\(candidates[0].name)” and “\(candidates[1].name)” could both be the \(content.rawValue) of "
                        + "\(part.rawValue). Keep one of them.")
            }
            return try candidates.first?.open()
        }
        let hasParts = found.contains { $0.part != .whole }
        var parts: [DatasetPart: SourceDataset.Part] = [:]
        for part in DatasetPart.allCases where (part == .whole) != hasParts {
            let (images, labels) = (try array(part, .images), try array(part, .labels))
            guard images != nil || labels != nil else { continue }
            guard let images, let labels else {
                throw DatasetError.file(
                    path.string,
                    "There are \((images ?? labels)?.name ?? "arrays"), and no \(images == nil ? "images" : "labels") "
                        + "beside. Its arrays are \(DatasetError.list(names)).")
            }
            parts[part] = try self.part(images: images, labels: labels)
        }
        guard !parts.isEmpty else {
            throw DatasetError.file(
                path.string,
                "No arrays of a data set are recognised; it has \(DatasetError.list(names)). Call them x_train, y_train, "
                    + "x_test and y_test.")
        }
        let read = found.filter { parts[$0.part] != nil }.map(\.name)
        let others = names.filter { !read.contains($0) }
        return SourceDataset(
            parts: parts, classNames: nil,
            remarks: others.isEmpty ? [] : ["Not read: \(DatasetError.list(others))."])
    }

    private static func part(images: NumPyArray, labels: NumPyArray) throws -> SourceDataset.Part {
        try check(labels, belongTo: images)
        return SourceDataset.Part(
            labels: try labels.labels(), images: try stream(of: images), name: labels.name)
    }

    private static func check(_ labels: NumPyArray, belongTo images: NumPyArray) throws {
        guard labels.shape[0] == images.shape[0] else {
            throw DatasetError.counts(
                images: images.shape[0], labels: labels.shape[0], imageFile: images.name, labelFile: labels.name)
        }
    }

    private static func stream(of images: NumPyArray) throws -> ArrayStream {
        let sizes = images.shape
        let (shape, layout): (ImageShape, PixelLayout)
        if sizes.count == 3 {
            (shape, layout) = (ImageShape(channels: 1, height: sizes[1], width: sizes[2]), .planes)
        } else if sizes.count == 4, [1, 3].contains(sizes[3]) {
            (shape, layout) = (ImageShape(channels: sizes[3], height: sizes[1], width: sizes[2]), .interleaved)
        } else if sizes.count == 4, [1, 3].contains(sizes[1]) {
            (shape, layout) = (ImageShape(channels: sizes[1], height: sizes[2], width: sizes[3]), .planes)
        } else {
            let remedy =
                sizes.count == 2
                ? " Write it with x.reshape(-1, height, width)."
                : sizes.last == 4 ? " Leave the fourth out: x[..., :3]" : ""
            throw DatasetError.file(
                images.name,
                "Images have the shape (N, height, width), or 4 dimensions with 1 or 3 channels, and this has "
                    + "\(NumPyArray.text(sizes)).\(remedy)")
        }
        return ArrayStream(count: sizes[0], shape: shape, layout: layout, read: images.intensities)
    }

    /// What a name says, e.g. `x_train`, `val_labels`, `kmnist-test-imgs`.
    private static func role(of name: String) -> (DatasetPart, Content)? {
        let words = name.lowercased().split { "_-. ".contains($0) }
        let images = words.contains { ["x", "image", "images", "imgs", "data"].contains($0) }
        let labels = words.contains { ["y", "label", "labels", "target", "targets"].contains($0) }
        guard images != labels else { return nil }
        let parts = Set(words.compactMap { DatasetPart(word: $0) })
        guard parts.count <= 1 else { return nil }
        return (parts.first ?? .whole, images ? .images : .labels)
    }
}
