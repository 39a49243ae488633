import Datasets
import Judgement
import NeuralNetwork
import Store
import Trainer

extension NotFound: Failure {
    var exitStatus: ExitStatus { .notFound }
    package var advice: String? {
        switch self {
        case .dataset(let name) where name.contains("@"): "See: registry dataset list"
        case .dataset(let name) where KnownDataset.named(name) != nil:
            "See: registry dataset list; get it with: registry dataset fetch \(name)"
        case .dataset(let name):
            "See: registry dataset list; register files of your own with: registry dataset import \(name) PATH"
        case .split(_, let dataset): "See: registry dataset show \(dataset)"
        case .model(let name, let known) where known.isEmpty || Architecture.builtInNames.contains(name):
            "Train it with: \(FirstTraining(model: name))"
        case .model: nil
        case .modelVersion(let reference, nil): "See its runs with: registry runs --model \(reference.model)"
        case .modelVersion(let reference, _?):
            if case .alias(let alias) = reference.selector, Names.fault(inAlias: alias) == nil {
                "Give it that alias with: registry alias \(reference.model) \(alias)"
            } else {
                nil
            }
        case .artifact: nil
        }
    }
}

extension DifferentTests: Failure {
    var exitStatus: ExitStatus { .badInput }
    package var advice: String? { "See: registry models" }
}

extension NothingToGuard: Failure { var exitStatus: ExitStatus { .notFound } }

extension NothingTested: Failure {
    var exitStatus: ExitStatus { .notFound }
    package var advice: String? {
        // A version that is trained now has been registered now.
        filter.since == nil && filter.until == nil
            ? "Train one with: \(FirstTraining(model: filter.model, dataset: dataset))"
            : "When each was registered, shows: registry models --dataset \(dataset)"
    }
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

extension NoConfidences: Failure { var exitStatus: ExitStatus { .badInput } }

extension NotTrainedHere: Failure {
    var exitStatus: ExitStatus { .badInput }
    package var advice: String? { "To train it further: registry train --from \(version)" }
}

extension NoFiniteLoss: Failure { var exitStatus: ExitStatus { .badInput } }

extension NoEpochs: Failure { var exitStatus: ExitStatus { .badInput } }

extension Misfit: Failure { var exitStatus: ExitStatus { .badInput } }

extension OtherClasses: Failure {
    var exitStatus: ExitStatus { .badInput }
    package var advice: String? {
        "Train one on it: \(FirstTraining(model: version.model, network: network, dataset: dataset.name))"
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
