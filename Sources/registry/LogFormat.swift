import ArgumentParser
import FoundationEssentials
import Logging
import PostgreSQL
import Reporting
import Trainer

/// How a daemon logs, a line an event on standard error.
enum LogFormat: String, CaseIterable, ExpressibleByArgument {
    case text, json

    /// Makes the handler of a logger with this label.
    func handler(label: String) -> any LogHandler {
        switch self {
        case .text: StreamLogHandler.standardError(label: label)
        case .json: JSONLogHandler(label: label)
        }
    }
}

/// A JSON object an event: time, level, logger, message, and the metadata's keys beside them.
private struct JSONLogHandler: LogHandler {
    let label: String
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    init(label: String) {
        self.label = label
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let members =
            [
                JSONValue.Member("time", .string("\(Timestamp(Date.now))")),
                JSONValue.Member("level", .string(event.level.rawValue)),
                JSONValue.Member("logger", .string(label)),
                JSONValue.Member("message", .string("\(event.message)")),
            ] + all.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string("\($0.value)")) }
        Terminal.tell(JSONValue.object(members).line)
    }
}
