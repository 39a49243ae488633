import PostgreSQL

/// What becomes of due times at which no daemon ran.
package enum MissedTimes: String, Sendable, CaseIterable {
    /// One execution makes up for all of them.
    case once
    /// They are left out.
    case skip
}

/// A schedule whose time has come.
package struct DueSchedule: Sendable, Hashable {
    package let name: String
    package let cron: String
    package let command: [String]
    package let missed: MissedTimes
    /// The due time that was waited for.
    package let dueAt: Timestamp
    /// The database's clock.
    package let now: Timestamp
}

/// A due time that a daemon has taken, to execute it.
package struct DueExecution: Sendable, Hashable {
    package let schedule: String
    /// The words after `registry`.
    package let command: [String]
    package let dueAt: Timestamp
}

extension Store {
    /// Makes a schedule, or changes the one of that name.
    package func setSchedule(
        _ name: String, cron: String, command: [String], missed: MissedTimes, nextDueAt: Timestamp
    ) throws {
        _ = try connection.execute(
            """
            insert into registry.schedule (name, cron, command, missed, next_due_at)
            values ($1, $2, $3, $4, $5)
                on conflict (name) do update
               set cron = excluded.cron,
                   command = excluded.command,
                   missed = excluded.missed,
                   next_due_at = excluded.next_due_at
            """, name, cron, command, missed.rawValue, nextDueAt)
    }

    /// - Returns: Whether there was one.
    package func removeSchedule(_ name: String) throws -> Bool {
        try connection.execute("delete from registry.schedule where name = $1", name) == 1
    }

    /// All schedules, and how they ended the last time.
    package func schedules() throws -> Rows {
        try connection.query(
            """
            select name, cron, command, missed, next_due_at, last_due_at, last_finished_at, last_exit_status
              from analysis.schedule
             order by name
            """)
    }

    /// The words of every schedule; none for one whose words can't be read.
    package func scheduledCommands() throws -> [(name: String, command: [String])] {
        try connection.query("select name, words from analysis.schedule order by name")
            .map { (try $0["name"], (try? $0["words"]) ?? []) }
    }

    /// The database's clock, which alone decides what is due.
    package func now() throws -> Timestamp { try connection.query("select now() as now")[0]["now"] }

    /// Takes a schedule whose time has come, so that no other daemon does. Asking again after an answer was lost gives
    /// the same.
    ///
    /// A schedule whose last execution still goes on is left alone until that has ended. One that can't be read or planned
    /// is never due again, so that it does not keep others from their times.
    ///
    /// - Parameters:
    ///   - known: The executions that this worker knows to be its own.
    ///   - plan: Says which due time to execute, `nil` for none, and when the next one is; throws when the schedule is not
    ///     one that can be executed.
    ///   - setAside: Receives the name of a schedule that can't be executed, and why.
    /// - Returns: `nil` when nothing is due.
    package func takeDueSchedule(
        by worker: String, known: Set<DueExecution> = [],
        plan: (DueSchedule) throws -> (execute: Timestamp?, next: Timestamp),
        setAside: (_ name: String, _ reason: any Error) -> Void = { _, _ in }
    ) throws -> DueExecution? {
        try connection.transaction { () -> DueExecution? in
            if let own = try openExecutions(of: worker).first(where: { !known.contains($0) }) { return own }
            let rows = try connection.query(
                """
                select name, cron, command, missed, next_due_at, now() as now
                  from registry.schedule
                 where next_due_at <= now()
                   and not exists (select
                                     from registry.schedule_execution as execution
                                    where execution.name = schedule.name
                                      and execution.finished_at is null
                                      and execution.alive_at > now() - interval '1 minute')
                 order by next_due_at
                 limit 1
                   for update skip locked
                """)
            guard let row = rows.first else { return nil }
            let name: String = try row["name"]
            let due: DueSchedule
            let planned: (execute: Timestamp?, next: Timestamp)
            do {
                due = try DueSchedule(row)
                planned = try plan(due)
            } catch {
                setAside(name, error)
                try setNextDue(of: name, "infinity")
                return nil
            }
            try setNextDue(of: name, planned.next)
            guard let execute = planned.execute else { return nil }
            let isNew = try connection.execute(
                """
                insert into registry.schedule_execution (name, due_at, worker)
                values ($1, $2, $3)
                    on conflict (name, due_at) do nothing
                """, due.name, execute, worker)
            return isNew == 1 ? DueExecution(schedule: due.name, command: due.command, dueAt: execute) : nil
        }
    }

    /// Brings forward what is due later than its schedule says: whoever may train may write when that is, and what one
    /// program has set aside another may be able to execute.
    ///
    /// - Parameter next: The first due time after now; throws for a schedule that can't be executed.
    /// - Returns: The names of the schedules.
    package func bringForward(next: (DueSchedule) throws -> Timestamp) throws -> [String] {
        let rows = try connection.query(
            """
            select name, cron, command, missed, next_due_at, now() as now
              from registry.schedule
             where next_due_at > now()
            """)
        return try rows.compactMap { row in
            guard let due = try? DueSchedule(row), let first = try? next(due), first < due.dueAt else { return nil }
            let isCorrected = try connection.execute(
                "update registry.schedule set next_due_at = $3 where name = $1 and next_due_at = $2",
                due.name, due.dueAt, first)
            return isCorrected == 1 ? due.name : nil
        }
    }

    private func setNextDue(of name: String, _ moment: any PostgreSQLEncodable) throws {
        _ = try connection.execute("update registry.schedule set next_due_at = $2 where name = $1", name, moment)
    }

    /// Says that an execution still goes on.
    package func keepAlive(_ execution: DueExecution) throws {
        _ = try connection.execute(
            """
            update registry.schedule_execution
               set alive_at = clock_timestamp()
             where name = $1
               and due_at = $2
               and finished_at is null
            """, execution.schedule, execution.dueAt)
    }

    private func openExecutions(of worker: String) throws -> [DueExecution] {
        try connection.query(
            """
            select execution.name, schedule.command, execution.due_at
              from registry.schedule_execution as execution
              join registry.schedule using (name)
             where execution.worker = $1
               and execution.finished_at is null
               and array_ndims(schedule.command) = 1
               and array_position(schedule.command, null) is null
            """, worker
        ).map { DueExecution(schedule: try $0["name"], command: try $0["command"], dueAt: try $0["due_at"]) }
    }

    /// Gives a due time back that could not be executed to its end, so that another daemon, or the next, executes it.
    package func giveBack(_ execution: DueExecution) throws {
        try connection.transaction {
            let isOpen = try connection.execute(
                """
                delete from registry.schedule_execution
                 where name = $1
                   and due_at = $2
                   and finished_at is null
                """, execution.schedule, execution.dueAt)
            guard isOpen == 1 else { return }
            _ = try connection.execute(
                "update registry.schedule set next_due_at = least(next_due_at, $2) where name = $1",
                execution.schedule, execution.dueAt)
        }
    }

    /// Keeps how an execution ended.
    ///
    /// - Parameter output: A NUL, which a text in PostgreSQL can't hold, is kept as U+FFFD.
    package func finish(_ execution: DueExecution, exitStatus: Int, output: String) throws {
        _ = try connection.execute(
            """
            update registry.schedule_execution
               set finished_at = now(),
                   exit_status = $3,
                   output = $4
             where name = $1
               and due_at = $2
            """, execution.schedule, execution.dueAt, exitStatus, output.withoutNUL)
    }
}

extension DueSchedule {
    /// - Throws: When the row was written by other means and can't be read.
    fileprivate init(_ row: Row) throws {
        self.init(
            name: try row["name"], cron: try row["cron"], command: try row["command"],
            missed: MissedTimes(rawValue: try row["missed"]) ?? .once, dueAt: try row["next_due_at"],
            now: try row["now"])
    }
}

extension String {
    fileprivate var withoutNUL: String {
        var scalars = UnicodeScalarView()
        scalars.append(contentsOf: unicodeScalars.lazy.map { $0 == "\0" ? "\u{FFFD}" : $0 })
        return String(scalars)
    }
}
