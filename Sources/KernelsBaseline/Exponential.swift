import KernelTypes

/// e to the power of each lane, within 1 unit in the last place for normal results.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; ln 2 is taken in two parts, so that r is exact to the last digit. e^r comes from
/// its Taylor polynomial of degree 7, whose remainder is below 2⁻³⁰. Results below 2⁻¹⁴⁹ are zero, results above the
/// largest float are infinite.
///
/// - Source: Cody and Waite, “Software Manual for the Elementary Functions”, 1980, chapter 6.
@inline(__always)
func exponential(_ x: Lanes) -> Lanes {
    let bounded = x.replacing(with: 89, where: x .> 89).replacing(with: -104, where: x .< -104)
    // Adding 1.5·2²³ leaves the nearest whole number in the lowest bits.
    let magic = Lanes(repeating: 12_582_912)
    let shifted = magic.fused(bounded, Lanes(repeating: 1.442_695_04))
    let n = shifted - magic
    let r =
        bounded
        .fused(n, Lanes(repeating: -0.693_145_75))
        .fused(n, Lanes(repeating: -1.428_606_8e-6))
    var p = Lanes(repeating: 1 / 5040)
    p = Lanes(repeating: 1 / 720).fused(p, r)
    p = Lanes(repeating: 1 / 120).fused(p, r)
    p = Lanes(repeating: 1 / 24).fused(p, r)
    p = Lanes(repeating: 1 / 6).fused(p, r)
    p = Lanes(repeating: 0.5).fused(p, r)
    p = Lanes(repeating: 1).fused(p, r)
    p = Lanes(repeating: 1).fused(p, r)
    // 2ⁿ in two factors, because n may lie outside the exponents of normal numbers.
    let whole = SIMD16<Int32>(truncatingIfNeeded: unsafeBitCast(shifted, to: SIMD16<Int32>.self) &- 0x4B40_0000)
    let half = whole &>> 1
    let result = p * powerOfTwo(half) * powerOfTwo(whole &- half)
    return result.replacing(with: x, where: x .!= x)
}

/// 2ⁿ for −126 ≤ n ≤ 127.
@inline(__always)
private func powerOfTwo(_ n: SIMD16<Int32>) -> Lanes {
    unsafeBitCast((n &+ 127) &<< 23, to: Lanes.self)
}

/// The natural logarithm of each lane, within 2 units in the last place.
///
/// x = 2ⁿ·m with √½ ≤ m < √2; ln m = 2·artanh s with s = (m − 1) / (m + 1), from the series s + s³/3 + s⁵/5 + …
/// up to s¹¹, whose remainder is below 2⁻²⁸ of it. The logarithm of zero is −∞, of a negative number not a number.
@inline(__always)
func logarithm(_ x: Lanes) -> Lanes {
    // Subnormal numbers are first made normal.
    let isSmall = x .< 1.175_494_4e-38
    let scaled = x.replacing(with: x * 8_388_608, where: isSmall)
    var bits = unsafeBitCast(scaled, to: SIMD16<Int32>.self)
    // The distance of the bits from those of √½ has the exponent n that leaves m at or above √½.
    bits &-= 0x3F35_04F3
    let exponent = bits &>> 23
    let m = unsafeBitCast((bits & 0x007F_FFFF) &+ 0x3F35_04F3, to: Lanes.self)
    let n = Lanes(exponent) - Lanes(repeating: 0).replacing(with: 23, where: isSmall)
    let f = m - 1
    let s = f / (m + 1)
    let z = s * s
    var p = Lanes(repeating: 2.0 / 11)
    p = Lanes(repeating: 2.0 / 9).fused(p, z)
    p = Lanes(repeating: 2.0 / 7).fused(p, z)
    p = Lanes(repeating: 2.0 / 5).fused(p, z)
    p = Lanes(repeating: 2.0 / 3).fused(p, z)
    // 2s = f − s·f, so ln m = f − s·(f − z·p): the part that is rounded is small against f.
    let rest = f.fused(-z, p)
    let low = Lanes(repeating: 0).fused(n, Lanes(repeating: 1.428_606_8e-6)).fused(-s, rest)
    let result = (low + f).fused(n, Lanes(repeating: 0.693_145_75))
    return
        result
        .replacing(with: -.infinity, where: x .== 0)
        .replacing(with: .nan, where: .!(x .>= 0))
        .replacing(with: .infinity, where: x .== .infinity)
}
