/// A kind of layer: its settings, which are what JSON says of it, and all that follows from them.
///
/// Each kind has one file, with its shape rule, its weights, and how it computes forward and backward. `Layer` lists them.
protocol LayerKind: Codable, Hashable, Sendable {
    /// As it is written in JSON.
    static var typeName: String { get }
    /// The keys that JSON may have besides `type`.
    static var settings: [String] { get }
    /// The start of the names of its weights, as is usual with PyTorch; `nil` for layers without weights.
    static var weightsPrefix: String? { get }
    /// Whether it sums products of inputs and weights. It then does a ReLU that follows it on the way.
    static var isLinear: Bool { get }

    var layer: Layer { get }

    /// The shape of its output. Every size is checked before it is computed with, so that nothing overflows.
    ///
    /// - Throws: `LayerMisfit` when the settings are out of range, or don't fit the input.
    func output(for input: LayerShape) throws -> LayerShape

    /// Its tensors, in PyTorch's order; empty for layers without.
    func weightShapes(for input: LayerShape) -> [WeightShape]

    /// Whether it does anything.
    func isComputed(from input: LayerShape, trains: Bool) -> Bool

    /// Floats that it needs besides its output to compute a batch.
    func workingSpace(from input: PlannedStage.Flow, to output: LayerShape, batchSize: Int) -> Int

    /// The layer at work.
    ///
    /// - Throws: `LayerMisfit`, as `output(for:)`.
    func stage(at place: StagePlace) throws -> any Stage
}

extension LayerKind {
    static var settings: [String] { [] }
    static var weightsPrefix: String? { nil }
    static var isLinear: Bool { false }

    func weightShapes(for input: LayerShape) -> [WeightShape] { [] }
    func isComputed(from input: LayerShape, trains: Bool) -> Bool { true }
    func workingSpace(from input: PlannedStage.Flow, to output: LayerShape, batchSize: Int) -> Int { 0 }
}

/// One tensor of a layer.
struct WeightShape: Hashable {
    /// The end of its name: `weight`, `bias`, `running_mean` or `running_var`.
    let kind: String
    /// As PyTorch has it.
    let shape: [Int]
    /// Whether steps of the optimiser change it.
    let isTrainable: Bool

    init(_ kind: String, _ shape: [Int], isTrainable: Bool = true) {
        self.kind = kind
        self.shape = shape
        self.isTrainable = isTrainable
    }

    /// Numbers in it.
    var count: Int { shape.reduce(1, *) }
}

/// Why a layer does not fit its input.
struct LayerMisfit: Error {
    let reason: String

    /// - Throws: `LayerMisfit` unless all are sizes that a layer can have.
    static func check(_ sizes: [Int], _ names: String) throws {
        guard sizes.allSatisfy((1...Architecture.largestDimension).contains) else {
            throw LayerMisfit(reason: "\(names) must be at least 1 and at most 65,536")
        }
    }
}

extension KeyedDecodingContainer {
    /// Leaves a setting as it is, at its default, where it is left out.
    func update<Value: Decodable>(_ setting: inout Value, _ key: Key) throws {
        if let value = try decodeIfPresent(Value.self, forKey: key) { setting = value }
    }
}
