import Foundation
import PostgreSQL
import Synchronization
import TestServer
import Testing

@Suite("Standard descriptors, and locales")
struct OutputTests {
    @Test(
        "what is closed of standard input, output and error is not taken by the database's connection",
        arguments: ["0<&-", "1>&-", "2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"])
    func closedDescriptors(closing: String) async throws {
        var program = try await Program.withSmallDataset()
        let spoiled = Mutex<[String]>([])
        // What the commands print, where a message to the server begins.
        let printed = ["Run ", "epoch ", "mlp@1", "run ", "No model", "registry: "].map { Array($0.utf8) }
        let proxy = try FaultProxy(before: try #require(program.environment["REGISTRY_DATABASE_URL"])) { message in
            if printed.contains(where: { message.bytes.starts(with: $0) }) {
                spoiled.withLock { $0.append(String(decoding: message.bytes, as: UTF8.self)) }
            }
            return .passed
        }
        program.environment["REGISTRY_DATABASE_URL"] = proxy.connectionString
        let script = "exec \"$0\" \"$@\" \(closing)"
        for command in [["models"], ["train", "mlp", "--dataset", "small", "--epochs", "2"], ["runs"]] {
            let ended = try await program.start(
                "/bin/bash", arguments: ["-c", script, Program.executable.path] + command
            ).end()
            #expect(ended.status == 0, "\(command): \(ended.errors)")
        }
        #expect(spoiled.withLock { $0 }.isEmpty)
        let states = try program.connect().query("select state from registry.run")
        #expect(try states.map { try $0["state"] } == ["succeeded"])
    }

    @Test("what a server says while it connects reaches the terminal without its control characters")
    func hostileServer() async throws {
        let server = """
            import socket, struct
            def message(kind, body): return kind + struct.pack("!i", len(body) + 4) + body
            listener = socket.create_server(("127.0.0.1", 0))
            print(listener.getsockname()[1], flush=True)
            notice = message(b"N", b"SWARNING\\0C01000\\0M\\x1b]52;c;x\\x07\\x1b[31mred\\0\\0")
            refusal = message(b"E", b"SFATAL\\0C28000\\0M\\x1b[2Jrefused\\0\\0")
            while True:
                client, _ = listener.accept()
                client.recv(4096)
                client.sendall(message(b"R", struct.pack("!i", 0)) + notice + refusal)
                client.close()
            """
        var program = try Program.withEmptyHome().program
        let running = try program.start("/usr/bin/env", arguments: ["python3", "-c", server])
        try await running.waitForOutput("\n")
        let port = running.outputSoFar.trimmingCharacters(in: .newlines)
        program.environment["REGISTRY_DATABASE_URL"] = "host=127.0.0.1 port=\(port) user=x dbname=x sslmode=disable"
        let result = try await program.run("models")
        #expect(result.status == 69)
        #expect(result.errors.contains("WARNING:") && result.errors.contains("refused"), "\(result.errors)")
        let isPlain = result.errors.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 }
        #expect(isPlain, "\(result.errors.debugDescription)")
    }

    @Test("in a locale without UTF-8 whatever a person reads is ASCII: answers, messages, logs and help")
    func ascii() async throws {
        var program = try await Program.onNewDatabase()
        program.environment["LC_ALL"] = "C"
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small").path
        let classes = "zéro,un,deux,trois,quatre,cinq,six,sept,huit,neuf"
        let flags = ["--dataset", "small", "--epochs", "2", "--batch-size", "8"]
        var commands: [([String], Int32)] = [
            (["models"], 0), (["runs"], 0), (["jobs"], 0), (["schedule", "list"], 0), (["hardest"], 66),
            (["dataset", "import", "small", folder, "--class-names", classes, "--source", "né à Paris"], 0),
            (["train", "mlp"] + flags, 0), (["train", "cnn"] + flags, 65),
            (["train", "mlp", "--name", "other"] + flags, 0),
            (["alias", "mlp", "production"], 0), (["schedule", "add", "nightly", "0 3 * * *", "retrain"], 0),
            (["train", "mlp", "--detach"] + flags, 0), (["daemon", "--once"], 0), (["robustness", "mlp"], 0),
            (["retrain"], 0), (["models"], 0), (["runs"], 0), (["show", "mlp"], 0),
            (["compare", "mlp@1", "mlp@2", "other"], 0),
            (["diff", "mlp@1", "other"], 0), (["calibration", "mlp", "other"], 0),
            (["errors", "mlp"], 0), (["errors", "mlp", "--limit", "20"], 0), (["hardest", "--dataset", "small"], 0),
            (["predictions", "mlp"], 0), (["curve", "mlp", "other"], 0), (["curve", "mlp", "--accuracy"], 0),
            (["dataset", "list"], 0), (["dataset", "show", "small"], 0), (["dataset", "inspect", "small"], 0),
            (["dataset", "drift", "small"], 0), (["jobs"], 0), (["schedule", "list"], 0), (["db", "status"], 0),
            (["doctor"], 0), (["architecture", "list"], 0), (["architecture", "show", "vgg16"], 0),
            (["show", "é"], 64), (["show", "nosuch"], 66), (["show", "mlp@9"], 66), (["cancel", "999"], 66),
            (["dataset", "show", "nosuch"], 66), (["hardest", "--dataset", "small", "--class", "été"], 66),
            (["train", "é.json"], 66), (["frobnicaté"], 64), (["train", "mlp", "--epochs", "é"], 64),
        ]
        commands += [
            "dataset", "architecture", "train", "daemon", "jobs", "cancel", "requeue", "retrain", "schedule", "models",
            "runs", "show", "compare", "diff", "errors", "curve", "hardest", "predictions", "calibration", "robustness",
            "report",
            "alias",
            "export", "db", "doctor",
        ].map { ([$0, "--help"], 0) }
        for (command, status) in commands {
            let ended = try await program.run(command)
            #expect(ended.status == status, "\(command): \(ended.errors)")
            for text in [ended.output, ended.errors] {
                let line = text.split(separator: "\n").first { !$0.utf8.allSatisfy { $0 < 0x80 } }
                #expect(line == nil, "\(command): \(line ?? "")")
            }
        }
    }
}
