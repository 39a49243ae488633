/// All that a training has to know to go on after an epoch as if nothing had happened: weights and the optimiser's
/// memory. The random numbers (Philox4x32-10) need no state of their own: they follow from the seed and the epoch.
package struct Checkpoint: Sendable, Hashable {
    /// The last finished epoch, counted from 1.
    package var epoch: Int
    /// Named as in PyTorch's `state_dict`; the optimiser's memory as `first_moment.NAME` and `second_moment.NAME`.
    package var tensors: [Tensor]

    /// In safetensors form, with the epoch in the metadata.
    package func encode() throws -> [UInt8] {
        try Safetensors.encode(tensors, metadata: Self.metadata(epoch: epoch))
    }

    static func metadata(epoch: Int) -> [String: String] { ["format": "pt", "epoch": "\(epoch)"] }

    /// - Throws: `SafetensorsError` when the bytes are no checkpoint.
    package init(_ bytes: [UInt8]) throws {
        let (tensors, metadata, _) = try Safetensors.decode(bytes)
        guard let epoch = metadata["epoch"].flatMap({ Int($0) }), epoch > 0 else {
            throw SafetensorsError("its metadata names no epoch")
        }
        self.epoch = epoch
        self.tensors = tensors
    }

    init(epoch: Int, tensors: [Tensor]) {
        self.epoch = epoch
        self.tensors = tensors
    }
}

extension Network {
    /// - Parameter epoch: The last finished one.
    package func checkpoint(afterEpoch epoch: Int) -> Checkpoint {
        let moments = parameters.flatMap { parameter in
            parameter.moments.map { moment in
                var tensor = parameter.tensor(of: moment.buffer)
                tensor.name = moment.name
                return tensor
            }
        }
        return Checkpoint(epoch: epoch, tensors: tensors() + moments)
    }

    /// `checkpoint(afterEpoch:)` in safetensors form, without a copy of the tensors in between.
    package func encodedCheckpoint(afterEpoch epoch: Int) throws -> [UInt8] {
        let moments = parameters.flatMap { parameter in
            parameter.moments.map { (name: $0.name, parameter: parameter, buffer: $0.buffer) }
        }
        return try encode(
            parameters.map { ($0.name, $0, $0.values) } + moments, metadata: Checkpoint.metadata(epoch: epoch))
    }

    /// All weights in safetensors form, without a copy of the tensors in between.
    package func encodedWeights() throws -> [UInt8] {
        try encode(parameters.map { ($0.name, $0, $0.values) }, metadata: ["format": "pt"])
    }

    private func encode(
        _ tensors: [(name: String, parameter: Parameter, buffer: FloatBuffer)], metadata: [String: String]
    ) throws -> [UInt8] {
        try Safetensors.encode(tensors.map { ($0.name, $0.parameter.shape) }, metadata: metadata) { index, target in
            tensors[index].parameter.copy(tensors[index].buffer, to: target)
        }
    }

    /// A network that resumes its training: with weights and the optimiser's memory.
    ///
    /// - Throws: `WeightsError` when a tensor is missing or of another shape.
    package convenience init(_ architecture: Architecture, resuming checkpoint: Checkpoint) throws {
        let isMoment = { (tensor: Tensor) in
            tensor.name.hasPrefix("first_moment.") || tensor.name.hasPrefix("second_moment.")
        }
        try self.init(architecture, weights: checkpoint.tensors.filter { !isMoment($0) })
        let moments = Dictionary(
            checkpoint.tensors.filter(isMoment).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for parameter in parameters { try parameter.setMoments(moments) }
    }
}
