#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Numbers as a person reads them.
package enum Quantity {
    /// With a comma every three digits.
    package static func count(_ value: Int) -> String {
        var digits = Array(String(value.magnitude))
        for position in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: position) }
        return (value < 0 ? "−" : "") + String(digits)
    }

    /// With a comma every three digits and the word for what is counted: `1 test sample`, `10,000 test samples`.
    ///
    /// - Parameter plural: `noun` with an “s” where there is none.
    package static func count(_ value: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(count(value)) \(value == 1 ? noun : plural ?? noun + "s")"
    }

    /// As many digits as a person wants to know, six at most.
    package static func number(_ value: Double) -> String {
        guard value.isFinite else { return JSONValue.name(ofNonFinite: value) }
        let text = formatted("%.6g", value)
        return text.utf8.contains(UInt8(ascii: "e")) ? scientific(value) : signed(text)
    }

    /// With a fixed number of decimals, correctly rounded; from ten million on with a power of ten.
    package static func decimal(_ value: Double, places: Int) -> String {
        guard value.isFinite else { return JSONValue.name(ofNonFinite: value) }
        guard abs(value) < 1e7 else { return scientific(value) }
        return signed(formatted("%.*f", Int32(places), value))
    }

    /// With the minus sign that counts have; what is rounded to 0 has none.
    private static func signed(_ text: String) -> String {
        guard text.hasPrefix("-") else { return text }
        let digits = text.dropFirst()
        return digits.utf8.contains { $0 > UInt8(ascii: "0") } ? "−\(digits)" : String(digits)
    }

    /// As C's `printf` writes it.
    private static func formatted(_ format: String, _ values: any CVarArg...) -> String {
        var buffer = [CChar](repeating: 0, count: 400)
        let length = withVaList(values) { vsnprintf(&buffer, buffer.count, format, $0) }
        return String(decoding: buffer.prefix(max(0, Int(length))).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// A share of 0…1 in per cent.
    package static func percent(_ share: Double, places: Int = 1) -> String {
        decimal(share * 100, places: places) + " %"
    }

    /// A time in the unit that suits it: `85 ms`, `0.93 s`, `2 min 5 s`.
    package static func duration(seconds: Double) -> String {
        guard seconds.isFinite else { return JSONValue.name(ofNonFinite: seconds) }
        if seconds < 0.0995 { return decimal(seconds * 1000, places: 0) + " ms" }
        if seconds < 59.95 { return decimal(seconds, places: seconds < 9.995 ? 2 : 1) + " s" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }

    /// An amount of memory, in decimal units: `12 MB`, `1.3 GB`.
    package static func bytes(_ count: Int) -> String {
        let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
        var (value, unit) = (Double(count), 0)
        while value >= 999.5 && unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
        return "\(decimal(value, places: unit > 2 && value < 99.95 ? 1 : 0)) \(units[unit])"
    }

    /// A p value: three decimals, or a power of ten for small ones, e.g. `4.1 · 10⁻⁷`. Those below 10⁻³⁰⁰ are not told from
    /// 0.
    package static func probability(_ value: Double) -> String {
        if value < 1e-300 { return "< 10⁻³⁰⁰" }
        return value < 0.001 ? scientific(value) : decimal(value, places: 3)
    }

    /// A p value with its name: `p = 0.012`, or `p < 10⁻³⁰⁰`.
    package static func probability(_ value: Double, named name: String) -> String {
        let text = probability(value)
        return text.hasPrefix("<") ? "\(name) \(text)" : "\(name) = \(text)"
    }

    /// Two digits and a power of ten: `4.1 · 10⁻⁷`.
    static func scientific(_ value: Double) -> String {
        let parts = formatted("%.1e", value).split(separator: "e")
        guard parts.count == 2, let exponent = Int(parts[1]) else { return JSONValue.name(ofNonFinite: value) }
        let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
        let power = String(exponent.magnitude).compactMap { $0.wholeNumberValue.map { digits[$0] } }
        return "\(signed(String(parts[0]))) · 10\(exponent < 0 ? "⁻" : "")\(String(power))"
    }
}
