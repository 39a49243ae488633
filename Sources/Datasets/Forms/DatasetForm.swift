import FoundationEssentials
import SystemPackage

/// A form that data sets come in.
package enum DatasetForm: String, CaseIterable, Sendable {
    case idx, emnist, npz, folder, manifest, cifar10, cifar100

    /// Recognises a form by what there is, not by the path's name.
    ///
    /// - Throws: `DatasetError` when it is none.
    init(of path: FilePath) throws {
        guard isFolder(path) else {
            let bytes = try SourceFile(path).read(upTo: 1024)
            if bytes.starts(with: Array("PK".utf8)) {
                self = .npz
            } else if Manifest.isHeader(bytes) {
                self = .manifest
            } else {
                throw DatasetError.file(path.string, Self.reason(against: bytes))
            }
            return
        }
        let names = try visibleNames(in: path)
        let has = { (ending: String) in names.contains { $0.lowercased().hasSuffix(ending) } }
        if let idx = IDXFolder.form(of: names) {
            self = idx
        } else if names.contains("test_batch.bin") || names.contains("data_batch_1.bin") {
            self = .cifar10
        } else if names.contains("data_batch_1"), names.contains("batches.meta") {
            throw DatasetError.file(
                path.string, "This is CIFAR-10 as pickles of Python, which are not read. Get its binary version.")
        } else if names.contains("train.bin"), names.contains("test.bin") {
            self = .cifar100
        } else if has(".npz") || has(".npy") {
            self = .npz
        } else if try Manifest.find(in: path, names) != nil {
            self = .manifest
        } else if names.contains(where: { isFolder(path.appending($0)) }) {
            self = .folder
        } else {
            throw DatasetError.unrecognised(folder: path.string, found: names)
        }
    }

    /// Why a file is no data set, by its first bytes.
    private static func reason(against bytes: [UInt8]) -> String {
        let kind = FileKind(bytes)
        let name = bytes.starts(with: [0, 0, 8]) ? "an IDX file" : kind?.name ?? "no form of a data set that is known"
        let isArray = bytes.starts(with: [0x93] + Array("NUMPY".utf8))
        let remedy =
            if kind == nil || isArray {
                "Name the folder that holds all files of the data set."
            } else if name.hasSuffix(" image") {
                "Name the folder that holds a folder of pictures for each class."
            } else if name.hasPrefix("a text (") {
                "A table of pictures begins with path,label or path,label,split, with commas between."
            } else {
                kind?.remedy ?? ""
            }
        return "This is \(name). \(remedy)"
    }

    /// Reads what is known before any image is decoded.
    ///
    /// - Parameters:
    ///   - classNames: `nil` when the form's own names are to be taken.
    ///   - labels: `nil` for the fine ones where there are two for each image.
    func open(_ path: FilePath, classNames: [String]?, labels: LabelGranularity?) throws -> SourceDataset {
        guard labels == nil || self == .cifar100 else {
            throw DatasetError.file(
                path.string, "Its images have one label each (\(self)); coarse and fine ones are those of CIFAR-100.")
        }
        return switch self {
        case .idx, .emnist: try IDXFolder.open(path, isTransposed: self == .emnist, classNames: classNames)
        case .npz: try NumPyArrays.open(path)
        case .folder: try ClassFolders.open(path, classNames: classNames)
        case .manifest: try Manifest.open(path, classNames: classNames)
        case .cifar10: try CIFAR.ten(path)
        case .cifar100: try CIFAR.hundred(path, labels ?? .fine)
        }
    }
}

/// The parts that a form tells apart.
enum DatasetPart: String, CaseIterable {
    case training, validation, test
    /// All samples, where a form has no parts.
    case whole

    /// By the words that data sets use; `nil` for another.
    init?(word: some StringProtocol) {
        switch word.lowercased() {
        case "train", "training": self = .training
        case "val", "valid", "validation", "dev": self = .validation
        case "test", "testing", "t10k": self = .test
        default: return nil
        }
    }
}

/// A data set as its form holds it: its labels, and images that are read later.
struct SourceDataset {
    struct Part {
        var labels: [UInt16]
        let images: any ImageStream
        /// What messages call the labels.
        let name: String
    }

    var parts: [DatasetPart: Part]
    /// Label 0 is the first; `nil` when the form names none.
    var classNames: [String]?
    /// What a person should know of how it was read.
    var remarks: [String] = []
}

func isFolder(_ path: FilePath) -> Bool {
    var isDirectory = false
    return FileManager.default.fileExists(atPath: path.string, isDirectory: &isDirectory) && isDirectory
}

/// What a folder holds, in order of the names' bytes; without what begins with a dot, which macOS leaves.
func visibleNames(in folder: FilePath) throws -> [String] {
    do {
        return try FileManager.default.contentsOfDirectory(atPath: folder.string)
            .filter { !$0.hasPrefix(".") && !["Thumbs.db", "desktop.ini", "__MACOSX"].contains($0) }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
        let reason = exists(folder) ? "This is not a folder that can be read." : "There is no such folder."
        throw DatasetError.file(folder.string, reason)
    }
}
