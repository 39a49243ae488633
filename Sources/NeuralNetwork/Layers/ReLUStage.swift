import KernelTypes

/// max(0, x), where no layer before it can do it on the way.
final class ReLUStage: Stage {
    private let input: Activation
    private let output: Activation

    init(input: Activation, output: Activation) {
        self.input = input
        self.output = output
    }

    /// Floats in use: those of images are contiguous over the batch, those of features over the width.
    private func count(_ pass: Pass) -> Int {
        switch input.shape {
        case .image(let shape): shape.count * pass.batch
        case .features(let count): pass.count * paddedToLanes(count)
        }
    }

    func forward(_ pass: Pass) {
        for index in 0..<count(pass) {
            let value = input.values.pointer[index]
            output.values.pointer[index] = value < 0 ? 0 : value
        }
    }

    func backward(_ pass: Pass, step: DescentStep) {
        guard let gradient = output.gradient, let inputGradient = input.gradient else { return }
        for index in 0..<count(pass) {
            inputGradient.pointer[index] = input.values.pointer[index] <= 0 ? 0 : gradient.pointer[index]
        }
    }
}
