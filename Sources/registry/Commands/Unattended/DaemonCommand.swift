import ArgumentParser
import FoundationEssentials
import Logging
import NeuralNetwork
import ServiceLifecycle
import Store
import Subprocess
import SystemPackage
import Trainer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

struct DaemonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon",
        abstract: "Train what is queued, until SIGTERM or Ctrl-C.",
        discussion: """
            Any number of daemons on any number of machines may share a database. If a daemon dies, another takes \
            over its runs after 30 seconds, from the last stored epoch. SIGTERM ends a daemon within 10 seconds.

            Example: registry daemon --workers 2 --threads-per-worker 1 --log-format json
            """)

    @Option(parsing: .unconditional, help: "Trainings at the same time.")
    var workers = 1

    @Option(
        parsing: .unconditional,
        help: "Threads of each training; the result is the same. Default: the physical cores, shared evenly.")
    var threadsPerWorker: Int?

    @Flag(help: "End once the queue is empty.")
    var once = false

    @Option(parsing: .unconditional, help: "Serve /health and, for Prometheus, /metrics on this port.")
    var metricsPort: Int?

    @Option(help: "The address for --metrics-port.")
    var metricsHost = "127.0.0.1"

    @Option(help: "text or json: the log on standard error.")
    var logFormat = LogFormat.text

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard (1...256).contains(workers) else { throw ValidationError("--workers must be between 1 and 256.") }
        guard (1...1024).contains(threadsPerWorker ?? 1) else {
            throw ValidationError("--threads-per-worker must be between 1 and 1,024.")
        }
        guard workers * (threadsPerWorker ?? 1) <= 1024 else {
            throw ValidationError("--workers times --threads-per-worker must be at most 1,024.")
        }
        guard (0...65_535).contains(metricsPort ?? 0) else {
            throw ValidationError("--metrics-port must be between 0 and 65,535; 0 takes any that is free.")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        try FewDescriptors.check(workers: workers)
        let environment = ProcessInfo.processInfo.environment
        let threads = threadsPerWorker ?? max(1, Engine.defaultThreadCount / workers)
        let engine = try Engine.chosen(by: environment, threads: threads)
        let logger = Logger(label: "registry.daemon", factory: logFormat.handler)
        let connect = try await database.connector { logger.warning("\($0)") }
        try database.check(connect)
        let shutdown = Shutdown()
        let pool = WorkerPool(
            workers: workers, engine: engine, endsWhenIdle: once, programVersion: Registry.version, logger: logger,
            shutdown: shutdown, connect: connect)
        let scheduler = Scheduler(
            worker: Machine.executor(threads: threads, programVersion: Registry.version).worker, logger: logger,
            shutdown: shutdown, connect: connect, check: { try checkSchedule($0) },
            execute: { [database] in await Self.execute($0, database: database.database) })
        logger.info("daemon started", metadata: ["workers": "\(workers)", "threads_per_worker": "\(threads)"])
        let metrics = metricsPort.map {
            MetricsServer(
                host: metricsHost, port: $0,
                clients: min(
                    MetricsServer.mostClients, max(1, Descriptors.limit - Descriptors.needed(workers: workers))),
                logger: logger, connect: connect)
        }
        // Stopped one after another, the last first.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: (metrics.map { [.init(service: $0, successTerminationBehavior: .ignore)] } ?? []) + [
                    .init(
                        service: ConcurrentServices(once ? [pool] : [pool, scheduler]),
                        successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: SystemdNotifier(environment: environment), successTerminationBehavior: .ignore),
                ],
                // One that was started with `nohup` outlives its terminal.
                gracefulShutdownSignals: [.sigterm, .sigint, .sigquit]
                    + (Interruption.isIgnored(SIGHUP) ? [] : [.sighup]),
                logger: logger))
        Watchdog(shutdown, logger: logger).start()
        try await group.run()
        logger.info("daemon stopped")
    }

    /// Runs this program with the words of a schedule, on the same database; SIGTERM ends it when the daemon stops.
    private static func execute(_ command: [String], database: String?) async -> Scheduler.Ended {
        var options = PlatformOptions()
        options.teardownSequence = [
            .gracefulShutDown(allowedDurationToNextStep: Shutdown.Phase.killingCommands.start)
        ]
        let environment: Subprocess.Environment =
            database.map { .inherit.updating(["REGISTRY_DATABASE_URL": $0]) } ?? .inherit
        do {
            let output = try UnnamedFile()
            let result = try await Subprocess.run(
                .path("/proc/self/exe"), arguments: Arguments(command), environment: environment,
                platformOptions: options,
                output: .fileDescriptor(output.descriptor, closeAfterSpawningProcess: false),
                error: .combinedWithOutput)
            let status: Int
            switch result.terminationStatus {
            case .exited(let code): status = Int(code)
            case .signaled(let signal): status = 128 + Int(signal)
            }
            return Scheduler.Ended(status: status, output: try output.end(bytes: 4000))
        } catch {
            return Scheduler.Ended(status: -1, output: "\(error)")
        }
    }
}
