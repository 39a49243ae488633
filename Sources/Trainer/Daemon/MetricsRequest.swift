import NIOCore
import NIOHTTP1
import Synchronization

/// Answers the one request of a client, and closes.
///
/// A client that sends no request in time, or takes too long to read the answer, is closed.
final class MetricsRequest: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let timeToAsk = TimeAmount.seconds(5)
    private static let timeInAll = TimeAmount.seconds(15)

    private let hosts: AcceptedHosts
    private let reader: MetricsReader
    private let clients: MetricsClients
    private var hasAsked = false
    private var deadlines: [Scheduled<Void>] = []

    init(hosts: AcceptedHosts, reader: MetricsReader, clients: MetricsClients) {
        self.hosts = hosts
        self.reader = reader
        self.clients = clients
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        deadlines = [Self.timeToAsk, Self.timeInAll].map { time in
            channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        for deadline in deadlines { deadline.cancel() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasAsked, case .head(let head) = unwrapInboundIn(data) else { return }
        hasAsked = true
        deadlines.first?.cancel()
        let channel = context.channel
        clients.hasAsked(channel)
        guard [.GET, .HEAD].contains(head.method) else {
            return Self.answer(head, .methodNotAllowed, "GET only\n", on: channel)
        }
        // A browser that was led here by a name of somebody's own does not get to read anything.
        guard hosts.accept(head) else {
            return Self.answer(head, .misdirectedRequest, "Not a name of this server.\n", on: channel)
        }
        switch head.uri {
        // A daemon survives its database: whoever restarts it because that is away mends nothing.
        case "/health": Self.answer(head, .ok, "ok\n", on: channel)
        case "/metrics":
            reader.read { metrics in
                if let metrics {
                    Self.answer(head, .ok, metrics, on: channel)
                } else {
                    // Why is in the log: where the database is, and whose it is, is not everybody's business.
                    Self.answer(head, .serviceUnavailable, "The database does not answer.\n", on: channel)
                }
            }
        default: Self.answer(head, .notFound, "There are /health and /metrics.\n", on: channel)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event, !hasAsked { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// On any thread.
    private static func answer(
        _ head: HTTPRequestHead, _ status: HTTPResponseStatus, _ body: String, on channel: any Channel
    ) {
        channel.eventLoop.execute {
            let headers = HTTPHeaders([
                ("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),
                ("Content-Length", "\(body.utf8.count)"), ("Connection", "close"),
            ])
            let start = HTTPResponseHead(version: head.version, status: status, headers: headers)
            channel.write(HTTPServerResponsePart.head(start), promise: nil)
            if head.method != .HEAD {
                channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
            }
            channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in channel.close(promise: nil) }
        }
    }
}

/// Who is connected. Where there is no room, the one that has been silent for longest makes way.
final class MetricsClients: Sendable {
    private struct Client {
        let channel: any Channel
        var hasAsked = false
    }

    private let limit: Int
    private let all = Mutex<[Client]>([])

    init(limit: Int) {
        self.limit = limit
    }

    /// - Throws: `NoRoom`.
    func admit(_ channel: any Channel) throws {
        let silent = try all.withLock { all -> (any Channel)? in
            var silent: (any Channel)?
            if all.count >= limit {
                guard let index = all.firstIndex(where: { !$0.hasAsked }) else { throw NoRoom() }
                silent = all.remove(at: index).channel
            }
            all.append(Client(channel: channel))
            return silent
        }
        silent?.close(promise: nil)
        channel.closeFuture.whenComplete { _ in self.all.withLock { $0.removeAll { $0.channel === channel } } }
    }

    func hasAsked(_ channel: any Channel) {
        all.withLock { all in
            if let index = all.firstIndex(where: { $0.channel === channel }) { all[index].hasAsked = true }
        }
    }

    struct NoRoom: Error {}
}

/// The names by which a request may call this server.
///
/// A page from elsewhere may have its own name resolve to this machine; it can't choose the name that its visitor's browser
/// sends here.
struct AcceptedHosts: Sendable {
    private static let any: Set = ["0.0.0.0", "::"]
    private let listening: String

    init(listeningOn host: String) {
        listening = host.lowercased()
    }

    func accept(_ head: HTTPRequestHead) -> Bool {
        let names = head.headers["Host"]
        // Only versions before 1.1 may leave it out; no browser does.
        guard let name = names.first else { return head.version == .http1_0 }
        guard names.count == 1, let host = Self.withoutPort(name.lowercased()) else { return false }
        if host == listening || host == "localhost" || Self.isLoopback(host) { return true }
        // Listening everywhere, the machine's addresses and name are meant too.
        return Self.any.contains(listening) && (Self.isAddress(host) || host == Machine.host.lowercased())
    }

    /// `name:9100` → `name`, `[::1]:9100` → `::1`.
    private static func withoutPort(_ text: String) -> String? {
        let host: Substring
        var rest: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
        } else {
            host = text.prefix { $0 != ":" }
            rest = text[host.endIndex...]
        }
        if rest.hasPrefix(":") {
            rest = rest.dropFirst()
            guard rest.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        } else if !rest.isEmpty {
            return nil
        }
        return host.isEmpty ? nil : String(host)
    }

    private static func isAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    private static func isLoopback(_ host: String) -> Bool {
        isAddress(host) && (host == "::1" || host.hasPrefix("127."))
    }
}
