/// One layer of an architecture, without its weights.
public enum Layer: Hashable, Sendable {
    /// Cross-correlation with square kernels, as PyTorch's `Conv2d`.
    case convolution(outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0)
    /// The maximum of square windows.
    case maximumPooling(size: Int, stride: Int)
    /// channels × height × width → features, in that order.
    case flatten
    /// Every output is a weighted sum of all inputs, and a bias.
    case dense(outputs: Int)
    /// max(0, x).
    case relu

    /// As it is written in JSON.
    public var typeName: String {
        switch self {
        case .convolution: "conv2d"
        case .maximumPooling: "max_pool2d"
        case .flatten: "flatten"
        case .dense: "dense"
        case .relu: "relu"
        }
    }

    /// The start of the names of its weights, as is usual with PyTorch; `nil` for layers without weights.
    var weightsPrefix: String? {
        switch self {
        case .convolution: "conv"
        case .dense: "fc"
        default: nil
        }
    }
}

extension Layer: Codable {
    private enum CodingKeys: String, CodingKey {
        case type, outputs, kernel, stride, padding, size
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let type = try values.decode(String.self, forKey: .type)
        switch type {
        case "conv2d":
            self = .convolution(
                outputs: try values.decode(Int.self, forKey: .outputs),
                kernel: try values.decode(Int.self, forKey: .kernel),
                stride: try values.decodeIfPresent(Int.self, forKey: .stride) ?? 1,
                padding: try values.decodeIfPresent(Int.self, forKey: .padding) ?? 0)
        case "max_pool2d":
            let size = try values.decode(Int.self, forKey: .size)
            self = .maximumPooling(
                size: size, stride: try values.decodeIfPresent(Int.self, forKey: .stride) ?? size)
        case "flatten": self = .flatten
        case "dense": self = .dense(outputs: try values.decode(Int.self, forKey: .outputs))
        case "relu": self = .relu
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: values,
                debugDescription: "“\(type)” is no layer; there are conv2d, max_pool2d, flatten, dense, relu")
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
        case .maximumPooling(let size, let stride):
            try values.encode(size, forKey: .size)
            try values.encode(stride, forKey: .stride)
        case .dense(let outputs): try values.encode(outputs, forKey: .outputs)
        case .flatten, .relu: break
        }
    }
}
