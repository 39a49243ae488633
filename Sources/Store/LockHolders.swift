import PostgreSQL

extension Connection {
    /// Who holds what a session of the server waits for, a line each; asked over another connection.
    ///
    /// - Returns: None where nobody is in the way, or who is can't be asked about.
    func holders(blocking process: Int) -> [String] {
        guard let observer = try? another(),
            let rows = try? observer.query(
                """
                select format('process %s of user “%s”%s%s holds %s', activity.pid, activity.usename,
                              ' (' || nullif(activity.application_name, '') || ')',
                              ', ' || activity.state || ' since ' || to_char(activity.state_change, 'HH24:MI:SS TZ') || ',',
                              coalesce((select string_agg(distinct held.relation::regclass::text, ', ')
                                          from pg_locks as held
                                          join pg_class as relation on relation.oid = held.relation
                                         where held.pid = activity.pid
                                           and held.granted
                                           and relation.relnamespace in (select oid
                                                                           from pg_namespace
                                                                          where nspname in ('registry', 'analysis'))),
                                       'what is needed')) as holder
                  from pg_stat_activity as activity
                 where activity.pid = any (pg_blocking_pids($1))
                """, process)
        else { return [] }
        return rows.compactMap { try? $0["holder"] }
    }

    /// Tells once of each session that holds what a statement waits for, after some seconds.
    package func tellWhoBlocks(_ tell: @escaping (String) -> Void) {
        // A pooler announces a number of its own, and who waits behind it is not known.
        guard !isPooled else { return }
        var told: Set<String> = []
        whileWaiting = (
            .seconds(3),
            { [unowned self] in
                for holder in holders(blocking: Int(serverProcessID)) where told.insert(holder).inserted {
                    tell("Waiting: \(holder).")
                }
            }
        )
    }
}
