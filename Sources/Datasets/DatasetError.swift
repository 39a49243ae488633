/// Why a data set can't be used. Nothing of it is stored then.
package enum DatasetError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A file's path and what is wrong with it.
    case file(String, String)
    /// The same, where other settings of the import would do.
    case settings(String, String, Remedy)
    /// A folder without one of the four files, and the names of what is there.
    case missing(folder: String, file: String, found: [String])
    /// A folder with the files of several data sets, by what their names begin with.
    case several(folder: String, prefixes: [String])
    case counts(images: Int, labels: Int, imageFile: String, labelFile: String)
    case sizes(training: String, test: String)
    case label(Int, position: Int, largest: Int, classes: Int, file: String)
    case checksum(file: String, found: String, expected: String)
    case unknown(String)
    case notFetched(String, attempts: [String])
    /// A folder in which no form of a data set is recognised, and the names of what is there.
    case unrecognised(folder: String, found: [String])
    /// No room for the pixels in the folder for temporary files.
    case space(folder: String, bytes: Int, reason: String)

    /// What to set otherwise.
    package enum Remedy: Sendable, Equatable {
        case size(height: Int, width: Int)
        case sizeAndGrey
        case divided
        case undivided
        case twoShares
        case otherShares
        /// Numbers that are no probabilities: perhaps they are logits.
        case logits
    }

    package var description: String {
        switch self {
        case .file(let path, let reason), .settings(let path, let reason, _): "\(path): \(reason)"
        case .missing(let folder, let file, let found):
            "\(folder): there is no \(file), neither raw nor with .gz; the folder has \(Self.list(found)). "
                + "Name the folder that holds all four files."
        case .several(let folder, let prefixes):
            "\(folder) holds the files of several data sets (\(Self.list(prefixes))). "
                + "Put those of one into a folder of their own."
        case .counts(let images, let labels, let imageFile, let labelFile):
            "\(imageFile) holds \(images) images, \(labelFile) \(labels) labels. They do not belong together."
        case .sizes(let training, let test):
            "The training images are \(training), the test images \(test) (channels × height × width). "
                + "They do not belong together."
        case .label(let label, let position, let largest, let classes, let file):
            "\(file): label \(label) at position \(position), and there are only \(classes) classes (0 to "
                + "\(classes - 1)). The labels reach \(largest)."
        case .checksum(let file, let found, let expected):
            "\(file): its content has the SHA-256 \(found), \(expected) is right. Delete the file and fetch it again."
        case .unknown(let name):
            "“\(name)” is not a known data set (known: \(KnownDataset.all.map(\.name).joined(separator: ", ")))."
        case .notFetched(let name, let attempts):
            "\(name) could not be fetched (\(attempts.joined(separator: "; ")))."
        case .unrecognised(let folder, let found):
            "\(folder): no data set is recognised there; the folder has \(Self.list(found)). Forms that are read: four IDX "
                + "files, a folder for each class, a table path,label,split, NumPy's .npz, CIFAR's binary files."
        case .space(let folder, let bytes, let reason):
            "\(folder): there is no room for \(bytes.bytes) of pixels there (\(reason)). Name another folder for temporary "
                + "files with the environment's TMPDIR."
        }
    }

    /// The first of many names.
    static func list(_ names: [String]) -> String {
        let shown = names.prefix(8).joined(separator: ", ")
        return names.isEmpty ? "nothing" : names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
    }
}
