import PostgreSQL

extension Store {
    /// Replaces a run's checkpoint; part of the transaction that stores the epoch.
    func storeCheckpoint(_ bytes: [UInt8], epoch: Int, of run: Int) throws {
        try removeCheckpoint(of: run)
        _ = try connection.execute(
            "insert into registry.checkpoint (run_id, epoch, sha256, size) values ($1, $2, $3, $4)",
            run, epoch, sha256(bytes), bytes.count)
        for (index, chunk) in chunks(of: bytes).enumerated() {
            _ = try connection.execute(
                "insert into registry.checkpoint_chunk (run_id, index, bytes) values ($1, $2, $3)", run, index, chunk)
        }
    }

    /// What a run does not need any more; part of the transaction that ends it.
    func removeCheckpoint(of run: Int) throws {
        _ = try connection.execute("delete from registry.checkpoint where run_id = $1", run)
    }

    /// What a run goes on from after its last stored epoch.
    ///
    /// - Returns: `nil` when there is none, or it is not whole.
    package func checkpoint(ofRun run: Int) throws -> [UInt8]? {
        let rows = try connection.query(
            """
            select checkpoint.sha256, chunk.bytes
              from registry.checkpoint
              join registry.checkpoint_chunk as chunk using (run_id)
             where run_id = $1
             order by chunk.index
            """, run)
        guard let first = rows.first else { return nil }
        let bytes = try rows.flatMap { try $0["bytes"] as [UInt8] }
        return sha256(bytes) == (try first["sha256"]) ? bytes : nil
    }
}
