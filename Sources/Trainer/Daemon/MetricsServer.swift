import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import PostgreSQL
import ServiceLifecycle
import Store

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
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>(
                        wrappingChannelSynchronously: channel)
                }
            }
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
                }
            }
        } onCancelOrGracefulShutdown: {
            server.channel.close(promise: nil)
        }
    }

    private func serve(_ client: NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>) async throws {
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
        case "/health", "/metrics":
            do {
                let metrics = try await metrics()
                return (.ok, head.uri == "/health" ? "ok\n" : metrics)
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
