/// Images of one size with the class of each. Intensities stay bytes; they become numbers as a batch is gathered.
///
/// The kernels compute addresses from the shape, the labels and an image's position, and check none of them. Whoever
/// makes a value of this type has proven them once: there are as many pixels as the shape and the count say, and every
/// label is a class.
package struct LabeledImages: Sendable {
    package let shape: ImageShape
    /// image × channels × height × width intensities, 0…255.
    package let pixels: [UInt8]
    /// One per image, each below `classes`.
    package let labels: [UInt16]
    /// How many classes there are; some may have no image.
    package let classes: Int

    /// - Throws: `ImagesError` when pixels, labels and shape contradict each other, or there is no image.
    package init(shape: ImageShape, pixels: [UInt8], labels: [UInt16], classes: Int) throws {
        guard let size = shape.checkedCount else { throw ImagesError.shape(shape) }
        guard !labels.isEmpty else { throw ImagesError.empty }
        // Positions are 32-bit numbers in the kernels.
        guard labels.count <= Int(Int32.max) else { throw ImagesError.tooMany(labels.count) }
        let (needed, overflows) = size.multipliedReportingOverflow(by: labels.count)
        guard !overflows, pixels.count == needed else {
            throw ImagesError.pixelCount(found: pixels.count, images: labels.count, shape)
        }
        if let position = labels.firstIndex(where: { Int($0) >= classes }) {
            throw ImagesError.label(Int(labels[position]), position: position, classes: classes)
        }
        self.shape = shape
        self.pixels = pixels
        self.labels = labels
        self.classes = classes
    }

    /// Images.
    package var count: Int { labels.count }

    /// The same images with other intensities.
    package func replacing(pixels: [UInt8]) throws -> LabeledImages {
        try LabeledImages(shape: shape, pixels: pixels, labels: labels, classes: classes)
    }
}

/// Why numbers are no labelled images.
package enum ImagesError: Error, Sendable, Equatable, CustomStringConvertible {
    case shape(ImageShape)
    case empty
    case tooMany(Int)
    case pixelCount(found: Int, images: Int, ImageShape)
    case label(Int, position: Int, classes: Int)

    package var description: String {
        switch self {
        case .shape(let shape):
            "Images of \(shape) (channels × height × width) are not possible; "
                + "each of the three must be between 1 and 65,536."
        case .empty: "There are no images."
        case .tooMany(let count): "There are \(count) images; at most 2,147,483,647 are possible."
        case .pixelCount(let found, let images, let shape):
            "\(images) images of \(shape) (channels × height × width) do not have \(found) bytes of pixels."
        case .label(let label, let position, let classes):
            "Image \(position) has the label \(label), and there are only \(classes) classes (0 to \(classes - 1))."
        }
    }
}
