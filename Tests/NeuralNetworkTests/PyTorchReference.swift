import Foundation
import NeuralNetwork
import Testing

/// What PyTorch 2.13 made of the same network, images and initial weights, in the order of the file.
struct PyTorchReference: Decodable {
    struct Misclassified: Decodable {
        let index: Int
        let label: UInt16
        let predicted: UInt16
        let confidence: Double
        let loss: Double
    }

    let first20StepLosses: [Double]
    let lastStepLoss: Double
    let testCorrect: Int
    let testMeanLoss: Double
    let misclassified: [Misclassified]
    let first20Predictions: [UInt16]

    private enum CodingKeys: String, CodingKey {
        case first20StepLosses = "first_20_step_losses"
        case lastStepLoss = "last_step_loss"
        case testCorrect = "test_correct"
        case testMeanLoss = "test_mean_loss"
        case misclassified
        case first20Predictions = "first_20_predictions"
    }

    static func epoch1(of model: String) throws -> PyTorchReference {
        try json("\(model).epoch1.json")
    }

    static func json<Value: Decodable>(_ file: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(bytes(file)))
    }

    /// - Parameter file: E.g. `mlp.init`.
    static func tensors(_ file: String) throws -> [Tensor] {
        try Safetensors.decode(bytes("\(file).safetensors")).tensors
    }

    private static func bytes(_ file: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: file, withExtension: nil, subdirectory: "pytorch"))
        return [UInt8](try Data(contentsOf: url))
    }
}

/// ‖a − b‖ / ‖b‖ over all tensors of the same names.
func relativeDistance(_ a: [Tensor], to b: [Tensor]) throws -> Double {
    let named = Dictionary(uniqueKeysWithValues: a.map { ($0.name, $0) })
    var (difference, norm) = (0.0, 0.0)
    for reference in b {
        let tensor = try #require(named[reference.name])
        try #require(tensor.shape == reference.shape)
        for (x, y) in zip(tensor.values, reference.values) {
            difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
            norm += Double(y) * Double(y)
        }
    }
    return (difference / norm).squareRoot()
}
