import Foundation
import Testing

/// What CONTRIBUTING.md says of the sources, compared with them.
@Suite("Source layout")
struct SourceLayoutTests {
    private static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Target → the targets that it may import.
    private static func allowed() throws -> [String: Set<String>] {
        let text = try String(contentsOf: project.appending(path: "CONTRIBUTING.md"), encoding: .utf8)
        var allowed: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            guard cells.count == 4, cells[1].hasPrefix(" `") else { continue }
            let names = cells[1...2].map { cell in
                cell.split(separator: "`").map(String.init).filter { $0.first?.isLetter == true }
            }
            for target in names[0] { allowed[target] = Set(names[1]) }
        }
        return allowed
    }

    @Test("every target imports exactly the targets that the table of CONTRIBUTING.md lists")
    func imports() throws {
        let sources = Self.project.appending(path: "Sources")
        let targets = try FileManager.default.contentsOfDirectory(atPath: sources.path)
        let allowed = try Self.allowed()
        #expect(allowed.count > 8)
        for target in targets.sorted() where allowed[target] != nil || !target.hasPrefix("C") {
            var imported: Set<String> = []
            let folder = sources.appending(path: target).resolvingSymlinksInPath()
            let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            for file in files where file.hasSuffix(".swift") {
                let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
                for line in text.split(separator: "\n") {
                    let words = line.split(separator: " ")
                    guard let position = words.firstIndex(of: "import"), position < 2, words.count == position + 2
                    else {
                        continue
                    }
                    imported.insert(String(words[position + 1]))
                }
            }
            let ours = imported.intersection(targets)
            #expect(ours.subtracting(allowed[target] ?? []).isEmpty, "\(target) imports \(ours)")
            // Which instruction sets there are depends on the processor that is built for.
            let unused = (allowed[target] ?? []).subtracting(ours).filter { !$0.hasPrefix("Kernels") }
            #expect(unused.isEmpty, "\(target) does not import \(unused)")
        }
    }

    @Test("only the front door names commands, flags and settings in its messages")
    func wordsAtTheDoor() throws {
        let sources = Self.project.appending(path: "Sources")
        let files = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
        for file in files where file.hasSuffix(".swift") && !file.hasPrefix("registry/") {
            let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
            for line in text.split(separator: "\n") where line.contains("\"") && !line.contains("//") {
                let names = ["REGISTRY_", " --", ": registry ", "registry db", "registry runs"].filter(line.contains)
                #expect(names.isEmpty, "\(file): \(line)")
            }
        }
    }

    @Test("commands parse, ask and print: what speaks to a database stands elsewhere")
    func frontDoor() throws {
        let commands = Self.project.appending(path: "Sources/registry/Commands")
        for file in try FileManager.default.subpathsOfDirectory(atPath: commands.path) where file.hasSuffix(".swift") {
            let text = try String(contentsOf: commands.appending(path: file), encoding: .utf8)
            #expect(!text.contains("import PostgreSQL") && !text.contains(".connection"), "\(file)")
        }
    }

    /// No target is a library for others.
    @Test("nothing is public: the package's targets are for each other")
    func access() throws {
        let folders = ["Sources", "Tests", "Benchmarks"].map { Self.project.appending(path: $0) }
        var declarations = 0
        for folder in folders {
            for file in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where file.hasSuffix(".swift")
            {
                let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
                for line in text.split(separator: "\n") {
                    let words = line.split(separator: " ").drop { $0.hasPrefix("@") }.prefix(2)
                    declarations += words.first == "package" ? 1 : 0
                    #expect(words.first != "public" && words.first != "open", "\(file): \(line)")
                }
            }
        }
        #expect(declarations > 1000)
    }

    @Test("every folder of the sources stands in the tree of CONTRIBUTING.md")
    func tree() throws {
        let text = try String(contentsOf: Self.project.appending(path: "CONTRIBUTING.md"), encoding: .utf8)
        let targets = try FileManager.default.contentsOfDirectory(
            atPath: Self.project.appending(path: "Sources").path)
        let missing = targets.filter { !text.contains($0) }
        #expect(missing.isEmpty)
    }
}
