// Functions whose results must be the same to the bit everywhere; those of a C library differ between versions.

/// base to the power of a whole number from 0 on, by repeated squaring.
func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest % 2 == 1 { result *= square }
        square *= square
        rest /= 2
    }
    return result
}

/// The sine for |x| ≤ π, within 10⁻¹⁴: the Taylor series up to x³³.
func sine(_ x: Double) -> Double {
    var (sum, term) = (0.0, x)
    for index in 1...17 {
        sum += term
        term *= -x * x / Double(2 * index * (2 * index + 1))
    }
    return sum
}

/// The cosine for |x| ≤ π, within 10⁻¹⁴: the Taylor series up to x³².
func cosine(_ x: Double) -> Double {
    var (sum, term) = (0.0, 1.0)
    for index in 1...17 {
        sum += term
        term *= -x * x / Double((2 * index - 1) * 2 * index)
    }
    return sum
}
