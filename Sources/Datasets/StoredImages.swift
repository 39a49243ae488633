import Samples
import SystemPackage

/// Images of a data set that is there already.
package struct StoredImages {
    /// One per image.
    package let labels: [UInt16]
    /// Hands over the pixels of all images in order, in pieces of any size: channels × height × width intensities each.
    package let read: (_ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

    package init(labels: [UInt16], read: @escaping (_ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Void) {
        self.labels = labels
        self.read = read
    }
}

extension ImageDataset {
    /// Divides the images of a data set otherwise, by the rule for those that are read from files. Three shares divide all,
    /// two leave the test as it is.
    ///
    /// - Parameters:
    ///   - name: What messages call the data set.
    ///   - learned: Training, then validation.
    /// - Throws: `DatasetError`.
    package init(
        dividing name: String, _ learned: [StoredImages], test: StoredImages, shape: ImageShape, classNames: [String],
        by division: Division, report: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws {
        func part(_ images: [StoredImages]) -> SourceDataset.Part {
            let labels = images.flatMap(\.labels)
            let stream = ArrayStream(count: labels.count, shape: shape, layout: .planes) { take in
                for images in images { try images.read(take) }
            }
            return SourceDataset.Part(labels: labels, images: stream, name: name)
        }
        var options = ReadingOptions()
        options.classNames = classNames
        options.division = division
        let parts: [DatasetPart: SourceDataset.Part] =
            division.shares.count == 3
            ? [.whole: part(learned + [test])] : [.training: part(learned), .test: part([test])]
        try self.init(SourceDataset(parts: parts), at: FilePath(name), options, report)
    }
}
