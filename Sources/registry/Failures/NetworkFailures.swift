import NeuralNetwork

extension ArchitectureError: Failure { var exitStatus: ExitStatus { .badInput } }

extension WeightsError: Failure { var exitStatus: ExitStatus { .badInput } }

extension SafetensorsError: Failure { var exitStatus: ExitStatus { .badInput } }

extension ONNXFileError: Failure { var exitStatus: ExitStatus { .badInput } }

extension ONNXError: Failure { var exitStatus: ExitStatus { .usage } }

extension TrainingError: Failure {
    var exitStatus: ExitStatus { .badInput }
    package var advice: String? {
        switch self {
        case .deviation: "Use --no-standardize."
        case .singleValue(_, let samples) where samples > 1: "Take a larger --batch-size."
        default: nil
        }
    }
}
