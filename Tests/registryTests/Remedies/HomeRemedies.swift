import Foundation
import SystemPackage
import Testing

/// The folder that the program keeps its own in, and the embedded server there.
let homeRemedies: [Remedy] =
    serverRemedies + [
        Remedy(
            "registry/Options/RegistryHome", "Neither REGISTRY_HOME nor HOME is set", on: .nothing,
            "env -u HOME -u REGISTRY_HOME registry db status", ends: 64,
            before: { $0.useEmbedded() },
            .own { trial in
                try trial.take(setting: "REGISTRY_HOME")
                for name in ["REGISTRY_HOME", "HOME"] {
                    try await trial.succeed(
                        trial.typed.replacing(" registry", with: " \(name)=\"$here/home\" registry"))
                }
            },
            .own { try await $0.succeed($0.with("--database", "\"$external\"")) }),
        Remedy(
            "registry/Options/RegistryHome", "must be absolute", on: .nothing, "registry db status", ends: 64,
            before: {
                $0.useEmbedded()
                $0.program.environment["REGISTRY_HOME"] = "home"
            }, .setting("REGISTRY_HOME", "\"$PWD/home\"")),
        Remedy(
            "registry/Options/RegistryHome", "Name another folder with REGISTRY_HOME.", on: .nothing,
            "registry db status",
            ends: 64,
            before: {
                $0.useEmbedded()
                $0.program.environment["REGISTRY_HOME"] = "/a\nb"
            }, .setting("REGISTRY_HOME", "\"$here/home\"")),
        Remedy(
            "registry/Failures/DatabaseFailures", "Name a folder of your own with REGISTRY_HOME.", on: .nothing,
            "registry db status", ends: 77,
            before: {
                $0.useEmbedded()
                // Of another user, whoever runs this.
                $0.program.environment["REGISTRY_HOME"] = geteuid() == 0 ? try $0.folderOfAnotherUser() : "/usr"
            }, .setting("REGISTRY_HOME", "\"$here/home\"")),
        Remedy(
            "registry/Failures/DatabaseFailures", "Name a folder with REGISTRY_HOME, or remove it", on: .nothing,
            "registry db status", ends: 69,
            before: {
                let home = $0.useEmbedded(home: "it's a file")
                try Data().write(to: home)
            }, .setting("REGISTRY_HOME", "\"$here/home\""), .system),
        Remedy(
            "registry/Failures/DatabaseFailures", "Name another folder with REGISTRY_HOME.", on: .nothing,
            "registry db status", ends: 69,
            before: {
                let home = $0.useEmbedded(home: "file")
                try Data().write(to: home)
                $0.program.environment["REGISTRY_HOME"] = home.appending(path: "home").path
            }, .setting("REGISTRY_HOME", "\"$here/home\"")),
        Remedy(
            "registry/Commands/Upkeep/DatabaseCommand", "is for the embedded server", on: .nothing,
            "registry db stop --database \"$external\"", ends: 64, before: { $0.useEmbedded() }, .without("--database")),
    ]

private let serverRemedies: [Remedy] = [
    Remedy(
        "PostgreSQL/Embedded/EmbeddedServerError", "Keep them out with", on: .nothing, "registry db status", ends: 77,
        before: {
            let home = $0.useEmbedded(home: "my home")
            try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
            chmod(home.path, 0o777)
        }, .system),
    Remedy(
        "PostgreSQL/Embedded/EmbeddedServerError", "is not a regular file with one name", on: .nothing,
        "registry db stop",
        ends: 69,
        before: {
            let home = $0.useEmbedded(home: "my home")
            _ = try serverFolder(in: home)
            try FileManager.default.createSymbolicLink(
                at: home.appending(path: "lock"), withDestinationURL: home.appending(path: "elsewhere"))
        }, .system),
    Remedy(
        "PostgreSQL/Embedded/EmbeddedServerError", "is not a database of PostgreSQL", on: .nothing,
        "registry db status",
        ends: 69,
        before: {
            let data = try serverFolder(in: $0.useEmbedded(home: "my home"), "data")
            try Data().write(to: data.appending(path: "pg_control"))
        }, .system),
    Remedy(
        "PostgreSQL/Embedded/EmbeddedServerError", "was made by PostgreSQL", on: .nothing,
        "registry db start", ends: 69,
        before: {
            let data = try serverFolder(in: $0.useEmbedded(home: "my home"), "data")
            try Data("9\n".utf8).write(to: data.appending(path: "PG_VERSION"))
        },
        .own { trial in
            // A test installs no package.
            #expect(try trial.systemCommand(0) == "apt-get install postgresql-9")
            try await trial.place.succeed(trial.systemCommand(1))
            try await trial.succeed(trial.typed)
            try await trial.place.succeed("registry db stop")
        }),
    Remedy(
        "PostgreSQL/Embedded/EmbeddedServerError", "is a link to …, where nothing is", on: .nothing,
        "registry db status",
        ends: 69,
        before: {
            let home = $0.useEmbedded(home: "my home")
            try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                at: home.appending(path: "postgresql"), withDestinationURL: home.appending(path: "gone"))
        }, .system),
]

/// The folder of an embedded server's files, and one in it, with their owner; no server is made.
@Sendable private func serverFolder(in home: URL, _ name: String? = nil) throws -> URL {
    var folder = home
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    chmod(home.path, 0o711)
    for name in ["postgresql", name].compactMap(\.self) {
        folder.append(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        chmod(folder.path, 0o700)
        if geteuid() == 0, let owner = getpwnam("postgres") {
            chown(folder.path, owner.pointee.pw_uid, owner.pointee.pw_gid)
        }
    }
    return folder
}

extension TypingPlace {
    /// No database is named any more; the one that was is `$external`.
    fileprivate mutating func useEmbedded() {
        program.environment["external"] = program.environment.removeValue(forKey: "REGISTRY_DATABASE_URL")
    }

    /// - Returns: The home, which is not made yet.
    fileprivate mutating func useEmbedded(home name: String) -> URL {
        useEmbedded()
        let home = folder.appending(path: name)
        program.environment["REGISTRY_HOME"] = home.path
        return home
    }

    fileprivate func folderOfAnotherUser() throws -> String {
        let theirs = folder.appending(path: "theirs")
        try FileManager.default.createDirectory(at: theirs, withIntermediateDirectories: true)
        guard chown(theirs.path, 65_534, 65_534) == 0 else { throw Errno(rawValue: errno) }
        return theirs.path
    }
}
