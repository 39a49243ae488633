import Datasets
import Judgement
import NeuralNetwork
import Reporting
import Samples
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
        case .unknown(let name): "Register files of your own with: registry dataset import \(name) PATH"
        case .notFetched(let name, _):
            "Get the four files otherwise and name their folder: registry dataset fetch \(name) --from DIRECTORY"
        case .settings(_, _, let remedy): remedy.advice
        case .unrecognised: "See: registry help dataset import"
        default: nil
        }
    }
}

extension DatasetError.Remedy {
    fileprivate var advice: String {
        switch self {
        case .size(let height, let width): "Bring all to one size, e.g. --size \(height)x\(width)."
        case .sizeAndGrey: "Bring them to one size with --size and --grey."
        case .divided: "Say how to divide it: --split 80/10/10 --seed 1"
        case .undivided: "Leave out --split."
        case .twoShares: "To take validation samples from training give two shares: --split 90/10"
        case .otherShares: "Give it a larger share, or another --seed."
        case .logits: "If these are logits, say so with --logits."
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
