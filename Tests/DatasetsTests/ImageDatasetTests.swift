import Datasets
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
            #expect(dataset.height == 2 && dataset.width == 3)
            #expect(dataset.training.labels == [0, 1, 2])
            #expect(dataset.training.pixels == (0..<18).map { UInt8($0 * 10) })
            #expect(dataset.test.labels == [2, 0])
            fingerprints.insert(dataset.fingerprint(of: dataset.training))
        }
        #expect(fingerprints.count == 1)
    }

    @Test("other content of one half has another fingerprint, and the other half keeps its own")
    func fingerprint() throws {
        try folder.writeSmallDataset()
        let one = try ImageDataset(folder: folder.path, classNames: classNames)
        try folder.write(idx([2], [2, 1]), as: "t10k-labels-idx1-ubyte")
        let other = try ImageDataset(folder: folder.path, classNames: classNames)
        #expect(one.fingerprint(of: one.test) != other.fingerprint(of: other.test))
        #expect(one.fingerprint(of: one.training) == other.fingerprint(of: other.training))
    }

    @Test("mean and deviation are those of the training pixels")
    func moments() throws {
        try folder.writeSmallDataset()
        let moments = try ImageDataset(folder: folder.path, classNames: classNames).trainingMoments()
        // Of 0, 10, …, 170: mean 85, variance 100·(18² − 1)/12.
        #expect(abs(moments.mean - 85.0 / 255) < 1e-15)
        #expect(abs(moments.standardDeviation - (100.0 * 323 / 12).squareRoot() / 255) < 1e-15)
    }

    @Test("a file that is missing is named")
    func missing() throws {
        try folder.writeSmallDataset()
        try #require(unlink(folder.path.appending("train-labels-idx1-ubyte").string) == 0)
        #expect(try refusal() == .missing(folder: folder.path.string, file: "train-labels-idx1-ubyte"))
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
        guard case .label(3, position: 1, classes: 3, _) = try refusal() else {
            Issue.record("\(try refusal())")
            return
        }
    }

    @Test("training and test images of different sizes are refused")
    func sizes() throws {
        try folder.writeSmallDataset()
        try folder.write(idx([2, 3, 2], Array(repeating: 7, count: 12)), as: "t10k-images-idx3-ubyte")
        #expect(try refusal() == .sizes(training: "2 × 3", test: "3 × 2"))
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
        let moments = dataset.trainingMoments()
        #expect(abs(moments.mean - 0.1306604762738429) < 1e-15)
        // The reference experiment computed it in single precision.
        #expect(abs(moments.standardDeviation - 0.3081078071444696) < 1e-8)
        #expect(dataset.training.labels.count == 60_000 && dataset.test.labels.count == 10_000)
        #expect(dataset.test.labels.prefix(10) == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    }
}
