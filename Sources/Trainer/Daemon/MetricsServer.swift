import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import PostgreSQL
import ServiceLifecycle
import Store

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Serves `/health` and `/metrics` over HTTP, for supervisors and Prometheus.
public struct MetricsServer: Service {
    let host: String
    let port: Int
    let logger: Logger
    let connect: @Sendable () throws -> Store

    /// - Parameters:
    ///   - host: The address to listen on.
    ///   - connect: Opens a connection of its own.
    public init(host: String, port: Int, logger: Logger, connect: @escaping @Sendable () throws -> Store) {
        self.host = host
        self.port = port
        self.logger = logger
        self.connect = connect
    }

    public func run() async throws {
        let server = try await listen()
        logger.info("metrics served", metadata: ["address": "\(server.channel.localAddress?.description ?? "")"])
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await server.executeThenClose { clients in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await client in clients {
                        group.addTask {
                            // A client that goes away is its own affair.
                            try? await serve(client)
                        }
                    }
                    // One that is connected and asks for nothing must not keep the daemon from stopping.
                    group.cancelAll()
                }
            }
        } onCancelOrGracefulShutdown: {
            server.channel.close(promise: nil)
        }
    }

    private typealias Client = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    private func listen() async throws -> NIOAsyncChannel<Client, Never> {
        do {
            return try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        return try Client(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw CannotListen(host: host, port: port, reason: reason)
        }
    }

    private func serve(_ client: Client) async throws {
        try await client.executeThenClose { requests, responses in
            for try await part in requests {
                guard case .head(let head) = part else { continue }
                let (status, body) = await answer(to: head)
                let headers = HTTPHeaders([
                    ("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),
                    ("Content-Length", "\(body.utf8.count)"),
                    ("Connection", "close"),
                ])
                try await responses.write(
                    .head(HTTPResponseHead(version: head.version, status: status, headers: headers)))
                if head.method != .HEAD { try await responses.write(.body(.byteBuffer(ByteBuffer(string: body)))) }
                try await responses.write(.end(nil))
                return
            }
        }
    }

    private func answer(to head: HTTPRequestHead) async -> (HTTPResponseStatus, String) {
        guard [.GET, .HEAD].contains(head.method) else { return (.methodNotAllowed, "GET only\n") }
        switch head.uri {
        // A daemon survives its database: who restarts it because that is away mends nothing.
        case "/health": return (.ok, "ok\n")
        case "/metrics":
            do {
                return (.ok, try await metrics())
            } catch {
                return (.serviceUnavailable, "\(error)\n")
            }
        default: return (.notFound, "There are /health and /metrics.\n")
        }
    }

    /// The length of the queue, in Prometheus' text format.
    private func metrics() async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            onThreadOfItsOwn { [connect] in
                continuation.resume(with: Result { try Self.metrics(of: try connect().queue()) })
            }
        }
    }

    private static func metrics(of queue: Row) throws -> String {
        func gauge(_ name: String, _ help: String, _ value: String) -> String {
            "# HELP \(name) \(help)\n# TYPE \(name) gauge\n\(name) \(value)\n"
        }
        return try gauge("registry_runs_queued", "Runs that wait.", "\(queue["queued"] as Int)")
            + gauge(
                "registry_runs_delayed", "Runs that wait after an attempt that failed.", "\(queue["delayed"] as Int)")
            + gauge("registry_runs_running", "Runs that are being trained.", "\(queue["running"] as Int)")
            + gauge("registry_runs_abandoned", "Runs whose lease has run out.", "\(queue["abandoned"] as Int)")
            + gauge(
                "registry_queue_oldest_wait_seconds", "How long the first of the queue has been waiting.",
                "\(queue["oldest_wait_seconds"] as Double)")
    }
}

/// No connections can be accepted at the address that was asked for.
public struct CannotListen: Error, Sendable, CustomStringConvertible {
    public let host: String
    public let port: Int
    public let reason: String

    public var description: String {
        "Metrics can't be served on \(host), port \(port): \(reason). Take another with --metrics-port or --metrics-host."
    }
}
