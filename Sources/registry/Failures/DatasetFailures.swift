import Datasets
import Judgement
import NeuralNetwork
import Reporting
import Store

extension DatasetError: Failure {
    var exitStatus: ExitStatus {
        switch self {
        case .unknown, .notFetched: .notFound
        case .space: .cannotWrite
        default: .badInput
        }
    }

    package var advice: String? {
        switch self {
        case .label(_, _, let largest, _, _):
            "Name \(largest + 1) classes with --class-names, or --classes and a file, label 0 first."
        case .unknown(let name): "Register files of your own with: registry dataset import \(name) DIRECTORY"
        case .notFetched(let name, _):
            "Get the four files otherwise and name their folder: registry dataset fetch \(name) --from DIRECTORY"
        case .unrecognised: "See: registry help dataset import"
        case .notDivided: "Say how to divide it: --split 80/10/10 --seed 1"
        default: nil
        }
    }
}

extension InconsistentDataset: Failure { var exitStatus: ExitStatus { .badInput } }

extension ImagesError: Failure { var exitStatus: ExitStatus { .badInput } }

extension NoPicture: Failure { var exitStatus: ExitStatus { .badInput } }

extension NoSuchClass: Failure {
    var exitStatus: ExitStatus { .notFound }
    package var advice: String? { "See: registry dataset show \(dataset)" }
}

extension PerturbationError: Failure { var exitStatus: ExitStatus { .badInput } }
