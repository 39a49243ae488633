import KernelTypes
import Samples

/// The maximum of square windows.
struct MaximumPooling: Pooling {
    var size: Int
    var stride: Int

    static let typeName = "max_pool2d"

    var layer: Layer { .maximumPooling(self) }

    func stage(at place: StagePlace) throws -> any Stage {
        PoolingStage(takesMaximum: true, self, image: try place.input.shape.image(), place)
    }
}

/// The mean of square windows.
struct AveragePooling: Pooling {
    var size: Int
    var stride: Int

    static let typeName = "avg_pool2d"

    var layer: Layer { .averagePooling(self) }

    func stage(at place: StagePlace) throws -> any Stage {
        PoolingStage(takesMaximum: false, self, image: try place.input.shape.image(), place)
    }
}

/// One value of each square window. Windows that would leave the image are left out, as PyTorch does.
protocol Pooling: LayerKind {
    var size: Int { get }
    /// The size where JSON leaves it out.
    var stride: Int { get }

    init(size: Int, stride: Int)
}

private enum PoolingKeys: String, CodingKey, CaseIterable {
    case size, stride
}

extension Pooling {
    static var settings: [String] { PoolingKeys.allCases.map(\.rawValue) }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: PoolingKeys.self)
        let size = try values.decode(Int.self, forKey: .size)
        self.init(size: size, stride: try values.decodeIfPresent(Int.self, forKey: .stride) ?? size)
    }

    func output(for input: LayerShape) throws -> LayerShape {
        let image = try input.image()
        try LayerMisfit.check([size, stride], "size and stride")
        return .image(try image.windows(of: size, stride: stride, channels: image.channels))
    }
}

extension Layer {
    static func maximumPooling(size: Int, stride: Int) -> Layer {
        .maximumPooling(MaximumPooling(size: size, stride: stride))
    }

    static func averagePooling(size: Int, stride: Int) -> Layer {
        .averagePooling(AveragePooling(size: size, stride: stride))
    }
}

private final class PoolingStage: Stage {
    private let takesMaximum: Bool
    private let settings: any Pooling
    private let image: ImageShape
    private let input: Signal
    private let output: Signal

    init(takesMaximum: Bool, _ settings: any Pooling, image: ImageShape, _ place: StagePlace) {
        self.takesMaximum = takesMaximum
        self.settings = settings
        self.image = image
        input = place.input
        output = place.output
    }

    private func shape(_ pass: Pass) -> PoolingShape {
        PoolingShape(
            channels: image.channels, inputHeight: image.height, inputWidth: image.width, size: settings.size,
            stride: settings.stride, batch: pass.batch)
    }

    /// x [channels × height × width × batch] → y [channels × height′ × width′ × batch].
    func forward(_ pass: Pass) {
        if takesMaximum {
            pass.run(
                .maximumPooling(
                    MaximumPoolingForward(
                        shape: shape(pass), input: input.values.constant, output: output.values.pointer)))
        } else {
            pass.run(
                .averagePooling(
                    AveragePoolingForward(
                        shape: shape(pass), input: input.values.constant, output: output.values.pointer)))
        }
    }

    /// A maximum's gradient goes to the first pixel that has it; a mean's evenly to all.
    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient, let inputGradient = input.gradient else { return }
        if takesMaximum {
            pass.run(
                .maximumPoolingGradient(
                    MaximumPoolingGradient(
                        shape: shape(pass), input: input.values.constant, output: output.values.constant,
                        outputGradient: gradient.constant, inputGradient: inputGradient.pointer,
                        isInputRectified: input.isRectified)))
        } else {
            pass.run(
                .averagePoolingGradient(
                    AveragePoolingGradient(
                        shape: shape(pass), outputGradient: gradient.constant, inputGradient: inputGradient.pointer,
                        mask: input.mask)))
        }
    }
}
