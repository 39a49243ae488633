import Datasets
import Samples
import SystemPackage
import TestData
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("Data sets of four files")
struct ImageDatasetTests {
    private let folder: Folder
    private let classNames = ["zero", "one", "two"]

    init() throws {
        folder = try Folder()
    }

    private func refusal(checksums: [IDXName: String] = [:]) throws -> DatasetError {
        try #require(
            #expect(throws: DatasetError.self) {
                try ImageDataset(folder: folder.path, classNames: classNames, checksums: checksums)
            })
    }

    @Test("raw or packed, with - or . in the name: the content and its fingerprint are the same")
    func forms() throws {
        var fingerprints: Set<String> = []
        for (isPacked, isDotted) in [(false, false), (false, true), (true, false), (true, true)] {
            let folder = try Folder()
            try folder.writeSmallDataset(packed: isPacked, dotted: isDotted)
            let dataset = try ImageDataset(folder: folder.path, classNames: classNames)
            #expect(dataset.shape == ImageShape(channels: 1, height: 2, width: 3))
            #expect(dataset.training.labels == [0, 1, 2])
            #expect(try dataset.training.pixels() == (0..<18).map { UInt8($0 * 10) })
            #expect(dataset.test.labels == [2, 0])
            fingerprints.insert(try dataset.training.fingerprint())
        }
        #expect(fingerprints.count == 1)
    }

    @Test("other content of one half has another fingerprint, and the other half keeps its own")
    func fingerprint() throws {
        try folder.writeSmallDataset()
        let one = try ImageDataset(folder: folder.path, classNames: classNames)
        try folder.write(idx([2], [2, 1]), as: "t10k-labels-idx1-ubyte")
        let other = try ImageDataset(folder: folder.path, classNames: classNames)
        #expect(try one.test.fingerprint() != other.test.fingerprint())
        #expect(try one.training.fingerprint() == other.training.fingerprint())
    }

    @Test("mean and deviation are those of the training pixels")
    func moments() throws {
        try folder.writeSmallDataset()
        let moments = try ImageDataset(folder: folder.path, classNames: classNames).trainingMoments().all
        // Of 0, 10, …, 170: mean 85, variance 100·(18² − 1)/12.
        #expect(abs(moments.mean - 85.0 / 255) < 1e-15)
        #expect(abs(moments.standardDeviation - (100.0 * 323 / 12).squareRoot() / 255) < 1e-15)
    }

    @Test("a file that is missing is named")
    func missing() throws {
        try folder.writeSmallDataset()
        try #require(unlink(folder.path.appending("train-labels-idx1-ubyte").string) == 0)
        try folder.write([], as: "notes\u{1}.txt")
        try folder.write([], as: ".DS_Store")
        #expect(
            try refusal()
                == .missing(
                    folder: folder.path.string, file: "train-labels-idx1-ubyte",
                    found: [
                        "notes\u{1}.txt", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "train-images-idx3-ubyte",
                    ]
                ))
    }

    @Test("images and labels of different counts are refused")
    func counts() throws {
        try folder.writeSmallDataset()
        try folder.write(idx([4], [0, 1, 2, 0]), as: "train-labels-idx1-ubyte")
        guard case .counts(images: 3, labels: 4, _, _) = try refusal() else {
            Issue.record("\(try refusal())")
            return
        }
    }

    @Test("a label without a class is refused with its position")
    func label() throws {
        try folder.writeSmallDataset()
        try folder.write(idx([3], [0, 3, 1]), as: "train-labels-idx1-ubyte")
        guard case .label(3, position: 1, largest: 3, classes: 3, _) = try refusal() else {
            Issue.record("\(try refusal())")
            return
        }
    }

    @Test("training and test images of different sizes are refused")
    func sizes() throws {
        try folder.writeSmallDataset()
        try folder.write(idx([2, 3, 2], Array(repeating: 7, count: 12)), as: "t10k-images-idx3-ubyte")
        #expect(try refusal() == .sizes(training: "1 × 2 × 3", test: "1 × 3 × 2"))
    }

    private static let plainNames = [
        "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
    ]

    private func rename(in folder: Folder, _ name: (String) -> String) {
        for plain in Self.plainNames {
            Glibc.rename(folder.path.appending(plain).string, folder.path.appending(name(plain)).string)
        }
    }

    @Test(
        "the names of EMNIST, QMNIST and others are read",
        arguments: [
            { $0.uppercased() }, { "emnist-letters-" + $0.replacing("t10k", with: "test") },
            { "EMNIST_byclass." + $0.replacing("-", with: ".").replacing("t10k", with: "TEST") },
            { "qmnist-" + $0.replacing("t10k", with: "test").replacing("idx1-ubyte", with: "idx2-int") },
            { $0.replacing("-ubyte", with: "").replacing("train", with: "training") },
        ] as [@Sendable (String) -> String])
    func names(name: @Sendable (String) -> String) throws {
        try folder.writeSmallDataset()
        rename(in: folder, name)
        for other in [".DS_Store", "._train-images-idx3-ubyte", "README.md"] { try folder.write([1], as: other) }
        #expect(try ImageDataset(folder: folder.path, classNames: classNames).training.labels == [0, 1, 2])
    }

    @Test("several data sets in one folder are refused, unless one has the plain names")
    func several() throws {
        try folder.writeSmallDataset()
        rename(in: folder) { "emnist-digits-" + $0 }
        try folder.writeSmallDataset()
        rename(in: folder) { "emnist-letters-" + $0 }
        #expect(
            try refusal() == .several(folder: folder.path.string, prefixes: ["emnist-digits", "emnist-letters"]))
        try folder.writeSmallDataset()
        #expect(try ImageDataset(folder: folder.path, classNames: classNames).test.labels == [2, 0])
    }

    @Test("a file that is there raw and packed is read when both are the same")
    func twins() throws {
        try folder.writeSmallDataset()
        try folder.writeSmallDataset(packed: true)
        #expect(try ImageDataset(folder: folder.path, classNames: classNames).test.labels == [2, 0])
        try folder.write(idx([2], [2, 1]), as: "t10k-labels-idx1-ubyte")
        #expect(try refusal().description.contains("differs from"))
    }

    @Test("headers of all files are compared before any content is read")
    func headersFirst() throws {
        try folder.writeSmallDataset()
        // Damaged content of one file, which is longer than what is read with a header, and a wrong count in the last.
        let pixels = (0..<3 * 10_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        try folder.write(Array(gzip(idx([3, 100, 100], pixels)).dropLast(4)), as: "train-images-idx3-ubyte")
        try folder.write(idx([1], [0]), as: "t10k-labels-idx1-ubyte")
        guard case .counts(images: 2, labels: 1, _, _) = try refusal() else {
            Issue.record("\(try refusal())")
            return
        }
    }

    @Test("colours are read by channels first or last", arguments: [false, true])
    func colours(isInterleaved: Bool) throws {
        // Two images of 2 × 1 pixels with 3 channels: planes 0 1, 2 3, 4 5 and 6 7, 8 9, 10 11.
        let sizes: [Int] = isInterleaved ? [2, 2, 1, 3] : [2, 3, 2, 1]
        let values: [UInt8] =
            isInterleaved ? [0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11] : [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
        for half in ["train", "t10k"] {
            try folder.write(idx(sizes, values), as: "\(half)-images-idx4-ubyte")
            try folder.write(idx([2], [1, 2]), as: "\(half)-labels-idx1-ubyte")
        }
        let dataset = try ImageDataset(folder: folder.path, classNames: classNames)
        #expect(dataset.shape == ImageShape(channels: 3, height: 2, width: 1))
        #expect(try dataset.training.pixels() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
        try folder.write(idx([2, 2, 2, 2], Array(repeating: 0, count: 16)), as: "train-images-idx4-ubyte")
        #expect(try refusal().description.contains("channels, 1 or 3"))
    }

    @Test("the SHA-256 of the unpacked content is what counts", arguments: [false, true])
    func checksum(isPacked: Bool) throws {
        try folder.writeSmallDataset(packed: isPacked)
        // printf '\x00\x00\x08\x01\x00\x00\x00\x02\x02\x00' | sha256sum
        let right = "431bcab1dd172ba755db1bce18699cb2f928cce44b52232c8939261fef2d75ad"
        _ = try ImageDataset(folder: folder.path, classNames: classNames, checksums: [.testLabels: right])
        let wrong = String(right.reversed())
        guard case .checksum(_, found: right, expected: wrong) = try refusal(checksums: [.testLabels: wrong]) else {
            Issue.record("\(try refusal(checksums: [.testLabels: wrong]))")
            return
        }
    }
}

@Suite("Fetching")
struct FetchingTests {
    @Test("a folder with other content than the known is refused, and the cache stays empty")
    func wrongFolder() async throws {
        let (folder, cache) = (try Folder(), try Folder())
        try folder.writeSmallDataset()
        let mnist = try #require(KnownDataset.named("mnist"))
        let fetcher = DatasetFetcher(cache: cache.path, report: { _ in })
        await #expect(throws: DatasetError.self) { try await fetcher.fetch(mnist, from: folder.path) }
        #expect(access(cache.path.appending("mnist").string, F_OK) != 0)
    }

    @Test("MNIST has the moments of the reference experiment")
    func mnist() async throws {
        let dataset = try await MNISTFiles.dataset()
        let moments = try dataset.trainingMoments().all
        #expect(abs(moments.mean - 0.1306604762738429) < 1e-15)
        // The reference experiment computed it in single precision.
        #expect(abs(moments.standardDeviation - 0.3081078071444696) < 1e-8)
        #expect(dataset.training.labels.count == 60_000 && dataset.test.labels.count == 10_000)
        #expect(dataset.test.labels.prefix(10) == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    }
}
