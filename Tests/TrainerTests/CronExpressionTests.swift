import Foundation
import Testing
import Trainer

@Suite("Cron expressions")
struct CronExpressionTests {
    private func next(_ cron: String, after time: String) throws -> String? {
        let date = try Date(time + ":00Z", strategy: .iso8601)
        return try CronExpression(cron).next(after: date).map { String($0.formatted(.iso8601).prefix(16)) }
    }

    @Test(
        "the next time, as in crontab(5)",
        arguments: [
            ("0 3 * * *", "2026-11-24T02:59", "2026-11-24T03:00"),
            ("0 3 * * *", "2026-11-24T03:00", "2026-11-25T03:00"),
            ("*/15 * * * *", "2026-11-24T23:46", "2026-11-25T00:00"),
            ("5,35 8-10/2 * * mon-fri", "2026-11-27T10:35", "2026-11-30T08:05"),
            ("0 0 29 feb *", "2026-01-01T00:00", "2028-02-29T00:00"),
            ("0 0 13 * fri", "2026-11-24T00:00", "2026-11-27T00:00"),
            ("0 0 13 * fri", "2026-12-12T00:00", "2026-12-13T00:00"),
            ("0 12 * * 7", "2026-11-24T00:00", "2026-11-29T12:00"),
            ("30 6 1 1,7 *", "2026-11-24T00:00", "2027-01-01T06:30"),
            ("@hourly", "2026-11-24T00:30", "2026-11-24T01:00"),
            ("@daily", "2026-11-24T00:00", "2026-11-25T00:00"),
            ("@Midnight", "2026-11-24T00:00", "2026-11-25T00:00"),
            ("@weekly", "2026-11-24T00:00", "2026-11-29T00:00"),
            ("@monthly", "2026-11-24T00:00", "2026-12-01T00:00"),
            ("@yearly", "2026-11-24T00:00", "2027-01-01T00:00"),
            ("@annually", "2027-01-01T00:00", "2028-01-01T00:00"),
        ])
    func next(cron: String, after: String, expected: String) throws {
        #expect(try next(cron, after: after) == expected)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "a * * * *", "5-1 * * * *", "*/0 * * * *",
            "0 0 31 2 *", "@reboot", "@", "@daily *", "@daily * * * *",
        ])
    func refused(cron: String) {
        #expect(throws: CronError.self) { try CronExpression(cron) }
    }
}
