import Dispatch
import Synchronization
import SystemPackage

/// Images that are to be classified, in files of any form: pictures, IDX files, NumPy's arrays, folders of them, and tables
/// of pictures; with the class of each where these are asked for.
package struct ImageFiles: Sendable {
    /// What a file says of an image's class.
    package enum Label: Sendable, Hashable {
        case name(String)
        /// Counts from 0.
        case number(Int)
    }

    /// Images one after another.
    package struct Batch: Sendable {
        /// Of each image: its file, and in a file of several its position behind `#`.
        package let names: [String]
        /// Of each image; `nil` where labels were not asked for.
        package let labels: [Label]?
        /// image × channels × height × width intensities.
        package let pixels: [UInt8]
    }

    private struct File: Sendable {
        let path: FilePath
        let label: Label?
        let isPicture: Bool
    }

    private let files: [File]
    /// The labels of the one IDX file.
    private let labels: FilePath?
    private let isLabelled: Bool

    /// Lists what there is to be read; no image is read yet.
    ///
    /// - Parameters:
    ///   - isLabelled: Whether labels are asked for: a picture's is the folder below the one that was named, or its cell in a
    ///     table; those of arrays are beside them.
    ///   - labels: An IDX file with those of the one IDX file of images.
    /// - Throws: `DatasetError.file`.
    package init(_ paths: [FilePath], isLabelled: Bool, labels: FilePath? = nil) throws {
        var files: [File] = []
        for path in paths {
            if isFolder(path) {
                let before = files.count
                try Self.list(path, label: nil, into: &files)
                guard files.count > before else { throw DatasetError.file(path.string, "There is no picture in it.") }
            } else if try Manifest.isHeader(SourceFile(path).read(upTo: 1024)) {
                files += try Manifest.pictures(of: path).map {
                    File(path: $0.path, label: .name($0.label), isPicture: true)
                }
            } else {
                files.append(File(path: path, label: nil, isPicture: Picture.isName(path.string)))
            }
        }
        guard labels == nil || files.count == 1 else {
            throw DatasetError.file(
                labels?.string ?? "", "These are the labels of one file, and \(files.count) are named.")
        }
        if isLabelled, let file = files.first(where: { $0.isPicture && $0.label == nil }) {
            throw DatasetError.file(
                file.path.string,
                "It has no label: put it into a folder of its class, and name the folder around, or name a "
                    + "table path,label.")
        }
        self.files = files
        self.labels = labels
        self.isLabelled = isLabelled
    }

    /// Links may lead round in circles.
    private static let deepestFolder = 8

    /// The pictures in a folder and those below it.
    private static func list(_ folder: FilePath, label: Label?, depth: Int = 0, into files: inout [File]) throws {
        guard depth <= deepestFolder else {
            throw DatasetError.file(
                folder.string, "It lies more than \(deepestFolder) folders deep, or in a circle of links.")
        }
        for name in try visibleNames(in: folder) {
            let path = folder.appending(name)
            if Picture.isName(name) {
                files.append(File(path: path, label: label, isPicture: true))
            } else if isFolder(path) {
                try list(path, label: label ?? .name(name), depth: depth + 1, into: &files)
            } else {
                throw DatasetError.file(
                    path.string,
                    "This is no .png, .jpg, .jpeg, .pgm or .ppm file. Remove it, or name the files that are meant.")
            }
        }
    }

    /// Reads all images on a thread of its own, while those before are worked on: no more than three batches are in memory.
    ///
    /// - Parameters:
    ///   - shape: What they are brought to: grey of colours, or one grey in three channels, and another size, as in an import.
    ///   - body: Called on this thread, in order.
    /// - Throws: `DatasetError` for the first file that is damaged; what `body` throws.
    package func forEachBatch(as shape: ImageShape, _ body: (Batch) throws -> Void) throws {
        let handover = Handover()
        DispatchQueue(label: "images").async {
            do {
                try read(as: shape) { try handover.give($0) }
                handover.end(nil)
            } catch {
                handover.end(error)
            }
        }
        defer { handover.abandon() }
        while let batch = try handover.take() { try body(batch) }
    }

    private func read(as shape: ImageShape, _ give: (Batch) throws -> Void) throws {
        let most = max(1, min(512, (8 << 20) / shape.count))
        var pictures: [File] = []
        func flush() throws {
            guard !pictures.isEmpty else { return }
            let stream = PictureStream(files: pictures.map(\.path))
            try give(
                Batch(
                    names: pictures.map(\.path.string), labels: isLabelled ? pictures.compactMap(\.label) : nil,
                    pixels: try stream.pixels(of: pictures.indices, as: shape)))
            pictures.removeAll(keepingCapacity: true)
        }
        for file in files {
            if try file.isPicture || !isArray(file.path) {
                guard !isLabelled || file.label != nil else {
                    throw DatasetError.file(file.path.string, "It has no label, and is no file of arrays.")
                }
                pictures.append(file)
                if pictures.count == most { try flush() }
            } else {
                try flush()
                let (stream, numbers) = try array(file.path)
                try stream.forEachBlock(as: shape) { done, count, pixels in
                    for start in stride(from: 0, to: count, by: most) {
                        let range = start..<min(start + most, count)
                        try give(
                            Batch(
                                names: range.map { "\(file.path)#\(done + $0)" },
                                labels: numbers.map { numbers in range.map { .number(Int(numbers[done + $0])) } },
                                pixels: Array(pixels[range.lowerBound * shape.count..<range.upperBound * shape.count])))
                    }
                }
            }
        }
        try flush()
    }

    /// Whether a file's first bytes are not those of a picture but of arrays.
    private func isArray(_ path: FilePath) throws -> Bool {
        let start = try SourceFile(path).read(upTo: 8)
        return start.starts(with: [0, 0]) || Self.isNumPy(start)
    }

    private static func isNumPy(_ start: [UInt8]) -> Bool {
        start.starts(with: Array("PK".utf8)) || start.starts(with: [0x93] + Array("NUMPY".utf8))
    }

    private func array(_ path: FilePath) throws -> (ArrayStream, [UInt16]?) {
        guard try !Self.isNumPy(SourceFile(path).read(upTo: 8)) else {
            return try NumPyArrays.images(in: path, isLabelled: isLabelled)
        }
        let file = try IDXFile(path, .images)
        let (shape, layout) = try file.images()
        let stream = ArrayStream(
            count: file.dimensions[0], shape: shape, layout: layout, read: { try file.intensities($0) })
        guard isLabelled else { return (stream, nil) }
        guard let labels else {
            throw DatasetError.file(path.string, "It has images alone; name the file of their labels, too.")
        }
        let values = try IDXFile(labels, .labels).values()
        guard values.count == stream.count else {
            throw DatasetError.counts(
                images: stream.count, labels: values.count, imageFile: path.string, labelFile: labels.string)
        }
        return (stream, values)
    }
}

/// Hands batches from a thread that reads to one that computes; one may wait in between.
private final class Handover: Sendable {
    private struct State {
        var next: ImageFiles.Batch?
        var error: (any Error)?
        var isAbandoned = false
    }

    private struct Abandoned: Error {}

    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: 0)
    private let filled = DispatchSemaphore(value: 0)

    init() {
        room.signal()
    }

    /// Waits until the batch before was taken.
    ///
    /// - Throws: When nobody takes any more.
    func give(_ batch: ImageFiles.Batch) throws {
        room.wait()
        let isAbandoned = state.withLock { state in
            state.next = batch
            return state.isAbandoned
        }
        filled.signal()
        if isAbandoned { throw Abandoned() }
    }

    func end(_ error: (any Error)?) {
        room.wait()
        state.withLock { $0.error = error }
        filled.signal()
    }

    /// - Returns: `nil` after the last one.
    func take() throws -> ImageFiles.Batch? {
        filled.wait()
        let (batch, error) = state.withLock { state in
            defer { state.next = nil }
            return (state.next, state.error)
        }
        room.signal()
        if batch == nil, let error { throw error }
        return batch
    }

    /// Lets the reader end, however far it is.
    func abandon() {
        state.withLock { $0.isAbandoned = true }
        // For a batch that it may still give, and for its end.
        room.signal()
        room.signal()
    }
}
