import Judgement
import NeuralNetwork
import Store
import Trainer

extension NotFound: Failure {
    var exitStatus: ExitStatus { .notFound }
    package var advice: String? {
        switch self {
        case .dataset(let name) where name.contains("@"): "See: registry dataset list."
        case .dataset(let name):
            "See: registry dataset list. Get it with: registry dataset fetch \(name), or registry dataset import "
                + "\(name) DIRECTORY"
        case .split(_, let dataset): "See: registry dataset show \(dataset)"
        case .model(_, let known): known.isEmpty ? "Start with: registry train mlp" : nil
        case .modelVersion(let reference, let newest):
            newest == nil ? "See its runs with: registry runs --model \(reference.model)" : nil
        case .artifact: nil
        }
    }
}

extension DifferentTests: Failure {
    var exitStatus: ExitStatus { .badInput }
    package var advice: String? { "See: registry models" }
}

extension NothingTested: Failure {
    var exitStatus: ExitStatus { .notFound }
    package var advice: String? { "Start with: registry train mlp --dataset \(dataset)" }
}

extension RunStateError: Failure {
    var exitStatus: ExitStatus {
        switch self {
        case .unknown: .notFound
        case .ended, .notResumable: .badInput
        }
    }

    package var advice: String? { if case .unknown = self { "See: registry runs" } else { nil } }
}

extension NoWeights: Failure { var exitStatus: ExitStatus { .badInput } }

extension NoEpochs: Failure { var exitStatus: ExitStatus { .badInput } }

extension Misfit: Failure { var exitStatus: ExitStatus { .badInput } }

extension OtherClasses: Failure {
    var exitStatus: ExitStatus { .badInput }
    package var advice: String? {
        // What is trained is a network; the model is only called so.
        let network = Architecture.builtInNames.contains(architecture.name) ? architecture.name : "FILE"
        let name = network == version.model ? "" : " --name \(version.model)"
        return "Train one on it: registry train \(network)\(name) --dataset \(dataset.name)"
            + (network == "FILE" ? ", FILE being its architecture in JSON" : "")
    }
}

extension UnreadableConfiguration: Failure { var exitStatus: ExitStatus { .badInput } }

extension NotEnoughMemory: Failure {
    var exitStatus: ExitStatus { .badInput }
    package var advice: String? { fittingBatchSize.map { "Take --batch-size \($0), which fits." } }
}

extension Diverged: Failure {
    var exitStatus: ExitStatus { .badInput }
    package var advice: String? {
        switch cause {
        case .step: "Try a smaller --learning-rate."
        case .initialWeights: "Start without --init, or with other weights."
        case .pixels: "Try --no-standardize."
        case .architecture: nil
        }
    }
}

extension Interrupted: Failure {
    var exitStatus: ExitStatus { .interrupted }
    package var advice: String? {
        isReleased
            ? "The next retraining, or a daemon, will resume it."
            : "To have a daemon resume it: registry requeue \(run)"
    }
}
