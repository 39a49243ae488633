import CPUFeatures
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Threads that are started once and compute the units of one task after another, together with the calling thread.
///
/// The caller announces a task; every thread that is awake claims units until none is left; the caller returns when all
/// are done. It never waits for a thread that has claimed nothing, so a thread whose core is busy elsewhere costs
/// nothing. Between tasks the threads look for the next one for some microseconds, then sleep.
///
/// One thread uses a team at a time.
final class ThreadTeam {
    /// With the calling one.
    let threadCount: Int
    private let shared: SharedTask
    private var threads: [pthread_t] = []

    init(threadCount: Int) {
        let shared = SharedTask()
        self.shared = shared
        var started: [pthread_t] = []
        for _ in 1..<max(1, threadCount) {
            var thread = pthread_t()
            let argument = Unmanaged.passRetained(shared)
            let status = pthread_create(
                &thread, nil,
                { argument in
                    if let argument { Unmanaged<SharedTask>.fromOpaque(argument).takeRetainedValue().serve() }
                    return nil
                }, argument.toOpaque())
            guard status == 0 else {
                argument.release()
                break  // Fewer threads are slower, and change no result.
            }
            started.append(thread)
        }
        threads = started
        self.threadCount = started.count + 1
    }

    deinit {
        shared.end()
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Calls `unit` once for each of 0..<count, on any thread, in any order, and returns when all calls have.
    func run(_ count: Int, _ unit: (Int) -> Void) {
        guard !threads.isEmpty, count > 1 else {
            for index in 0..<count { unit(index) }
            return
        }
        withoutActuallyEscaping(unit) { shared.run(count, $0) }
    }
}

/// What the threads of a team share.
///
/// `state` holds the task's number (32 bits), its units (16 bits) and the next unit to claim (16 bits) in one word, so
/// that a claim can't be taken for a unit of another task.
///
/// `@unchecked`: `unit` is written only while no unit is left to claim, and read only between claiming a unit and
/// reporting it done; the atomics order both.
private final class SharedTask: @unchecked Sendable {
    private let state = Atomic<UInt64>(0)
    private let done = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let isEnding = Atomic<Bool>(false)
    private var unit: (Int) -> Void = { _ in }
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// About 30 µs.
    private static let spins = 2000
    private static let unitLimit = 0xFFFF

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
    }

    deinit {
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(mutex)
        wake.deallocate()
        mutex.deallocate()
    }

    func run(_ count: Int, _ unit: @escaping (Int) -> Void) {
        var start = 0
        while start < count {
            let first = start
            let length = min(count - start, Self.unitLimit)
            self.unit = first == 0 ? unit : { unit(first + $0) }
            done.store(0, ordering: .relaxed)
            let number = (state.load(ordering: .relaxed) >> 32 &+ 1) & 0xFFFF_FFFF
            state.store(number << 32 | UInt64(length) << 16, ordering: .sequentiallyConsistent)
            if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wakeAll() }
            claimUnits()
            var waits = 0
            while done.load(ordering: .acquiring) < length {
                waits += 1
                if waits < Self.spins { cpu_relax() } else { sched_yield() }
            }
            start += length
        }
        self.unit = { _ in }
    }

    /// Claims and computes units until none is left.
    private func claimUnits() {
        var computed = 0
        while let index = claim() {
            unit(index)
            computed += 1
        }
        if computed > 0 { done.add(computed, ordering: .acquiringAndReleasing) }
    }

    private func claim() -> Int? {
        var current = state.load(ordering: .acquiring)
        while true {
            let (count, next) = (current >> 16 & 0xFFFF, current & 0xFFFF)
            guard next < count else { return nil }
            let (exchanged, original) = state.weakCompareExchange(
                expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
            if exchanged { return Int(next) }
            current = original
        }
    }

    private var hasUnits: Bool {
        let current = state.load(ordering: .sequentiallyConsistent)
        return current & 0xFFFF < current >> 16 & 0xFFFF
    }

    /// A worker's life.
    func serve() {
        while !isEnding.load(ordering: .acquiring) {
            var spins = 0
            while !hasUnits && spins < Self.spins {
                cpu_relax()
                spins += 1
            }
            if hasUnits { claimUnits() } else { sleep() }
        }
    }

    private func sleep() {
        pthread_mutex_lock(mutex)
        sleepers.add(1, ordering: .sequentiallyConsistent)
        while !hasUnits && !isEnding.load(ordering: .sequentiallyConsistent) { pthread_cond_wait(wake, mutex) }
        sleepers.subtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
    }

    private func wakeAll() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
    }

    func end() {
        isEnding.store(true, ordering: .sequentiallyConsistent)
        wakeAll()
    }
}
