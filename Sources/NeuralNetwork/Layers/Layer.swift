/// One layer of an architecture, without its weights.
enum Layer: Hashable, Sendable {
    case convolution(Convolution)
    case maximumPooling(MaximumPooling)
    case averagePooling(AveragePooling)
    case flatten
    case dense(Dense)
    case dropout(Dropout)
    case batchNormalization(BatchNormalization)
    case localResponseNormalization(LocalResponseNormalization)
    case relu
    case leakyReLU(LeakyReLU)
    case sigmoid
    case tanh

    /// What it is, and does.
    var kind: any LayerKind {
        switch self {
        case .convolution(let kind): kind
        case .maximumPooling(let kind): kind
        case .averagePooling(let kind): kind
        case .flatten: Flatten()
        case .dense(let kind): kind
        case .dropout(let kind): kind
        case .batchNormalization(let kind): kind
        case .localResponseNormalization(let kind): kind
        case .relu: ReLU()
        case .leakyReLU(let kind): kind
        case .sigmoid: Sigmoid()
        case .tanh: HyperbolicTangent()
        }
    }

    /// All that may stand as `type` in JSON.
    static let kinds: [any LayerKind.Type] = [
        Convolution.self, MaximumPooling.self, AveragePooling.self, Flatten.self, Dense.self, Dropout.self,
        BatchNormalization.self, LocalResponseNormalization.self, ReLU.self, LeakyReLU.self, Sigmoid.self,
        HyperbolicTangent.self,
    ]

    /// As it is written in JSON.
    var typeName: String { type(of: kind).typeName }

    /// Whether it sums products of inputs and weights.
    var isLinear: Bool { type(of: kind).isLinear }
}

extension Layer: Codable {
    private enum CodingKeys: CodingKey {
        case type
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let type = try values.decode(String.self, forKey: .type)
        guard let kind = Self.kinds.first(where: { $0.typeName == type }) else {
            let names = Self.kinds.map { $0.typeName }.joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: values, debugDescription: "“\(type)” is no layer; there are \(names)")
        }
        let number = (decoder.codingPath.last?.intValue ?? 0) + 1
        try decoder.refuseKeys(besides: ["type"] + kind.settings, of: "layer \(number) (\(type))")
        self = try kind.init(from: decoder).layer
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(typeName, forKey: .type)
        try kind.encode(to: encoder)
    }
}
