import FoundationEssentials
import Samples

/// What a network is, without its weights: the size of its input and its layers. The last layer's outputs are the
/// logits, one per class.
package struct Architecture: Hashable, Sendable {
    package let name: String
    package let input: ImageShape
    let layers: [Layer]
    /// Whether images of other sizes are resized to `input`, and grey ones repeated in all its channels; otherwise they
    /// are refused.
    package let resizesImages: Bool

    /// - Throws: `ArchitectureError` when the layers do not fit together.
    init(name: String, input: ImageShape, layers: [Layer], resizesImages: Bool = false) throws {
        self.name = name
        self.input = input
        self.layers = layers
        self.resizesImages = resizesImages
        _ = try shapes()
    }

    /// Whether images of a shape can be its input.
    package func accepts(_ images: ImageShape) -> Bool {
        images == input || resizesImages && (images.channels == input.channels || images.channels == 1)
    }

    /// - Parameter json: In UTF-8; the byte-order mark that some editors write is passed over.
    /// - Throws: `ArchitectureError` when the text is no JSON of an architecture, has what is not understood, or the layers
    ///   do not fit together.
    package init(json: [UInt8]) throws {
        let json = json.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(json.dropFirst(3)) : json
        do {
            try JSONScanner.check(json)
            self = try JSONDecoder().decode(Architecture.self, from: Data(json))
        } catch let error as DecodingError {
            throw ArchitectureError.unreadable(error.summary)
        } catch JSONScanner.Failure.doubledKey(let key) {
            throw ArchitectureError.unreadable("an object in it has the key “\(key)” twice")
        } catch let place as JSONScanner.Place {
            throw ArchitectureError.unreadable("it is no JSON from line \(place.line), column \(place.column) on")
        }
    }

    /// A JSON object with `name`, `input` and `layers`, and `resize` when it is true.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// Logits.
    package var classes: Int {
        for case .dense(let dense) in layers.reversed() { return dense.outputs }
        return 0
    }

    /// Trainable numbers.
    package var parameterCount: Int { summary().reduce(0) { $0 + $1.parameters } }

    /// Multiplications with addition for one sample, forward.
    package var multiplyAdds: Int { summary().reduce(0) { $0 + $1.multiplyAdds } }
}

extension Architecture: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case name, input, layers, resize
    }

    /// - Throws: `ArchitectureError` also when the layers do not fit together: what a database holds was perhaps never seen
    ///   by this program.
    package init(from decoder: any Decoder) throws {
        try decoder.refuseKeys(besides: CodingKeys.allCases.map(\.rawValue), of: "it")
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            name: try values.decode(String.self, forKey: .name),
            input: try values.decode(ImageShape.self, forKey: .input),
            layers: try values.decode([Layer].self, forKey: .layers),
            resizesImages: try values.decodeIfPresent(Bool.self, forKey: .resize) ?? false)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(name, forKey: .name)
        try values.encode(input, forKey: .input)
        try values.encode(layers, forKey: .layers)
        if resizesImages { try values.encode(true, forKey: .resize) }
    }
}

extension Architecture {
    /// No side of an image, no number of channels or of a dense layer's outputs, and no kernel, stride or padding may be
    /// larger.
    static let largestDimension = ImageShape.largestDimension
    /// No layer may have more outputs, weights or multiply-adds: sums over all layers then stay below 2⁵⁶.
    static let largestCount = 1 << 40
    static let largestLayerCount = 1 << 16
    /// Labels are stored as 16-bit numbers with a sign.
    static let largestClassCount = 1 << 15

    /// Each layer's output shape.
    ///
    /// Every size is checked before it is computed with: whatever an architecture says, nothing overflows.
    ///
    /// - Throws: `ArchitectureError` for the first layer that does not fit.
    func shapes() throws -> [LayerShape] {
        guard let count = input.checkedCount, count <= Self.largestCount else {
            throw ArchitectureError.badInput(input)
        }
        guard layers.count <= Self.largestLayerCount else { throw ArchitectureError.tooManyLayers(layers.count) }
        var shapes: [LayerShape] = []
        var shape = LayerShape.image(input)
        for (index, layer) in layers.enumerated() {
            do {
                shape = try layer.checkedOutput(for: shape)
            } catch let misfit as LayerMisfit {
                throw ArchitectureError.layer(number: index + 1, type: layer.typeName, input: "\(shape)", misfit.reason)
            }
            shapes.append(shape)
        }
        guard case .features(let classes) = shape, case .dense = layers.last else {
            throw ArchitectureError.noLogits
        }
        guard (2...Self.largestClassCount).contains(classes) else { throw ArchitectureError.badClassCount(classes) }
        return shapes
    }
}

/// - Returns: `nil` when a factor is negative or the product overflows.
func product(_ factors: [Int]) -> Int? {
    factors.reduce(1 as Int?) { product, factor in
        guard let product, factor >= 0 else { return nil }
        let (result, overflow) = product.multipliedReportingOverflow(by: factor)
        return overflow ? nil : result
    }
}

extension Layer {
    /// The shape of its output. Nothing overflows, however many layers there are.
    ///
    /// - Throws: `LayerMisfit` when the layer does not fit its input, or has more outputs, weights or multiply-adds than can
    ///   be counted.
    func checkedOutput(for input: LayerShape) throws -> LayerShape {
        let output = try kind.output(for: input)
        try kind.checkCounts(from: input, to: output)
        return output
    }
}

extension LayerKind {
    /// Refuses outputs, weights and multiply-adds that are too many to be counted, let alone computed.
    fileprivate func checkCounts(from input: LayerShape, to output: LayerShape) throws {
        // At most 2¹⁶ each: sides of an image shrink by less than their padding adds.
        let sides: [Int] =
            if case .image(let image) = output { [image.channels, image.height, image.width] } else { [] }
        var counts = [product(sides)]
        for weight in weightShapes(for: input) {
            counts.append(product(weight.shape))
            if Self.isLinear { counts.append(product(weight.shape + sides.dropFirst())) }
        }
        guard sides.allSatisfy({ $0 <= Architecture.largestDimension }),
            counts.allSatisfy({ $0.map { $0 <= Architecture.largestCount } ?? false })
        else {
            throw LayerMisfit(reason: "it would have more outputs, weights or multiply-adds than any machine computes")
        }
    }
}

/// Why a description is no network.
package enum ArchitectureError: Error, Sendable, Equatable, CustomStringConvertible {
    case unreadable(String)
    /// A key in JSON that nothing is done with.
    case unknownSetting(String, of: String, known: [String])
    case badInput(ImageShape)
    case tooManyLayers(Int)
    case layer(number: Int, type: String, input: String, String)
    case noLogits
    case badClassCount(Int)

    package var description: String {
        switch self {
        case .unreadable(let reason): "The architecture cannot be read: \(reason)."
        case .unknownSetting(let name, let owner, let known):
            "The architecture cannot be read: \(owner) has no setting “\(name)”; "
                + (known.isEmpty ? "there are none." : "there are \(known.joined(separator: ", ")).")
        case .badInput(let shape):
            "The architecture's input is \(shape); each of the three must be between 1 and 65,536, their product at "
                + "most 2⁴⁰."
        case .tooManyLayers(let count): "The architecture has \(count) layers; at most 65,536 are possible."
        case .layer(let number, let type, let input, let reason):
            "Layer \(number) (\(type)) does not fit its input \(input): \(reason)."
        case .noLogits: "The architecture's last layer must be dense: its outputs are the logits, one per class."
        case .badClassCount(let count): "The architecture has \(count) classes; between 2 and 32,768 are possible."
        }
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) { nil }
}

extension Decoder {
    /// What is not understood is not ignored: a misspelt setting would have its default in silence.
    ///
    /// - Throws: `ArchitectureError.unknownSetting`.
    func refuseKeys(besides known: [String], of owner: String) throws {
        let keys = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        if let unknown = keys.filter({ !known.contains($0) }).min() {
            throw ArchitectureError.unknownSetting(unknown, of: owner, known: known.filter { $0 != "type" })
        }
    }
}

extension ImageShape: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case channels, height, width
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseKeys(besides: CodingKeys.allCases.map(\.rawValue), of: "the input")
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            channels: try values.decode(Int.self, forKey: .channels),
            height: try values.decode(Int.self, forKey: .height), width: try values.decode(Int.self, forKey: .width))
    }
}

extension DecodingError {
    /// The place and the reason, without the type's machinery.
    fileprivate var summary: String {
        switch self {
        case .keyNotFound(let key, let context): "“\(key.stringValue)” is missing\(context.place)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "a value of another type is needed\(context.place)"
        case .dataCorrupted(let context):
            // It is JSON, but for the form of a number or of an escape. A number that is no whole one, or too large, comes
            // without its place.
            context.codingPath.isEmpty
                ? "a number in it is not whole or too large, or a text in it is no JSON"
                : context.debugDescription + context.place
        @unknown default: "it does not have the form of an architecture"
        }
    }
}

extension DecodingError.Context {
    fileprivate var place: String {
        guard !codingPath.isEmpty else { return "" }
        return " at " + codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
}
