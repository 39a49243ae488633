import PostgreSQL

/// Bytes of an artifact stored in one row: far below what one value may hold, and cheap to hold twice in memory.
private let chunkSize = 8 << 20

/// Bytes in the pieces that rows keep, in order; each is copied when it is its turn.
func chunks(of bytes: [UInt8]) -> some Sequence<[UInt8]> {
    stride(from: 0, to: bytes.count, by: chunkSize).lazy.map { Array(bytes[$0..<min($0 + chunkSize, bytes.count)]) }
}

extension Store {
    /// Stores a file under its SHA-256; content that is there already is not stored again.
    ///
    /// - Returns: The SHA-256, in hexadecimal.
    package func storeArtifact(_ bytes: [UInt8], mediaType: String) throws -> String {
        let digest = sha256(bytes)
        try connection.transaction {
            let isNew = try connection.execute(
                """
                insert into registry.artifact (sha256, size, media_type)
                values ($1, $2, $3)
                    on conflict (sha256) do nothing
                """,
                digest, bytes.count, mediaType)
            guard isNew == 1 else { return }
            for (index, chunk) in chunks(of: bytes).enumerated() {
                _ = try connection.execute(
                    "insert into registry.artifact_chunk (sha256, index, bytes) values ($1, $2, $3)",
                    digest, index, chunk)
            }
        }
        return digest
    }

    /// - Returns: The content, checked against its SHA-256.
    /// - Throws: `NotFound.artifact` when it is absent, cut short or altered.
    package func artifact(_ digest: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for row in try connection.query(
            "select bytes from registry.artifact_chunk where sha256 = $1 order by index", digest)
        {
            let chunk: [UInt8] = try row["bytes"]
            bytes += chunk
        }
        guard sha256(bytes) == digest else { throw NotFound.artifact(digest) }
        return bytes
    }
}
