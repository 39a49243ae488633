import Samples

/// What is known of a data set besides its samples.
package struct DatasetDescription: Sendable, Hashable {
    package var name: String
    /// Label 0 is the first element.
    package var classNames: [String]
    package var shape: ImageShape
    /// Of the training pixels, scaled to 0…1.
    package var trainingMean: Double
    /// Population standard deviation of the training pixels, scaled to 0…1.
    package var trainingStandardDeviation: Double
    /// The same mean of each channel; empty for grey images.
    package var channelMeans: [Double]
    package var channelStandardDeviations: [Double]
    package var source: String
    package var licence: String
    /// SHA-256 of each split's decoded content, in hexadecimal.
    package var fingerprints: [Split: String]

    package init(
        name: String, classNames: [String], shape: ImageShape, trainingMean: Double, trainingStandardDeviation: Double,
        channelMeans: [Double] = [], channelStandardDeviations: [Double] = [],
        source: String, licence: String, fingerprints: [Split: String]
    ) {
        self.name = name
        self.classNames = classNames
        self.shape = shape
        self.trainingMean = trainingMean
        self.trainingStandardDeviation = trainingStandardDeviation
        self.channelMeans = channelMeans
        self.channelStandardDeviations = channelStandardDeviations
        self.source = source
        self.licence = licence
        self.fingerprints = fingerprints
    }
}

/// A data set that is in the database.
package struct StoredDataset: Sendable, Hashable {
    package let id: Int
    package let version: Int
    package let description: DatasetDescription
    /// SHA-256 of all of its content, in hexadecimal.
    package let fingerprint: String
    package let trainingSamples: Int
    /// 0 for a data set without a validation split.
    package let validationSamples: Int
    package let testSamples: Int
    let trainingSplitID: Int
    let validationSplitID: Int?
    /// Versions that were tested on data sets with the same were tested on the same samples.
    package let testSplitID: Int

    /// `mnist@1`.
    package var name: String { "\(description.name)@\(version)" }

    package func samples(in split: Split) -> Int {
        switch split {
        case .training: trainingSamples
        case .validation: validationSamples
        case .test: testSamples
        }
    }

    /// - Throws: `NotFound.split` when it has no sample in it.
    package func checkHas(_ split: Split) throws {
        guard samples(in: split) > 0 else { throw NotFound.split(split, of: name) }
    }

    /// `nil` for a validation split that there is not.
    func splitID(_ split: Split) -> Int? {
        switch split {
        case .training: trainingSplitID
        case .validation: validationSplitID
        case .test: testSplitID
        }
    }

    /// Sizes are multiplied, and memory is asked for by them: a product of these can't overflow.
    func checked() throws -> StoredDataset {
        func check(_ isRight: Bool, _ reason: String) throws {
            guard isRight else { throw InconsistentDataset("The data set \(name)", reason) }
        }
        let shape = description.shape
        try check(shape.checkedCount != nil, "has images of \(shape) (channels × height × width)")
        try check((1...32_768).contains(description.classNames.count), "has \(description.classNames.count) classes")
        try check(
            Split.allCases.allSatisfy { samples(in: $0) >= 0 }, "has a negative number of samples")
        let moments = [description.channelMeans.count, description.channelStandardDeviations.count]
        try check(
            moments.allSatisfy { $0 == 0 || $0 == shape.channels },
            "has moments of \(moments[0]) and \(moments[1]) channels, and \(shape.channels) channels")
        try check(moments[0] == moments[1], "has \(moments[0]) means and \(moments[1]) deviations")
        let means = [description.trainingMean] + description.channelMeans
        let deviations = [description.trainingStandardDeviation] + description.channelStandardDeviations
        for (mean, deviation) in zip(means, deviations) {
            // Of pixels that are scaled to 0…1.
            try check(
                (0...1).contains(mean) && (0...1).contains(deviation),
                "has training pixels of the mean \(mean) and the standard deviation \(deviation)")
        }
        return self
    }
}

/// What the database has of a data set contradicts itself: nothing is computed from it.
package struct InconsistentDataset: Error, Sendable, Equatable, CustomStringConvertible {
    /// `mnist@1`, or the part of it that is wrong.
    package let place: String
    package let reason: String

    package init(_ place: String, _ reason: String) {
        self.place = place
        self.reason = reason
    }

    package var description: String {
        "\(place) \(reason). The database's rows contradict each other; restore them, or import the data set again "
            + "under another name."
    }
}
