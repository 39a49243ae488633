import Crypto
import Samples
import SystemPackage

/// A data set's images and labels, read from any form and checked.
package struct ImageDataset: Sendable {
    package let training: SampleSet
    /// `nil` when there is none.
    package let validation: SampleSet?
    package let test: SampleSet
    package let shape: ImageShape
    /// Label 0 is the first.
    package let classNames: [String]
    /// What a person should know of how it was read.
    package let remarks: [String]

    /// Reads the four IDX files of a folder, raw or packed, with `-` or `.` before `idx`, in upper or lower case, and with
    /// anything that EMNIST or QMNIST puts before their names.
    ///
    /// - Parameter checksums: SHA-256 of the unpacked files, when the data set is a known one.
    /// - Throws: `DatasetError`.
    package init(folder: FilePath, classNames: [String], checksums: [IDXName: String] = [:]) throws {
        try self.init(
            try IDXFolder.open(folder, classNames: classNames, checksums: checksums), at: folder, ReadingOptions())
    }

    /// Reads a data set of any form.
    ///
    /// - Parameter report: Told of how many images of how many were read.
    /// - Throws: `DatasetError`.
    package init(
        _ path: FilePath, _ options: ReadingOptions, report: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws {
        guard exists(path) else { throw DatasetError.file(path.string, "There is no such file or folder.") }
        let form = try options.form ?? DatasetForm(of: path)
        try self.init(
            try form.open(path, classNames: options.classNames, labels: options.labels), at: path, options, report)
    }

    init(
        _ source: SourceDataset, at path: FilePath, _ options: ReadingOptions,
        _ report: (Int, Int) -> Void = { _, _ in }
    ) throws {
        var source = source
        var remarks = source.remarks
        if source.parts[.whole] == nil, source.parts[.test] == nil, let validation = source.parts[.validation] {
            source.parts[.test] = validation
            source.parts[.validation] = nil
            remarks.append("There is no test part: the validation part is the test.")
        }
        // One part alone is divided as what has none.
        if options.division != nil, source.parts.count == 1, let part = source.parts.values.first {
            source.parts = [.whole: part]
        }
        let rule = try options.division(of: source, path)
        let parts = source.parts.sorted { $0.key.rawValue < $1.key.rawValue }
        let classNames = options.classNames ?? source.classNames ?? Self.numbers(parts.map(\.value))
        for (_, part) in parts {
            if let position = part.labels.firstIndex(where: { Int($0) >= classNames.count }) {
                throw DatasetError.label(
                    Int(part.labels[position]), position: position, largest: Int(part.labels.max() ?? 0),
                    classes: classNames.count, file: part.name)
            }
        }
        let shape = try options.shape(of: parts.map(\.value), path)
        let count = parts.reduce(0) { $0 + $1.value.labels.count }
        guard count <= Int(Int32.max) else {
            throw DatasetError.file(path.string, "It has \(count.grouped) images; at most 2,147,483,647 are read.")
        }
        let file = try PixelFile(images: count, of: shape.count)
        var (done, sets): (Int, [DatasetPart: SampleSet]) = (0, [:])
        for (name, part) in parts {
            let first = done
            try part.images.write(shape, to: file, at: first) { read in
                done += read
                report(done, count)
            }
            guard done == first + part.labels.count else {
                throw DatasetError.counts(
                    images: done - first, labels: part.labels.count, imageFile: path.string, labelFile: part.name)
            }
            sets[name] = SampleSet(
                labels: part.labels, places: (first..<done).map { Int32($0) }, shape: shape, file: file)
        }
        if let rule, let divided = sets[rule.part] {
            sets[rule.part] = nil
            sets.merge(try rule.divide(divided, path)) { $1 }
        }
        guard let training = sets[.training], let test = sets[.test] else { throw ReadingOptions.notDivided(path) }
        self.training = training
        self.test = test
        validation = sets[.validation]
        self.shape = shape
        self.classNames = classNames
        self.remarks = remarks
    }

    /// Names for classes that have none: the numbers of their labels, at least two.
    private static func numbers(_ parts: [SourceDataset.Part]) -> [String] {
        let largest = parts.compactMap { $0.labels.max() }.max() ?? 0
        return (0...max(Int(largest), 1)).map(String.init)
    }

    /// Mean and population standard deviation of the training pixels, and those of each channel where there are several.
    package func trainingMoments() throws -> (all: Moments, channels: [Moments]) {
        var moments = try training.moments()
        let all = moments.removeLast()
        return (all, moments.count > 1 ? moments : [])
    }
}

/// How a data set is to be read.
package struct ReadingOptions: Sendable {
    /// `nil` for the form that is recognised.
    package var form: DatasetForm?
    /// What images are resized to; `nil` to leave them as they are.
    package var size: (height: Int, width: Int)?
    /// Whether colours become grey.
    package var isGrey = false
    /// Label 0 is the first; `nil` for the form's own.
    package var classNames: [String]?
    /// `nil` for the fine ones where there are two for each image.
    package var labels: LabelGranularity?
    package var division: Division?

    package init() {}

    /// The one shape that all images are brought to.
    fileprivate func shape(of parts: [SourceDataset.Part], _ path: FilePath) throws -> ImageShape {
        var shapes: [ImageShape] = []
        let files = parts.compactMap { ($0.images as? PictureStream)?.files }.flatMap { $0 }
        if let shape = try PictureStream(files: files).shape(size: size, isGrey: isGrey) { shapes.append(shape) }
        for stream in parts.compactMap({ $0.images as? ArrayStream }) {
            var shape = stream.shape
            guard (1...8192).contains(shape.height), (1...8192).contains(shape.width) else {
                throw DatasetError.file(
                    path.string, "Its images are \(shape); more than 8,192 rows or columns are not read.")
            }
            if let size { (shape.height, shape.width) = size }
            if isGrey { shape.channels = 1 }
            shapes.append(shape)
        }
        guard let first = shapes.first else { throw DatasetError.file(path.string, "It has no images.") }
        if let other = shapes.first(where: { $0 != first }) {
            throw DatasetError.settings(
                path.string, "Some of its images are \(first), others \(other) (channels × height × width).",
                .sizeAndGrey)
        }
        guard first.isAllowed else {
            throw DatasetError.settings(
                path.string,
                "Its images are \(first) (channels × height × width), and sides of 1 to \(ImageShape.largestSide) are "
                    + "possible.",
                .size(height: 224, width: 224))
        }
        return first
    }

    fileprivate static func notDivided(_ path: FilePath) -> DatasetError {
        .settings(path.string, "It has no training and test part.", .divided)
    }

    /// What is to be divided, and how.
    fileprivate func division(of source: SourceDataset, _ path: FilePath) throws -> (
        part: DatasetPart, divide: (SampleSet, FilePath) throws -> [DatasetPart: SampleSet]
    )? {
        let hasParts = source.parts[.whole] == nil
        guard let division else {
            guard hasParts else { throw Self.notDivided(path) }
            guard source.parts[.training] != nil, source.parts[.test] != nil else {
                let only = source.parts.keys.map(\.rawValue).sorted().joined(separator: " and ")
                throw DatasetError.settings(
                    path.string, "It has only samples for \(only); training and test are both needed.", .divided)
            }
            return nil
        }
        guard hasParts else {
            guard source.parts.count == 1 else {
                throw DatasetError.file(path.string, "Some of its samples belong to a split, others do not.")
            }
            let names: [DatasetPart] =
                division.shares.count == 3 ? [.training, .validation, .test] : [.training, .test]
            return (.whole, { try division.divide($0, into: names, $1) })
        }
        guard source.parts[.validation] == nil else {
            throw DatasetError.settings(path.string, "It has training, validation and test.", .undivided)
        }
        guard source.parts[.test] != nil, division.shares.count == 2 else {
            throw DatasetError.settings(path.string, "It has training and test.", .twoShares)
        }
        return (.training, { try division.divide($0, into: [.training, .validation], $1) })
    }
}

/// How samples are divided by chance, each by what its image is: a sample that is there when a data set grows stays in its
/// split, and the same image twice is in one split.
package struct Division: Sendable {
    /// Of training, validation and test, or of two of them; in sum 100.
    package let shares: [Int]
    package let seed: UInt64

    /// - Parameter text: e.g. `80/10/10`.
    /// - Returns: `nil` when it is not two or three whole numbers above 0 whose sum is 100.
    package init?(_ text: String, seed: UInt64) {
        let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        let shares = numbers.compactMap { $0 }
        guard shares.count == numbers.count, (2...3).contains(shares.count),
            shares.allSatisfy({ (1...99).contains($0) }), shares.reduce(0, +) == 100
        else { return nil }
        self.shares = shares
        self.seed = seed
    }

    fileprivate func divide(
        _ samples: SampleSet, into names: [DatasetPart], _ path: FilePath
    ) throws -> [DatasetPart: SampleSet] {
        var members = [[Int]](repeating: [], count: names.count)
        for block in samples.blocks {
            try samples.withPixels(of: block) { pixels in
                for (position, sample) in block.enumerated() {
                    let size = samples.shape.count
                    let image = UnsafeRawBufferPointer(rebasing: pixels[position * size..<(position + 1) * size])
                    members[part(of: image)].append(sample)
                }
            }
        }
        if let empty = members.firstIndex(of: []) {
            throw DatasetError.settings(
                path.string, "Of \(samples.labels.count) images none falls to \(names[empty].rawValue).", .otherShares)
        }
        return Dictionary(uniqueKeysWithValues: zip(names, members.map { samples.subset($0) }))
    }

    /// The first eight bytes of SHA-256 of the seed and the image, as a share of all that there are.
    private func part(of image: UnsafeRawBufferPointer) -> Int {
        var hash = SHA256()
        withUnsafeBytes(of: seed.bigEndian) { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: image)
        let number = hash.finalize().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let hundredth = Int(number.multipliedFullWidth(by: 100).high)
        var sum = 0
        for (part, share) in shares.enumerated() {
            sum += share
            if hundredth < sum { return part }
        }
        return shares.count - 1
    }
}
