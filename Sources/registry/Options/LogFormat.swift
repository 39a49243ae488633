import ArgumentParser
import FoundationEssentials
import Logging
import PostgreSQL
import Reporting
import Trainer

/// How a daemon logs, a line per event on standard error.
enum LogFormat: String, CaseIterable, ExpressibleByArgument {
    case text, json

    /// Makes the handler of a logger with this label.
    func handler(label: String) -> any LogHandler { LineLogHandler(label: label, format: self) }
}

/// A line per event: time, level, logger, message, and the metadata's keys with their values. In JSON it is an object.
private struct LineLogHandler: LogHandler {
    let label: String
    let format: LogFormat
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    init(label: String, format: LogFormat) {
        self.label = label
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = "\(Timestamp(Date.now))"
        switch format {
        case .text:
            let values = all.map { " \($0.key)=\($0.value)" }.joined()
            Terminal.tell("\(time) \(event.level.rawValue) \(label): \(event.message)\(values)")
        case .json:
            let members: [(String, String)] =
                [("time", time), ("level", event.level.rawValue), ("logger", label), ("message", "\(event.message)")]
                + all.map { ($0.key, "\($0.value)") }
            Terminal.tell(data: JSONValue.object(members.map { JSONValue.Member($0.0, .string($0.1)) }).line)
        }
    }
}
