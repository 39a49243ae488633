import FoundationEssentials

/// Build tool: `sql-embedder OUTPUT.swift FILE.sql …` writes the files' texts as Swift string literals,
/// grouped by the folder they stand in.
@main
struct SQLEmbedder {
    static func main() throws {
        let paths = CommandLine.arguments.dropFirst()
        guard let output = paths.first else { return }
        var source = """
            /// The files of `sql/`, as they were when the program was built.
            enum EmbeddedSQL {
                /// Each file's path below `sql/` without its ending, and its text; in order of path.
                static let files: [(path: String, text: String)] = [

            """
        for path in paths.dropFirst().sorted() {
            let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
            let components = path.split(separator: "/").map(String.init)
            let start = components.lastIndex(of: "sql").map { $0 + 1 } ?? components.count - 1
            let name = components[start...].joined(separator: "/").dropLast(".sql".count)
            source += "        (path: \"\(name)\", text: ####\"\"\"\n\(text)\n\"\"\"####),\n"
        }
        source += "    ]\n}\n"
        try source.write(to: URL(filePath: output), atomically: true, encoding: .utf8)
    }
}
