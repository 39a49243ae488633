/// All that a training has to know to go on after an epoch as if nothing had happened: weights and the optimiser's
/// memory. The random numbers (Philox4x32-10) need no state of their own: they follow from the seed and the epoch.
public struct Checkpoint: Sendable, Hashable {
    /// The last finished epoch, counted from 1.
    public var epoch: Int
    /// Named as in PyTorch's `state_dict`; the optimiser's memory as `first_moment.NAME` and `second_moment.NAME`.
    public var tensors: [Tensor]

    /// In safetensors form, with the epoch in the metadata.
    public func encode() throws -> [UInt8] {
        try Safetensors.encode(tensors, metadata: ["format": "pt", "epoch": "\(epoch)"])
    }

    /// - Throws: `SafetensorsError` when the bytes are no checkpoint.
    public init(_ bytes: [UInt8]) throws {
        let (tensors, metadata) = try Safetensors.decode(bytes)
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
    public func checkpoint(afterEpoch epoch: Int) -> Checkpoint {
        Checkpoint(epoch: epoch, tensors: tensors() + parameters.flatMap(\.moments))
    }

    /// Takes over weights and the optimiser's memory.
    ///
    /// - Throws: `WeightsError` when a tensor is missing or of another shape; the network is not to be used then.
    public func restore(_ checkpoint: Checkpoint) throws {
        let isMoment = { (tensor: Tensor) in
            tensor.name.hasPrefix("first_moment.") || tensor.name.hasPrefix("second_moment.")
        }
        try load(checkpoint.tensors.filter { !isMoment($0) })
        let moments = Dictionary(
            checkpoint.tensors.filter(isMoment).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for parameter in parameters { try parameter.setMoments(moments) }
    }
}
