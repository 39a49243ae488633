import FoundationEssentials
import PostgreSQL

extension Timestamp {
    private static let start = Date(timeIntervalSince1970: 946_684_800)

    /// Not for ±infinity.
    package var date: Date { Self.start.addingTimeInterval(Double(microsecondsSince2000) / 1_000_000) }

    package init(_ date: Date) {
        self.init(microsecondsSince2000: Int64((date.timeIntervalSince(Self.start) * 1_000_000).rounded()))
    }

    static let infinity = Timestamp(microsecondsSince2000: .max)
}
