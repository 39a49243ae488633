/// How intensities become a network's input: (intensity / 255 − mean) / standard deviation.
package struct Standardization: Hashable, Sendable {
    /// Of intensities scaled to 0…1: one for all channels, or one of each.
    package var means: [Double]
    /// The same.
    package var standardDeviations: [Double]

    package init(means: [Double], standardDeviations: [Double]) {
        self.means = means
        self.standardDeviations = standardDeviations
    }

    package init(mean: Double, standardDeviation: Double) {
        self.init(means: [mean], standardDeviations: [standardDeviation])
    }

    /// Intensities only scaled to 0…1.
    static let none = Standardization(mean: 0, standardDeviation: 1)

    /// intensity · scale + offset is the input.
    func scale(ofChannel channel: Int) -> Float { Float(1 / (255 * deviation(channel))) }

    func offset(ofChannel channel: Int) -> Float {
        Float(-(means.count == 1 ? means[0] : means[channel]) / deviation(channel))
    }

    private func deviation(_ channel: Int) -> Double {
        standardDeviations.count == 1 ? standardDeviations[0] : standardDeviations[channel]
    }
}

/// One number for all channels, or a list with one of each.
extension Standardization: Codable {
    private enum CodingKeys: String, CodingKey {
        case mean, standardDeviation
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read(_ key: CodingKeys) throws -> [Double] {
            if let list = try? values.decode([Double].self, forKey: key) { return list }
            return [try values.decode(Double.self, forKey: key)]
        }
        self.init(means: try read(.mean), standardDeviations: try read(.standardDeviation))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func write(_ values: [Double], _ key: CodingKeys) throws {
            if values.count == 1 {
                try container.encode(values[0], forKey: key)
            } else {
                try container.encode(values, forKey: key)
            }
        }
        try write(means, .mean)
        try write(standardDeviations, .standardDeviation)
    }
}
