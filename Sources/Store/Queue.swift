import PostgreSQL

// What waits for a trainer.
extension Store {
    /// The runs that wait or are being trained, those that are next first.
    package func jobs() throws -> Rows {
        try connection.query(
            """
            select run, model, format('%s@%s', dataset, dataset_version) as dataset, state, epochs_finished, epochs, attempts, worker, lease_expires_at, is_abandoned,
                   cancel_requested, available_at, failure
              from analysis.job
             order by state desc, available_at, run
            """)
    }

    /// Whether nothing waits, not even for the end of a pause.
    package func isQueueEmpty() throws -> Bool {
        try connection.query("select not exists (select from registry.run where state = 'queued') as is_empty")[0][
            "is_empty"]
    }

    /// The length of the queue.
    package func queue() throws -> Row {
        try connection.query("select queued, delayed, running, abandoned, oldest_wait_seconds from analysis.queue")[0]
    }
}
