import Foundation
import Testing

/// A situation in which a message advises, and the ways out that it names.
struct Remedy: Sendable, CustomTestStringConvertible {
    let file: String
    let message: String
    let contents: TypingPlace.Contents
    /// What is typed first.
    let typed: String
    /// How that ends.
    let status: Int32
    /// Makes the situation.
    let before: @Sendable (inout TypingPlace) async throws -> Void
    /// Types the first command, where more than that is needed to see the message.
    let provoke: (@Sendable (TypingPlace) async throws -> Program.Result)?
    /// Each in a place of its own.
    let ways: [Way]

    /// - Parameters:
    ///   - file: Within `Sources`, without the extension.
    ///   - message: What tells the message from the others of the file.
    init(
        _ file: String, _ message: String, on contents: TypingPlace.Contents = .trained, _ typed: String,
        ends status: Int32, before: @escaping @Sendable (inout TypingPlace) async throws -> Void = { _ in },
        provoke: (@Sendable (TypingPlace) async throws -> Program.Result)? = nil, _ ways: Way...
    ) {
        (self.file, self.message, self.contents, self.typed) = (file, message, contents, typed)
        (self.status, self.before, self.provoke, self.ways) = (status, before, provoke, ways)
    }

    var testDescription: String { "\(message) (\(typed))" }

    /// Goes each way; all that the message says to type has to be typed on one of them.
    func tryOut() async throws {
        let found = SourceMessage.named(message, in: file)
        let source = try #require(found.first, "no such message in \(file)")
        #expect(found.count == 1, "\(found)")
        var (named, typed): (Set<String>, Set<String>) = ([], [])
        for way in ways {
            var place = try await TypingPlace(contents)
            try await before(&place)
            let result = if let provoke { try await provoke(place) } else { try await place.type(self.typed) }
            #expect(result.status == status, "\(result.errors)\(result.output)")
            let lines = (result.errors + result.output).split(separator: "\n").map(String.init)
            let line = try #require(lines.first(where: source.isIn), "\(result.errors)\(result.output)")
            let trial = Trial(place: place, typed: self.typed, source: source, line: line)
            try await way.go(trial)
            // What was typed already is what the message is about.
            named.formUnion(trial.advice.all.subtracting(trial.advice.all(in: self.typed)))
            typed.formUnion(trial.taken)
        }
        #expect(named.subtracting(typed).isEmpty, "not typed")
    }
}

/// A message that was printed, and the place to type what it says.
final class Trial {
    let place: TypingPlace
    let typed: String
    let line: String
    let advice: Advice
    private let source: SourceMessage
    private(set) var taken: Set<String> = []

    init(place: TypingPlace, typed: String, source: SourceMessage, line: String) {
        (self.place, self.typed, self.source, self.line) = (place, typed, source, line)
        advice = Advice(line)
    }

    /// A command that the line names, with its placeholders filled in.
    func command(_ index: Int = 0, filling: [String: String] = [:]) throws -> String {
        try #require(advice.commands.indices.contains(index), "\(line)")
        taken.insert("command \(index)")
        return filling.reduce(advice.commands[index]) { $0.replacing($1.key, with: $1.value) }
    }

    func systemCommand(_ index: Int = 0, filling: [String: String] = [:]) throws -> String {
        try #require(advice.systemCommands.indices.contains(index), "\(line)")
        taken.insert("system command \(index)")
        return filling.reduce(advice.systemCommands[index]) { $0.replacing($1.key, with: $1.value) }
    }

    /// The first command with a flag that the line names, added to it or in the place of its own.
    ///
    /// - Parameter value: `nil` for the line's.
    func with(_ name: String, _ value: String?, in typed: String? = nil) throws -> String {
        let typed = typed ?? self.typed
        let flag = try #require(advice.flags.first { $0.name == name }, "\(line)")
        taken.insert(name)
        let words = [name, value ?? flag.value].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: " ")
        let own = try Regex("\(name)( [^- ][^ ]*| -[0-9]+)?(?= |$)")
        return typed.contains(own) ? typed.replacing(own, with: words) : "\(typed) \(words)"
    }

    func without(_ name: String) throws -> String {
        try #require(advice.flags.contains { $0.name == name }, "\(line)")
        taken.insert(name)
        return typed.replacing(try Regex(" \(name)( [^- ][^ ]*)?(?= |$)"), with: "")
    }

    func take(setting: String) throws {
        try #require(advice.settings.contains(setting), "\(line)")
        taken.insert(setting)
    }

    /// Types a command that works, and does not print the message.
    @discardableResult
    func succeed(
        _ text: String, in other: TypingPlace? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await (other ?? place).type(text)
        let printed = result.output + result.errors
        #expect(result.status == 0, "\(line)\n\(text): \(printed)", sourceLocation: sourceLocation)
        let isSaid = printed.split(separator: "\n").contains { source.isIn(String($0)) }
        #expect(!isSaid, "\(text): \(printed)", sourceLocation: sourceLocation)
        return printed
    }
}

/// A way out of a situation, as a message names it.
struct Way: Sendable {
    let go: @Sendable (Trial) async throws -> Void

    /// What works when a message has been followed.
    enum Then: Sendable {
        case first
        case other(String)
        case nothing
    }

    static func own(_ go: @escaping @Sendable (Trial) async throws -> Void) -> Way { Way(go: go) }

    /// The commands of the line, one after another.
    ///
    /// - Parameters:
    ///   - only: Which of them; `nil` for all.
    ///   - shows: What the last of them has to print.
    static func typing(
        _ only: Int? = nil, filling: [String: String] = [:], shows: String? = nil, then: Then = .first
    ) -> Way {
        Way { trial in
            var printed = ""
            for index in only.map({ [$0] }) ?? Array(trial.advice.commands.indices) {
                let result = try await trial.place.type(try trial.command(index, filling: filling))
                printed = result.output + result.errors
                #expect(result.status == 0, "\(trial.line): \(printed)")
            }
            if let shows { #expect(printed.contains(shows), "\(printed)") }
            switch then {
            case .first: try await trial.succeed(trial.typed)
            case .other(let command): try await trial.succeed(command)
            case .nothing: break
            }
        }
    }

    /// The first command with flags that the line names; `nil` for the value that it gives.
    static func flags(_ flags: KeyValuePairs<String, String?>) -> Way {
        let flags = flags.map { ($0.key, $0.value) }
        return Way { trial in
            try await trial.succeed(flags.reduce(trial.typed) { try trial.with($1.0, $1.1, in: $0) })
        }
    }

    /// The first command with the smallest or largest number that the line allows.
    static func bound(_ name: String, largest: Bool = false) -> Way {
        Way { trial in
            let numbers = trial.line.matches(of: /(?:between|from|at least|and|to|at most) ([0-9][0-9,]*)/)
                .map { $0.1.filter { $0 != "," } }
            let number = try #require(largest ? numbers.last : numbers.first, "\(trial.line)")
            try await trial.succeed(try trial.with(name, number))
        }
    }

    static func without(_ name: String) -> Way { Way { try await $0.succeed($0.without(name)) } }

    /// The first command with the line's example in the place of a word.
    static func example(insteadOf word: String) -> Way {
        Way { trial in
            let example = try #require(trial.line.firstMatch(of: /e\.g\.:? (.*?)\.?$/)?.1, "\(trial.line)")
            try await trial.succeed(trial.typed.replacing(word, with: example))
        }
    }

    /// The first command with a setting of the environment.
    static func setting(_ name: String, _ value: String) -> Way {
        Way { trial in
            try trial.take(setting: name)
            try await trial.succeed("export \(name)=\(value); \(trial.typed)")
        }
    }

    /// The command of the system, then the first command.
    static let system = Way { trial in
        try await trial.place.succeed(trial.systemCommand())
        try await trial.succeed(trial.typed)
    }
}
