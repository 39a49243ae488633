import Foundation
import SystemPackage
import TestServer
import Testing

/// Files that the program writes where others may write too, or where something is already.
@Suite("Writing files")
struct FileWritingTests {
    private let program: Program
    private let folder: URL
    private let weights: Data

    init() async throws {
        program = try await Program.onNewDatabase()
        let images = try await Disturbed.smallFolder(training: 200, test: 50)
        try await program.succeed("dataset", "import", "small", images.path)
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet")
        let directory = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(directory)
        folder = URL(filePath: directory.string)
        let file = folder.appending(path: "expected.safetensors")
        try await program.succeed("export", "mlp", file.path)
        weights = try Data(contentsOf: file)
        try FileManager.default.removeItem(at: file)
    }

    private func mode(_ file: URL) -> mode_t {
        var status = stat()
        return lstat(file.path, &status) == 0 ? status.st_mode : 0
    }

    private var entries: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }

    @Test("a new file has the mode that the umask leaves, an old one keeps its own, and nothing else is left")
    func modes() async throws {
        let file = folder.appending(path: "a.safetensors")
        let mask = umask(0)
        umask(mask)
        try await program.succeed("export", "mlp", file.path)
        #expect(mode(file) == S_IFREG | 0o666 & ~mask)
        for kept in [0o600, 0o640, 0o444] as [mode_t] {
            try Data("old".utf8).write(to: file)
            chmod(file.path, kept)
            try await program.succeed("export", "mlp", file.path)
            #expect(mode(file) == S_IFREG | kept)
            #expect(try Data(contentsOf: file) == weights)
            chmod(file.path, 0o600)
        }
        #expect(try entries == ["a.safetensors"])
    }

    @Test("a link leads to the file to write, be it there or not, and stays a link")
    func links() async throws {
        let (file, link) = (folder.appending(path: "b.safetensors"), folder.appending(path: "link.safetensors"))
        #expect(symlink("b.safetensors", link.path) == 0)
        for _ in 1...2 {
            try await program.succeed("export", "mlp", link.path)
            #expect(mode(link) & S_IFMT == S_IFLNK && mode(file) & S_IFMT == S_IFREG)
            #expect(try Data(contentsOf: file) == weights)
        }
        let loop = folder.appending(path: "loop.safetensors")
        #expect(symlink("loop.safetensors", loop.path) == 0)
        let result = try await program.run("export", "mlp", loop.path)
        #expect(result.status == 74 && result.errorLines.count == 1, "\(result.errors)")
    }

    @Test("a pipe and a device are written to, and stay what they are")
    func pipesAndDevices() async throws {
        let pipe = folder.appending(path: "pipe.safetensors")
        #expect(mkfifo(pipe.path, 0o600) == 0)
        let copy = folder.appending(path: "copy")
        let reader = try program.start("/bin/sh", arguments: ["-c", "cat '\(pipe.path)' > '\(copy.path)'"])
        try await program.succeed("export", "mlp", pipe.path)
        #expect(try await reader.end().status == 0)
        #expect(try Data(contentsOf: copy) == weights)
        #expect(mode(pipe) & S_IFMT == S_IFIFO)
        let null = folder.appending(path: "null.safetensors")
        #expect(symlink("/dev/null", null.path) == 0)
        try await program.succeed("export", "mlp", null.path)
        #expect(mode(URL(filePath: "/dev/null")) & S_IFMT == S_IFCHR)
        let output = folder.appending(path: "output.safetensors")
        #expect(symlink("/dev/stdout", output.path) == 0)
        let shell = try program.start(
            "/bin/sh",
            arguments: ["-c", "'\(Program.executable.path)' export mlp '\(output.path)' | cat > '\(copy.path)'"])
        #expect(try await shell.end().status == 0)
        #expect(try Data(contentsOf: copy) == weights)
    }

    @Test("what others laid out in a shared folder is neither followed nor replaced")
    func sharedFolder() async throws {
        let victim = folder.appending(path: "victim")
        try Data("victim".utf8).write(to: victim)
        let shared = folder.appending(path: "shared")
        #expect(mkdir(shared.path, 0o777) == 0)
        chmod(shared.path, 0o1777)
        let file = shared.appending(path: "c.safetensors")
        // The names that would be guessed: of the process that comes next.
        for process in getpid()..<getpid() + 400 {
            symlink(victim.path, "\(file.path).\(process).partial")
            symlink(victim.path, "\(shared.path)/.c.safetensors.\(process)")
        }
        try await program.succeed("export", "mlp", file.path)
        #expect(mode(file) & S_IFMT == S_IFREG)
        #expect(try Data(contentsOf: file) == weights)
        #expect(try String(contentsOf: victim, encoding: .utf8) == "victim")
        guard geteuid() == 0 else { return }
        // Another user's link, file, pipe, and link to a folder, in a shared folder of root's.
        let (link, old, pipe) = ("link.safetensors", "old.safetensors", "pipe.safetensors")
        #expect(symlink(victim.path, shared.appending(path: link).path) == 0)
        try Data("trap".utf8).write(to: shared.appending(path: old))
        #expect(mkfifo(shared.appending(path: pipe).path, 0o666) == 0)
        let target = folder.appending(path: "target")
        #expect(mkdir(target.path, 0o755) == 0)
        #expect(symlink(target.path, shared.appending(path: "subfolder").path) == 0)
        for name in [link, old, pipe, "subfolder"] { lchown(shared.appending(path: name).path, 65534, 65534) }
        for path in [link, old, pipe, "subfolder/x.safetensors", "./subfolder/../subfolder/x.safetensors"] {
            let result = try await program.run("export", "mlp", shared.appending(path: path).path)
            #expect(result.status == 74 && result.errorLines.count == 1, "\(path): \(result.errors)")
            #expect(result.errors.contains("permission denied"))
        }
        #expect(try String(contentsOf: victim, encoding: .utf8) == "victim")
        #expect(try String(contentsOf: shared.appending(path: old), encoding: .utf8) == "trap")
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.path).isEmpty)
        // One's own link may lead there.
        lchown(shared.appending(path: "subfolder").path, 0, 0)
        try await program.succeed("export", "mlp", shared.appending(path: "subfolder/x.safetensors").path)
        #expect(try Data(contentsOf: target.appending(path: "x.safetensors")) == weights)
    }

    @Test(
        "a full disk leaves the old file and nothing else",
        .enabled("needs the right to mount a tmpfs of limited size") {
            geteuid() == 0 && system("mount -t tmpfs -o size=4m tmpfs /mnt 2>/dev/null && umount /mnt") == 0
        })
    func fullDisk() async throws {
        let small = folder.appending(path: "small")
        #expect(mkdir(small.path, 0o755) == 0)
        #expect(system("mount -t tmpfs -o size=64k tmpfs '\(small.path)'") == 0)
        defer { system("umount -l '\(small.path)'") }
        let file = small.appending(path: "d.safetensors")
        try Data("old".utf8).write(to: file)
        let result = try await program.run("export", "mlp", file.path)
        #expect(result.status == 74 && result.errorLines.count == 1, "\(result.errors)")
        #expect(result.errors.contains("no space left on device"))
        #expect(try String(contentsOf: file, encoding: .utf8) == "old")
        #expect(try FileManager.default.contentsOfDirectory(atPath: small.path) == ["d.safetensors"])
    }

    @Test("a folder in the way, or a folder that may not be written to, is said in one line")
    func refusals() async throws {
        let directory = folder.appending(path: "e.safetensors")
        #expect(mkdir(directory.path, 0o755) == 0)
        for path in [directory.path, "/proc/x.safetensors", "\(folder.path)/none/x.safetensors", "/dev/full/x.onnx"] {
            let result = try await program.run("export", "mlp", path)
            #expect(result.status == 74 && result.errorLines.count == 1, "\(result.errors)")
        }
        #expect(try entries == ["e.safetensors"])
    }

    @Test("a page and a picture are written the same way")
    func otherFiles() async throws {
        for (name, command) in [("p.html", ["report", "--output"]), ("c.svg", ["curve", "mlp", "--output"])] {
            let file = folder.appending(path: name)
            try Data("old".utf8).write(to: file)
            chmod(file.path, 0o600)
            let result = try await program.run(command + [file.path])
            #expect(result.status == 0, "\(result.errors)")
            #expect(mode(file) == S_IFREG | 0o600)
            #expect(try Data(contentsOf: file).count > 100)
        }
    }
}
