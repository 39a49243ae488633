import KernelTypes

#if KERNELS_V4
private let level = KernelSet.Level.v4
#elseif KERNELS_V3
private let level = KernelSet.Level.v3
#else
private let level = KernelSet.Level.baseline
#endif

/// The kernels as this module was compiled.
public func makeKernelSet() -> KernelSet {
    KernelSet(
        level: level,
        convolve: { convolve($0, unit: $1) },
        convolutionInputGradient: { convolutionInputGradient($0, unit: $1) },
        convolutionWeightGradient: { convolutionWeightGradient($0, unit: $1) },
        multiply: { multiply($0, unit: $1) },
        sumColumns: { sumColumns($0, unit: $1) },
        poolMaximum: { poolMaximum($0, unit: $1) },
        poolMaximumGradient: { poolMaximumGradient($0, unit: $1) },
        poolAverage: { poolAverage($0, unit: $1) },
        poolAverageGradient: { poolAverageGradient($0, unit: $1) },
        activate: { activate($0, unit: $1) },
        activationGradient: { activationGradient($0, unit: $1) },
        normalizeBatch: { normalizeBatch($0, unit: $1) },
        batchNormalizationGradient: { batchNormalizationGradient($0, unit: $1) },
        normalizeResponse: { normalizeResponse($0, unit: $1) },
        drawDropoutFactors: { drawDropoutFactors($0, unit: $1) },
        scale: { scale($0, unit: $1) },
        fillUniform: { fillUniform($0, unit: $1) },
        sumSquares: { sumSquares($0, unit: $1) },
        transpose: { transpose($0, unit: $1) },
        gather: { gather($0, unit: $1) },
        softmaxCrossEntropy: { softmaxCrossEntropy($0, unit: $1) },
        loopAtPeak: { loopAtPeak($0, unit: $1) },
        exponential: { values, count in
            for start in stride(from: 0, to: count, by: lanes) {
                store(exponential(load(values + start)), values + start)
            }
        },
        logarithm: { values, count in
            for start in stride(from: 0, to: count, by: lanes) {
                store(logarithm(load(values + start)), values + start)
            }
        })
}
