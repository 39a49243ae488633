import Foundation
import PostgreSQL
import Testing

/// Databases that are not as the program needs them, and roles that may not do what is asked.
let databaseRemedies: [Remedy] =
    roleRemedies + [
        Remedy(
            "registry/Failures/DatabaseFailures", "Name the primary server with --database.",
            "registry alias mlp production", ends: 69, before: readOnly, .flags(["--database": "\"$primary\""])),
        Remedy(
            "registry/Failures/DatabaseFailures", "on the primary server", on: .nothing, "registry models", ends: 69,
            before: readOnly,
            .own { trial in
                try await trial.succeed("REGISTRY_DATABASE_URL=\"$primary\" \(trial.command())")
                try await trial.succeed(trial.typed)
            }),
        Remedy(
            "registry/Failures/DatabaseFailures", "Have the schema's owner run: registry db migrate", "registry models",
            ends: 69, before: { try $0.sql(olderView) }, .typing()),
        Remedy(
            "registry/Failures/DatabaseFailures", "Name another database with --database.", on: .nothing,
            "registry models",
            ends: 69,
            before: { place in
                try place.sql("create schema registry")
                let other = try await TypingPlace(.nothing)
                place.program.environment["other"] = other.program.environment["REGISTRY_DATABASE_URL"]
            }, .flags(["--database": "\"$other\""])),
        Remedy(
            "registry/Failures/DatabaseFailures", "Drop them, run", "registry db migrate", ends: 69,
            before: { place in
                // With a column that the new one has not.
                let wider = olderView.replacing("as oldest_wait_seconds", with: "as oldest_wait_seconds, 1 as one")
                try place.sql("\(wider); create view public.mine as select * from analysis.queue")
            },
            .own { trial in
                let view = try #require(trial.line.firstMatch(of: /view (public\.[a-z]+)/)?.1)
                try trial.place.sql("drop view \(view)")
                try await trial.succeed(trial.command())
                try trial.place.sql("create view \(view) as select queued from analysis.queue")
            }),
        Remedy(
            "registry/Failures/DatabaseFailures", "Try again later: registry db migrate",
            "registry db migrate --wait 0",
            ends: 75,
            before: { try $0.sql(olderView) },
            provoke: { place in
                let other = try place.program.connect()
                try other.script("begin; select * from analysis.queue")
                let refused = try await place.type("registry db migrate --wait 0")
                try other.script("rollback")
                return refused
            }, .typing()),
        Remedy(
            "registry/Failures/DatabaseFailures", "Make another one with: createdb", on: .nothing,
            "registry models --database \"$server dbname=$latin\"", ends: 69,
            before: { place in
                let url = try #require(place.program.environment["REGISTRY_DATABASE_URL"])
                let name = "latin_\(UInt32.random(in: 0...UInt32.max))"
                try place.sql(
                    "create database \(name) encoding 'LATIN1' template template0 lc_collate 'C' lc_ctype 'C'")
                place.program.environment["server"] = url.replacing(#/ dbname=.*/#, with: "")
                place.program.environment["latin"] = name
                place.program.environment["PGHOST"] = String(url.split(separator: "'")[1])
                place.program.environment["PGUSER"] = "postgres"
            },
            .own { trial in
                try await trial.place.succeed(trial.systemCommand(filling: ["NAME": "\"$latin-utf8\""]))
                try await trial.succeed(trial.typed.replacing("$latin", with: "$latin-utf8"))
            }),
        Remedy(
            "registry/Commands/Upkeep/DoctorCommand", "grants are put right by: registry db migrate", "registry doctor",
            ends: 65,
            before: {
                try $0.sql(
                    "revoke select on analysis.run from registry_reader; drop function analysis.mcnemar cascade")
            }, .typing()),
        Remedy(
            "registry/Failures/DatabaseFailures", "Views and functions are made again by", "registry hardest", ends: 69,
            before: { try $0.sql("drop function analysis.hard_samples cascade") },
            .own { trial in
                let doctor = try trial.command(1)
                #expect(try await trial.place.type(doctor).output.contains("function analysis.hard_samples"))
                try await trial.succeed(trial.command(0))
                try await trial.succeed(doctor)
                try await trial.succeed(trial.typed)
            }),
    ]

/// The session only reads; the database behind can be written to under another address.
@Sendable private func readOnly(place: inout TypingPlace) {
    let url = place.program.environment["REGISTRY_DATABASE_URL"] ?? ""
    place.program.environment["primary"] = url
    place.program.environment["REGISTRY_DATABASE_URL"] = url + " options='-c default_transaction_read_only=on'"
}

/// A view as an older program made it.
private let olderView = """
    create or replace view analysis.queue as select null::bigint as queued, null::bigint as delayed,
        null::bigint as running, null::bigint as abandoned, null::double precision as oldest_wait_seconds;
    update registry.schema_script set checksum = repeat('0', 64) where name = 'views/11-queue';
    update registry.schema_object set statement_checksum = null where object = 'view analysis.queue'
    """

private let roleRemedies: [Remedy] = [
    Remedy(
        "registry/Failures/DatabaseFailures", "Have the schema's owner run: registry db migrate", on: .nothing,
        "registry models", ends: 77, before: { try $0.become(aRoleIn: nil) },
        .own { trial in
            try await trial.succeed("REGISTRY_DATABASE_URL=\"$owner\" \(trial.command())")
            // The schema is there, and now it is the role that lacks something.
            let refused = try await trial.place.type(trial.typed)
            #expect(refused.status == 77 && refused.errors.contains("grant registry_reader"), "\(refused.errors)")
        }),
    Remedy(
        "registry/Failures/DatabaseFailures", "then: grant registry_reader to the role", "registry models", ends: 77,
        before: { try $0.become(aRoleIn: nil) }, .own { try await migrateAndGrant($0, "registry_reader") }),
    Remedy(
        "registry/Failures/DatabaseFailures", "then: grant registry_reader to the role", "registry train mlp", ends: 77,
        before: { try $0.become(aRoleIn: nil) }, .own { try await migrateAndGrant($0, "registry_writer") }),
    Remedy(
        "registry/Failures/DatabaseFailures", "Use the login of the schema's owner", "registry alias mlp best",
        ends: 77,
        before: { try $0.become(aRoleIn: "registry_reader") },
        .own { try await $0.succeed("REGISTRY_DATABASE_URL=\"$owner\" \($0.typed)") },
        .own { try await migrateAndGrant($0, "registry_writer") }),
]

/// What the line asks of the owner: a migration, and a role's membership.
private func migrateAndGrant(_ trial: Trial, _ group: String) async throws {
    #expect(trial.line.contains(group), "\(trial.line)")
    try await trial.succeed("REGISTRY_DATABASE_URL=\"$owner\" \(trial.command())")
    try await trial.place.succeed(
        "REGISTRY_DATABASE_URL=\"$owner\" registry db psql -- -c \"grant \(group) to $role\"")
    try await trial.succeed(trial.typed)
}
