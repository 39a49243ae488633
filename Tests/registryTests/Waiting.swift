/// What a test waited for did not come in time: a failure, where waiting on would hold up all other tests.
struct NotInTime: Error, CustomStringConvertible {
    let expected: String
    let limit: Duration

    var description: String { "not within \(limit): \(expected)" }
}

/// Asks again and again until the answer is yes.
///
/// - Parameters:
///   - expected: What is waited for, for the failure's text.
///   - limit: Far more than it takes, on slow machines too.
/// - Throws: `NotInTime`, and what `isTrue` throws.
func wait(
    until expected: @autoclosure () -> String, within limit: Duration = .seconds(120), isTrue: () async throws -> Bool
) async throws {
    let start = ContinuousClock.now
    while try await !isTrue() {
        guard ContinuousClock.now - start < limit else { throw NotInTime(expected: expected(), limit: limit) }
        try await Task.sleep(for: .milliseconds(5))
    }
}
