import FoundationEssentials
import PostgreSQL

/// Times that come again and again: minute, hour, day of the month, month and day of the week, as in crontab(5), in UTC.
///
/// Each is `*` or a list of numbers, names (`jan`, `mon`), ranges and steps, such as `0,30`, `mon-fri` or `*/15`. Where
/// both day of the month and day of the week are restricted, a day counts that fits either. `@hourly`, `@daily`,
/// `@midnight`, `@weekly`, `@monthly`, `@yearly` and `@annually` stand for the five fields that crontab(5) gives them.
package struct CronExpression: Sendable, Hashable {
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let days: Set<Int>
    private let months: Set<Int>
    /// 0 is Sunday.
    private let weekdays: Set<Int>
    private let isAnyDay: Bool
    private let isAnyWeekday: Bool

    /// - Throws: `CronError` when the text is no such expression, or stands for no time at all.
    package init(_ text: String) throws {
        let words = text.split(separator: " ", omittingEmptySubsequences: true).map { $0.lowercased() }
        let fields = words.count == 1 ? Self.nicknames[words[0]]?.split(separator: " ").map(String.init) ?? [] : words
        guard fields.count == 5 else {
            throw CronError("“\(text)” must have five fields, such as “0 3 * * *”, or be @daily, @weekly and the like.")
        }
        let months = "jan feb mar apr may jun jul aug sep oct nov dec".split(separator: " ").map(String.init)
        let weekdays = "sun mon tue wed thu fri sat".split(separator: " ").map(String.init)
        minutes = try Self.values(fields[0], 0...59)
        hours = try Self.values(fields[1], 0...23)
        days = try Self.values(fields[2], 1...31)
        self.months = try Self.values(fields[3], 1...12, names: months, first: 1)
        self.weekdays = Set(try Self.values(fields[4], 0...7, names: weekdays, first: 0).map { $0 % 7 })
        isAnyDay = fields[2].hasPrefix("*")
        isAnyWeekday = fields[4].hasPrefix("*")
        guard next(after: Date(timeIntervalSince1970: 0)) != nil else {
            throw CronError("“\(text)” stands for no day of any year.")
        }
    }

    private static let nicknames = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    private static func values(
        _ field: String, _ range: ClosedRange<Int>, names: [String] = [], first: Int = 0
    ) throws -> Set<Int> {
        func number(_ text: Substring) throws -> Int {
            let number = names.firstIndex(of: String(text)).map { $0 + first } ?? Int(text)
            guard let number, range.contains(number) else {
                throw CronError("“\(field)” must be made of numbers from \(range.lowerBound) to \(range.upperBound).")
            }
            return number
        }
        var values: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            guard pieces.count <= 2, let body = pieces.first else { throw CronError("“\(field)” can't be read.") }
            let step = pieces.count == 2 ? Int(pieces[1]) ?? 0 : 1
            guard step > 0 else { throw CronError("“\(field)”: a step must be a number above 0.") }
            let ends = body.split(separator: "-", omittingEmptySubsequences: false)
            let (low, high): (Int, Int)
            if body == "*" {
                (low, high) = (range.lowerBound, range.upperBound)
            } else if ends.count == 2 {
                (low, high) = (try number(ends[0]), try number(ends[1]))
            } else {
                low = try number(body)
                high = pieces.count == 2 ? range.upperBound : low
            }
            guard low <= high else { throw CronError("“\(field)”: a range must not end before it begins.") }
            values.formUnion(stride(from: low, through: high, by: step))
        }
        return values
    }

    /// The first such time after another; `nil` when there is none in the eight years that leap days may take.
    package func next(after date: Date) -> Date? {
        days(from: date, step: 86_400).lazy.compactMap { times(of: $0).first { $0 > date } }.first
    }

    /// The last such time up to another, that included; `nil` as for `next(after:)`.
    package func last(through date: Date) -> Date? {
        days(from: date, step: -86_400).lazy.compactMap { times(of: $0).last { $0 <= date } }.first
    }

    /// The starts of eight years of days.
    private func days(from date: Date, step: TimeInterval) -> [Date] {
        let start = (date.timeIntervalSince1970 / 86_400).rounded(.down) * 86_400
        return (0..<(366 * 8)).map { Date(timeIntervalSince1970: start + Double($0) * step) }
    }

    /// In ascending order.
    private func times(of day: Date) -> [Date] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        guard fits(calendar.dateComponents([.day, .month, .weekday], from: day)) else { return [] }
        return hours.sorted().flatMap { hour in
            minutes.sorted().map { day.addingTimeInterval(Double(hour * 3600 + $0 * 60)) }
        }
    }

    private func fits(_ day: DateComponents) -> Bool {
        guard let number = day.day, let month = day.month, let weekday = day.weekday, months.contains(month) else {
            return false
        }
        let (isDay, isWeekday) = (days.contains(number), weekdays.contains(weekday - 1))
        return isAnyDay || isAnyWeekday ? isDay && isWeekday : isDay || isWeekday
    }
}

extension CronExpression {
    /// The first such time after a moment; `nil` when there is none any more.
    package func next(after moment: Timestamp) -> Timestamp? { next(after: moment.date).map { Timestamp($0) } }
}

/// A text is no cron expression.
package struct CronError: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
