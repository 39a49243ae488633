import ArgumentParser
import Reporting

/// An accuracy as another program prints it: 0.9846.
struct ExpectedAccuracy: Sendable {
    let text: String
    private let value: Double
    /// How far another may be from it: half of the last digit, and of a hundredth at most.
    private let tolerance: Double

    /// - Throws: `ValidationError` unless it is a decimal number from 0 to 1.
    init(typed text: String) throws {
        let places = text.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.utf8.count ?? 0
        let isDecimal = text.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
        }
        guard isDecimal, let value = Double(text), (0...1).contains(value) else {
            throw ValidationError("--expect-accuracy needs a share of 1, e.g. 0.9846.")
        }
        self.text = text
        self.value = value
        // Decimals are not exact: a little more.
        tolerance = (0..<max(places, 2)).reduce(0.5) { unit, _ in unit / 10 } + 1e-12
    }

    func isMet(by accuracy: Double) -> Bool { abs(accuracy - value) <= tolerance }
}

/// Predictions whose accuracy is not the one that was announced.
struct OtherAccuracy: Failure {
    let model: String
    let dataset: String
    let found: Double
    let expected: String
    /// What may be wrong with the input.
    let cause: Cause

    enum Cause {
        /// Rows that may be in another order than the samples.
        case order
        /// Pixels that may become a network's input in another way.
        case pixels
        case unknown
    }

    var exitStatus: ExitStatus { .badInput }
    var description: String {
        "\(model): the accuracy on \(dataset) is \(Quantity.number(found)), and \(expected) was expected. Nothing was stored."
    }
    var advice: String? {
        switch cause {
        case .order: "Rows and samples may be in different orders: give each row the sha256 of its image."
        case .pixels:
            "Classes may be in another order, or pixels were standardised otherwise: give --mean and --std as they were in the "
                + "training, or --no-standardize."
        case .unknown: nil
        }
    }
}
