import Dispatch
import Synchronization

/// Work that blocks its thread.
enum Blocking {
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
        }
    }
}

/// A value that several threads change.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    /// - Returns: The value after the change.
    func change(_ body: (inout sending Value) -> Void) -> Value {
        value.withLock { value in
            body(&value)
            return value
        }
    }
}
