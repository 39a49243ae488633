/// Weights from a safetensors file of whatever origin, brought into the form that networks load: F32, without the prefixes
/// that PyTorch's wrappers put before each name.
public struct ForeignWeights: Sendable {
    public let tensors: [Tensor]
    /// What was changed on the way, a sentence each; empty where nothing was.
    public let changes: [String]
    /// The file if nothing was changed, else the same weights as a file of their own.
    public let bytes: [UInt8]

    /// Of `DataParallel` and `DistributedDataParallel`, and of `torch.compile`.
    private static let prefixes = ["module.", "_orig_mod."]

    /// - Throws: `SafetensorsError`; `WeightsError` for a number that is not finite, or a variance below zero.
    public init(_ file: [UInt8]) throws {
        var (tensors, _, converted) = try Safetensors.decode(file)
        var changes = converted.map { "Numbers of type \($0) are read as F32." }
        var removed = ""
        while let prefix = Self.prefixes.first(where: { prefix in
            !tensors.isEmpty && tensors.allSatisfy { $0.name.hasPrefix(prefix) }
        }) {
            for index in tensors.indices { tensors[index].name.removeFirst(prefix.count) }
            removed += prefix
        }
        if !removed.isEmpty { changes.append("The prefix “\(removed)” is left out of the tensors' names.") }
        for tensor in tensors {
            if let value = tensor.values.first(where: { !$0.isFinite }) {
                throw WeightsError.notFinite(tensor.name, value)
            }
            if tensor.name.hasSuffix(".running_var"), let value = tensor.values.first(where: { $0 < 0 }) {
                throw WeightsError.negativeVariance(tensor.name, value)
            }
        }
        self.tensors = tensors
        self.changes = changes
        bytes = changes.isEmpty ? file : try Safetensors.encode(tensors, metadata: ["format": "pt"])
    }
}
