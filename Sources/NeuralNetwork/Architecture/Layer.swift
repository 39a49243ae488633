/// One layer of an architecture, without its weights.
public enum Layer: Hashable, Sendable {
    /// Cross-correlation with square kernels, as PyTorch's `Conv2d`.
    case convolution(outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0)
    /// The maximum of square windows.
    case maximumPooling(size: Int, stride: Int)
    /// The mean of square windows.
    case averagePooling(size: Int, stride: Int)
    /// channels × height × width → features, in that order.
    case flatten
    /// Every output is a weighted sum of all inputs, and a bias.
    case dense(outputs: Int)
    /// In training, each value is zero with probability `rate`, the others are scaled by 1 / (1 − rate).
    case dropout(rate: Double)
    /// Each channel or feature is brought to mean 0 and deviation 1 over the batch, then scaled and shifted.
    ///
    /// - Source: Ioffe and Szegedy, “Batch normalization”, 2015; constants and running averages as PyTorch's.
    case batchNormalization(epsilon: Double = 1e-5, momentum: Double = 0.1)
    /// Each value is divided by (k + α/size · Σ x²)^β over `size` neighbouring channels.
    ///
    /// - Source: Krizhevsky, Sutskever and Hinton, “ImageNet classification …”, 2012; defaults as PyTorch's.
    case localResponseNormalization(size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1)
    /// max(0, x).
    case relu
    /// x, or slope · x where x is negative.
    case leakyReLU(slope: Double = 0.01)
    /// 1 / (1 + e^−x).
    case sigmoid
    /// Hyperbolic tangent.
    case tanh
}

extension Layer {
    /// As it is written in JSON.
    public var typeName: String {
        switch self {
        case .convolution: "conv2d"
        case .maximumPooling: "max_pool2d"
        case .averagePooling: "avg_pool2d"
        case .flatten: "flatten"
        case .dense: "dense"
        case .dropout: "dropout"
        case .batchNormalization: "batch_norm"
        case .localResponseNormalization: "local_response_norm"
        case .relu: "relu"
        case .leakyReLU: "leaky_relu"
        case .sigmoid: "sigmoid"
        case .tanh: "tanh"
        }
    }

    /// The start of the names of its weights, as is usual with PyTorch; `nil` for layers without weights.
    var weightsPrefix: String? {
        switch self {
        case .convolution: "conv"
        case .dense: "fc"
        case .batchNormalization: "bn"
        default: nil
        }
    }

    /// Whether it sums products of inputs and weights.
    var isLinear: Bool {
        switch self {
        case .convolution, .dense: true
        default: false
        }
    }
}

extension Layer: Codable {
    private enum CodingKeys: String, CodingKey {
        case type, outputs, kernel, stride, padding, size, rate, epsilon, momentum, alpha, beta, k, slope
    }

    /// All that may stand as `type` in JSON, with the settings that it takes.
    private static let settings: KeyValuePairs<String, [CodingKeys]> = [
        "conv2d": [.outputs, .kernel, .stride, .padding], "max_pool2d": [.size, .stride],
        "avg_pool2d": [.size, .stride], "flatten": [], "dense": [.outputs], "dropout": [.rate],
        "batch_norm": [.epsilon, .momentum], "local_response_norm": [.size, .alpha, .beta, .k], "relu": [],
        "leaky_relu": [.slope], "sigmoid": [], "tanh": [],
    ]

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys, or usual: Double) throws -> Double {
            try values.decodeIfPresent(Double.self, forKey: key) ?? usual
        }
        func window() throws -> (size: Int, stride: Int) {
            let size = try values.decode(Int.self, forKey: .size)
            return (size, try values.decodeIfPresent(Int.self, forKey: .stride) ?? size)
        }
        let type = try values.decode(String.self, forKey: .type)
        if let settings = Self.settings.first(where: { $0.key == type })?.value {
            let number = (decoder.codingPath.last?.intValue ?? 0) + 1
            try decoder.refuseKeys(besides: ["type"] + settings.map(\.rawValue), of: "layer \(number) (\(type))")
        }
        switch type {
        case "conv2d":
            self = .convolution(
                outputs: try values.decode(Int.self, forKey: .outputs),
                kernel: try values.decode(Int.self, forKey: .kernel),
                stride: try values.decodeIfPresent(Int.self, forKey: .stride) ?? 1,
                padding: try values.decodeIfPresent(Int.self, forKey: .padding) ?? 0)
        case "max_pool2d":
            let (size, stride) = try window()
            self = .maximumPooling(size: size, stride: stride)
        case "avg_pool2d":
            let (size, stride) = try window()
            self = .averagePooling(size: size, stride: stride)
        case "flatten": self = .flatten
        case "dense": self = .dense(outputs: try values.decode(Int.self, forKey: .outputs))
        case "dropout": self = .dropout(rate: try values.decode(Double.self, forKey: .rate))
        case "batch_norm":
            self = .batchNormalization(
                epsilon: try number(.epsilon, or: 1e-5), momentum: try number(.momentum, or: 0.1))
        case "local_response_norm":
            self = .localResponseNormalization(
                size: try values.decode(Int.self, forKey: .size), alpha: try number(.alpha, or: 1e-4),
                beta: try number(.beta, or: 0.75), k: try number(.k, or: 1))
        case "relu": self = .relu
        case "leaky_relu": self = .leakyReLU(slope: try number(.slope, or: 0.01))
        case "sigmoid": self = .sigmoid
        case "tanh": self = .tanh
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: values,
                debugDescription: "“\(type)” is no layer; there are \(Self.settings.map(\.key).joined(separator: ", "))"
            )
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(typeName, forKey: .type)
        switch self {
        case .convolution(let outputs, let kernel, let stride, let padding):
            try values.encode(outputs, forKey: .outputs)
            try values.encode(kernel, forKey: .kernel)
            try values.encode(stride, forKey: .stride)
            try values.encode(padding, forKey: .padding)
        case .maximumPooling(let size, let stride), .averagePooling(let size, let stride):
            try values.encode(size, forKey: .size)
            try values.encode(stride, forKey: .stride)
        case .dense(let outputs): try values.encode(outputs, forKey: .outputs)
        case .dropout(let rate): try values.encode(rate, forKey: .rate)
        case .batchNormalization(let epsilon, let momentum):
            try values.encode(epsilon, forKey: .epsilon)
            try values.encode(momentum, forKey: .momentum)
        case .localResponseNormalization(let size, let alpha, let beta, let k):
            try values.encode(size, forKey: .size)
            try values.encode(alpha, forKey: .alpha)
            try values.encode(beta, forKey: .beta)
            try values.encode(k, forKey: .k)
        case .leakyReLU(let slope): try values.encode(slope, forKey: .slope)
        case .flatten, .relu, .sigmoid, .tanh: break
        }
    }
}
