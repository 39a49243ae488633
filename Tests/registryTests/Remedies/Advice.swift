import Foundation

/// What a printed line says to type, as a person who reads it would take it.
struct Advice {
    /// Of this program, to the end of the command.
    let commands: [String]
    /// Of the system.
    let systemCommands: [String]
    /// With their values, where the line has them.
    let flags: [(name: String, value: String?)]
    let settings: [String]

    init(_ line: String) {
        commands = line.matches(of: /registry ((?:(?!registry )[^;”\n])+)/).map { match in
            // Sentences continue after a command.
            let text = String(match.1)
            let end =
                text.firstRange(of: #/[,.:](\s|$)| (trains|gives|on the|again|or|and)\b/#)?.lowerBound ?? text.endIndex
            return "registry \(text[..<end])".trimmingCharacters(in: .whitespaces)
        }.filter { !$0.hasPrefix("registry needs") && !$0.hasPrefix("registry program") }
        systemCommands = line.matches(of: /: ((?:rm|mv|chmod|kill|createdb|apt-get) [^;]*)/).map { String($0.1) }
        let sentence = (commands + systemCommands).reduce(line) { $0.replacing($1, with: "") }
        flags = sentence.matches(
            of: /--([a-z-]+)(?: ([0-9][0-9x\/]*|[A-Z]+\.[a-z]+|exponential|step|cosine|sgd|csv)\b)?/
        ).map { ("--\($0.1)", $0.2.map(String.init)) }
        settings = sentence.matches(of: /REGISTRY_[A-Z]+/).map { String($0.0) }
    }

    /// All that there is to type.
    var all: Set<String> {
        Set(commands.indices.map { "command \($0)" } + systemCommands.indices.map { "system command \($0)" })
            .union(flags.map(\.name)).union(settings)
    }

    /// What of it a line has that was typed before: what the message is about.
    func all(in typed: String) -> Set<String> {
        all.filter(typed.contains).union(
            commands.indices.filter { typed.contains(commands[$0]) }.map { "command \($0)" })
    }
}
