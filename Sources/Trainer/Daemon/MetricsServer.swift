import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Store

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Serves `/health` and `/metrics` over HTTP, for supervisors and Prometheus.
///
/// Whoever reaches the port takes nothing from the trainings: one thread serves all clients, another asks the database
/// over one connection, and the number of clients is limited.
package struct MetricsServer: Service {
    /// Clients at a time, where the process may open that many files.
    package static let mostClients = 64
    /// Pending connections that can't be accepted for want of a descriptor are looked at again after this.
    private static let pauseAfterRefusal = TimeAmount.milliseconds(200)

    let host: String
    let port: Int
    let clients: Int
    let logger: Logger
    let connect: @Sendable () throws -> Store

    /// - Parameters:
    ///   - host: The address to listen on.
    ///   - clients: How many may be connected at a time.
    ///   - connect: Opens a connection of its own.
    package init(
        host: String, port: Int, clients: Int = mostClients, logger: Logger,
        connect: @escaping @Sendable () throws -> Store
    ) {
        self.host = host
        self.port = port
        self.clients = clients
        self.logger = logger
        self.connect = connect
    }

    package func run() async throws {
        let reader = try MetricsReader(logger: logger, connect: connect)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let channel = try await listen(on: group, reader)
            logger.info("metrics served", metadata: ["address": "\(channel.localAddress?.description ?? "")"])
            try await withTaskCancellationOrGracefulShutdownHandler {
                try await channel.closeFuture.get()
            } onCancelOrGracefulShutdown: {
                channel.close(promise: nil)
            }
        } catch {
            try? await group.shutdownGracefully()
            reader.end()
            throw error
        }
        // Closes all that are still connected: a client that asks for nothing must not keep the daemon from stopping.
        try await group.shutdownGracefully()
        reader.end()
    }

    private func listen(on group: MultiThreadedEventLoopGroup, _ reader: MetricsReader) async throws -> any Channel {
        let (hosts, clients) = (AcceptedHosts(listeningOn: host), MetricsClients(limit: clients))
        do {
            return try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AcceptErrors(pause: Self.pauseAfterRefusal))
                    }
                }
                // Who has sent a request and closed that direction still gets an answer.
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try clients.admit(channel)
                        var limits = NIOHTTPDecoderLimitConfiguration()
                        limits.maxHeaderFieldSize = 8192
                        limits.maxHeaderListSize = 16_384
                        limits.maxHeaderFieldCount = 64
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                            withPipeliningAssistance: false, withEncoderConfiguration: .init(),
                            withDecoderLimitConfiguration: limits)
                        try channel.pipeline.syncOperations.addHandler(
                            MetricsRequest(hosts: hosts, reader: reader, clients: clients))
                    }
                }
                .bind(host: host, port: port).get()
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw CannotListen(host: host, port: port, reason: reason)
        }
    }
}

/// Survives that a connection can't be accepted: descriptors may be used up for a while.
private final class AcceptErrors: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let pause: TimeAmount

    init(pause: TimeAmount) {
        self.pause = pause
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The pending connection would be reported again at once.
        let (channel, pause) = (context.channel, pause)
        channel.setOption(.autoRead, value: false).whenComplete { _ in
            channel.eventLoop.scheduleTask(in: pause) { channel.setOption(.autoRead, value: true) }
        }
    }
}

/// No connections can be accepted at the address that was asked for.
package struct CannotListen: Error, Sendable, CustomStringConvertible {
    package let host: String
    package let port: Int
    package let reason: String

    package var description: String {
        "Metrics can't be served on \(host), port \(port): \(reason)."
    }
}
