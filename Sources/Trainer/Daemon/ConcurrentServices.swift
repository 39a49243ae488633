import ServiceLifecycle

/// Services that run, and are asked to stop, at the same time; a group stops its services one after another.
public struct ConcurrentServices: Service {
    private let services: [any Service]

    public init(_ services: [any Service]) {
        self.services = services
    }

    public func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for service in services {
                group.addTask { try await service.run() }
            }
        }
    }
}
