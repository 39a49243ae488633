import SystemPackage

/// A folder for each class with its pictures, in folders for the parts (`train/`, `val/`, `test/`) or without.
enum ClassFolders {
    static func open(_ folder: FilePath, classNames: [String]?) throws -> SourceDataset {
        let folders = try readableNames(in: folder).filter { isFolder(folder.appending($0)) }
        let named = folders.compactMap { name in DatasetPart(word: name).map { (part: $0, name: name) } }
        let isFlat = !named.contains { $0.part == .training || $0.part == .test }
        guard !isFlat else {
            let classes = try classNames ?? checked(folders, of: folder)
            return SourceDataset(
                parts: [.whole: try part(folder, folders, classes: classes)], classNames: classes)
        }
        if let other = folders.first(where: { DatasetPart(word: $0) == nil }) {
            throw DatasetError.file(
                folder.string,
                "It has the folder “\(other)” beside \(named.map(\.name).joined(separator: ", ")). Name the folder that "
                    + "holds the classes, or that holds train, val and test alone.")
        }
        var parts: [DatasetPart: SourceDataset.Part] = [:]
        var classes = classNames
        for (part, name) in named.sorted(by: { $0.part == .training && $1.part != .training }) {
            guard parts[part] == nil else {
                throw DatasetError.file(
                    folder.string, "“\(name)” is a second folder for \(part.rawValue). Keep one of them.")
            }
            let inner = folder.appending(name)
            let found = try readableNames(in: inner).filter { isFolder(inner.appending($0)) }
            if classes == nil { classes = try checked(found, of: inner) }
            parts[part] = try self.part(inner, found, classes: classes ?? [])
        }
        return SourceDataset(parts: parts, classNames: classes)
    }

    /// - Throws: For a name that can't be opened again by what is shown of it: its class or picture would be left out.
    private static func readableNames(in folder: FilePath) throws -> [String] {
        let names = try visibleNames(in: folder)
        if let name = names.first(where: { $0.unicodeScalars.contains("\u{FFFD}") }) {
            throw DatasetError.file(
                folder.string, "The name “\(name)” in it has bytes that are not UTF-8. Rename or remove what has it.")
        }
        return names
    }

    private static func checked(_ names: [String], of folder: FilePath) throws -> [String] {
        guard names.count > 1 else {
            throw DatasetError.file(
                folder.string,
                "It holds \(names.isEmpty ? "no folder" : "the folder “\(names[0])” alone"), and each folder is a class. "
                    + "Name the folder that holds the classes, or train, val and test.")
        }
        try ClassNames.check(names, of: folder)
        return names
    }

    private static func part(_ folder: FilePath, _ names: [String], classes: [String]) throws -> SourceDataset.Part {
        let positions = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($0.element, UInt16($0.offset)) })
        var (labels, files): ([UInt16], [FilePath]) = ([], [])
        for name in names {
            guard let label = positions[name] else {
                throw DatasetError.file(
                    folder.appending(name).string,
                    "“\(name)” is no class; the classes are \(DatasetError.list(classes)). Rename or remove the folder."
                )
            }
            let inner = folder.appending(name)
            let pictures = try readableNames(in: inner)
            guard !pictures.isEmpty else {
                throw DatasetError.file(inner.string, "The folder is empty. Remove it, or put pictures into it.")
            }
            for picture in pictures {
                let path = inner.appending(picture)
                guard Picture.isName(picture) else {
                    throw DatasetError.file(
                        path.string,
                        isFolder(path)
                            ? "This is a folder, and a class's folder holds pictures alone. Move its pictures out of it."
                            : "This is no .png, .jpg, .jpeg, .pgm or .ppm file, and a class's folder holds pictures alone. "
                                + "Convert or remove it.")
                }
                labels.append(label)
                files.append(path)
            }
        }
        guard !files.isEmpty else { throw DatasetError.unrecognised(folder: folder.string, found: names) }
        return SourceDataset.Part(labels: labels, images: PictureStream(files: files), name: folder.string)
    }
}
