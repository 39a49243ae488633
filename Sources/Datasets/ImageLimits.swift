import Samples

extension ImageShape {
    /// Neither side of a data set's images may be larger.
    static let largestSide = 1024

    /// Whether images of a data set may have it.
    var isAllowed: Bool {
        (channels == 1 || channels == 3) && (1...Self.largestSide).contains(height)
            && (1...Self.largestSide).contains(width)
    }
}

extension ImageDataset {
    /// More are not told apart.
    package static let mostClasses = 1000
}
