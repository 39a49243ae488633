import FoundationEssentials
import SystemPackage

/// A table of picture files, `path,label[,split]`, with paths from the table's folder.
enum Manifest {
    private static let header = ["path", "label"]

    /// Whether a file begins with the heading of such a table.
    static func isHeader(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self).drop { $0 == "\u{FEFF}" }
        let first = text.prefix { !$0.isNewline }.split(separator: ",").map { $0.trimmed.lowercased() }
        return first.starts(with: header)
    }

    /// The one table in a folder; `nil` when there is none.
    static func find(in folder: FilePath, _ names: [String]) throws -> FilePath? {
        let tables = try names.filter { $0.lowercased().hasSuffix(".csv") }.prefix(20).map(folder.appending)
            .filter { isHeader(try SourceFile($0).read(upTo: 1024)) }
        guard tables.count <= 1 else {
            throw DatasetError.file(
                folder.string, "It has \(tables.count) tables of pictures. Name the one that is meant.")
        }
        return tables.first
    }

    static func open(_ path: FilePath, classNames: [String]?) throws -> SourceDataset {
        guard !isFolder(path) else {
            guard let table = try find(in: path, visibleNames(in: path)) else {
                throw DatasetError.file(path.string, "It holds no table that begins with path,label.")
            }
            return try open(table, classNames: classNames)
        }
        let rows = try table(path)
        let classes = try classNames ?? names(of: rows, path)
        let positions = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($0.element, UInt16($0.offset)) })
        let root = try root(of: path)
        var parts: [DatasetPart: (labels: [UInt16], files: [FilePath])] = [:]
        for row in rows {
            guard let label = positions[row.label] else {
                throw failure(
                    path, row.line, "“\(row.label)” is no class; the classes are \(DatasetError.list(classes)).")
            }
            parts[row.part, default: ([], [])].labels.append(label)
            parts[row.part]?.files.append(try file(row.path, in: root) { failure(path, row.line, $0) })
        }
        return SourceDataset(
            parts: parts.mapValues { part in
                SourceDataset.Part(
                    labels: part.labels, images: PictureStream(files: part.files), name: path.string)
            }, classNames: classes)
    }

    /// The pictures that a table names, whatever their splits, with the label of each.
    static func pictures(of path: FilePath) throws -> [(path: FilePath, label: String)] {
        let root = try root(of: path)
        return try table(path).map { row in
            (try file(row.path, in: root) { failure(path, row.line, $0) }, row.label)
        }
    }

    private static func failure(_ path: FilePath, _ line: Int, _ reason: String) -> DatasetError {
        .file("\(path):\(line)", reason)
    }

    private struct Line {
        let line: Int
        let path: String
        let label: String
        let part: DatasetPart
    }

    private static func table(_ path: FilePath) throws -> [Line] {
        var (rows, columns): ([Line], Int) = ([], 0)
        try CSVRows.read(SourceFile(path), limit: 512 << 20) { row in
            let (line, cells) = (row.line, try row.texts())
            if columns == 0 {
                let heading = cells.map { $0.trimmed.lowercased() }
                guard heading == header || heading == header + ["split"] else {
                    throw failure(
                        path, line,
                        "The first line is “\(cells.joined(separator: ",").prefix(60))”; path,label or "
                            + "path,label,split is needed.")
                }
                columns = heading.count
                return
            }
            guard cells.count == columns else {
                throw failure(path, line, "It has \(cells.count) cells; the first line has \(columns).")
            }
            var part = DatasetPart.whole
            if columns == 3 {
                guard let named = DatasetPart(word: cells[2].trimmed) else {
                    throw failure(path, line, "The split is “\(cells[2])”; train, val or test is needed.")
                }
                part = named
            }
            rows.append(Line(line: line, path: cells[0], label: cells[1].trimmed, part: part))
        }
        guard !rows.isEmpty else { throw DatasetError.file(path.string, "It names no pictures.") }
        return rows
    }

    /// In the order of their bytes; of numbers from 0 to 999 all up to the largest, in their order.
    private static func names(of rows: [Line], _ path: FilePath) throws -> [String] {
        let labels = Set(rows.map(\.label))
        let numbers = labels.compactMap { label in Int(label).flatMap { "\($0)" == label && $0 >= 0 ? $0 : nil } }
        if numbers.count == labels.count, let largest = numbers.max(), largest < ImageDataset.mostClasses {
            return (0...max(largest, 1)).map(String.init)
        }
        let names = labels.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        try ClassNames.check(names, of: path)
        return names
    }

    /// The folder of the table, with its links resolved.
    private static func root(of path: FilePath) throws -> String {
        let folder = path.removingLastComponent()
        let named = folder.isEmpty ? "." : folder.string
        guard let resolved = realpath(named, nil) else {
            throw DatasetError.file(named, "It cannot be read (\(Errno(rawValue: errno))).")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// A picture's file, which must lie within the table's folder, wherever links lead.
    private static func file(_ name: String, in root: String, _ failure: (String) -> DatasetError) throws -> FilePath {
        let path = FilePath(name)
        guard !name.isEmpty, !name.utf8.contains(0) else { throw failure("The path is empty, or has a NUL character.") }
        guard path.isRelative, !path.components.contains("..") else {
            throw failure("The path “\(name)” leads out of the table's folder. Give paths from there.")
        }
        let whole = FilePath(root).pushing(path)
        guard let resolved = realpath(whole.string, nil) else {
            let reason = "“\(name)” cannot be read (\(Errno(rawValue: errno)))."
            throw failure(name.contains("\\") ? "\(reason) Write paths with / between folders." : reason)
        }
        defer { free(resolved) }
        guard FilePath(String(cString: resolved)).starts(with: FilePath(root)) else {
            throw failure("The path “\(name)” leads out of the table's folder by a link.")
        }
        return whole
    }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif
