/// A `timestamptz`: a moment, exact to the microsecond, from 4713 BC to 294276 AD, or ±infinity.
package struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Microseconds since 2000-01-01 00:00:00 UTC, as PostgreSQL counts.
    package let microsecondsSince2000: Int64

    package init(microsecondsSince2000: Int64) {
        self.microsecondsSince2000 = microsecondsSince2000
    }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.microsecondsSince2000 < b.microsecondsSince2000 }

    /// ISO 8601 in UTC, e.g. `2026-11-23T13:14:41.250000Z`.
    package var description: String {
        switch microsecondsSince2000 {
        case .max: return "infinity"
        case .min: return "-infinity"
        default: break
        }
        let microsecondsPerDay: Int64 = 86_400_000_000
        var (days, rest) = microsecondsSince2000.quotientAndRemainder(dividingBy: microsecondsPerDay)
        if rest < 0 {
            days -= 1
            rest += microsecondsPerDay
        }
        let (year, month, day) = Self.civilDate(daysSince2000: days)
        let seconds = rest / 1_000_000
        func digits(_ value: Int64, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        // The year before 1 is 1 BC.
        return "\(digits(year > 0 ? year : 1 - year, 4))-\(digits(month, 2))-\(digits(day, 2))"
            + "T\(digits(seconds / 3600, 2)):\(digits(seconds / 60 % 60, 2)):\(digits(seconds % 60, 2))"
            + ".\(digits(rest % 1_000_000, 6))Z" + (year > 0 ? "" : " BC")
    }

    /// - Source: Howard Hinnant, “chrono-compatible low-level date algorithms”, `civil_from_days`.
    private static func civilDate(daysSince2000 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 10_957 + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
