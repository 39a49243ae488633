/// Weights from a safetensors file of whatever origin, brought into the form that networks load: F32, without the parts of
/// names that PyTorch's wrappers add, and without counters of batches.
package struct ForeignWeights: Sendable {
    package let tensors: [Tensor]
    /// What was changed on the way, a sentence each; empty where nothing was.
    package let changes: [String]
    /// Names of tensors that have the same numbers at the same place in the file, as weights have that layers share. Each layer
    /// gets its own here.
    package let shared: [[String]]
    /// Where nothing was changed.
    private let file: [UInt8]?

    /// - Throws: `SafetensorsError`; `WeightsError` for a number that is not finite, a variance below zero, or two tensors
    ///   that have one name without what wrappers added.
    package init(_ file: [UInt8]) throws {
        let decoded = try Safetensors.decode(file)
        var tensors = decoded.tensors.filter { !$0.isCounterOfBatches }
        var changes = decoded.converted.map { "Numbers of type \($0) are read as F32." }
        changes += try Self.unwrap(&tensors)
        // However many names share some numbers, they are looked through once.
        var checked: Set<[Int]> = []
        var names: [Int: [String]] = [:]
        for tensor in tensors where !tensor.values.isEmpty {
            let address = tensor.values.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
            names[address, default: []].append(tensor.name)
            guard checked.insert([address, tensor.isVariance ? 1 : 0]).inserted else { continue }
            try tensor.checkIsUsable()
        }
        self.tensors = tensors
        self.changes = changes
        shared = names.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
        self.file = changes.isEmpty ? file : nil
    }

    /// The file if nothing was changed, else the same weights as a file of their own.
    ///
    /// That is larger than the file where tensors share their numbers: they must have been checked against a network.
    package func encoded() throws -> [UInt8] { try file ?? Safetensors.encode(tensors, metadata: ["format": "pt"]) }

    /// Of `DataParallel` and `DistributedDataParallel`, and of `torch.compile`: names of modules that hold another one. No
    /// layer of this program has such a name.
    private static let wrappers: Set<Substring> = ["module", "_orig_mod"]

    /// Takes the wrappers' parts off the tensors' names, wherever they stand: a part of a network may be compiled alone.
    ///
    /// - Returns: What was taken off.
    private static func unwrap(_ tensors: inout [Tensor]) throws -> [String] {
        var counts: [String: Int] = [:]
        var prefixes: Set<String> = []
        var names: Set<String> = []
        for index in tensors.indices {
            let parts = tensors[index].name.split(separator: ".", omittingEmptySubsequences: false)
            let kept = parts.dropLast().filter { !wrappers.contains($0) } + parts.suffix(1)
            let removed = parts.dropLast().filter(wrappers.contains).map { "\($0)." }
            if kept.count < parts.count { tensors[index].name = kept.joined(separator: ".") }
            let name = tensors[index].name
            guard names.insert(name).inserted else { throw WeightsError.doubled(name) }
            for part in Set(removed) { counts[part, default: 0] += 1 }
            prefixes.insert(parts.starts(with: removed.map { $0.dropLast() }) ? removed.joined() : "")
        }
        if prefixes.count == 1, let prefix = prefixes.first, !prefix.isEmpty {
            return ["The prefix “\(prefix)” is left out of the tensors' names."]
        }
        return counts.sorted { $0.key < $1.key }.map { part, count in
            "“\(part)” is left out of the names of \(count) of \(tensors.count) tensors."
        }
    }
}

extension Tensor {
    /// Whether it is PyTorch's counter of the batches that a normalisation has seen: nothing is computed from it.
    var isCounterOfBatches: Bool { name.hasSuffix(".num_batches_tracked") }

    fileprivate var isVariance: Bool { name.hasSuffix(".running_var") }

    /// - Throws: `WeightsError` for numbers that nothing can be computed from, or learned.
    func checkIsUsable() throws {
        if let value = values.first(where: { !$0.isFinite }) { throw WeightsError.notFinite(name, value) }
        if isVariance, let value = values.first(where: { $0 < 0 }) {
            throw WeightsError.negativeVariance(name, value)
        }
    }
}
