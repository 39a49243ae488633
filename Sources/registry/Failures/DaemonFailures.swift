import Store
import Trainer

extension LeaseLost: Failure {
    var exitStatus: ExitStatus { .tryAgain }
    package var advice: String? { "See: registry runs" }
}

extension LeaseOverdue: Failure { var exitStatus: ExitStatus { .tryAgain } }

extension FewDescriptors: Failure {
    var exitStatus: ExitStatus { .tryAgain }
    package var advice: String? { workers > 0 ? "Or take fewer --workers." : nil }
}

extension NoThread: Failure {
    var exitStatus: ExitStatus { .tryAgain }
    package var advice: String? { "Or take fewer --workers or --threads-per-worker." }
}

extension CannotListen: Failure {
    var exitStatus: ExitStatus { .usage }
    package var advice: String? { "Take another with --metrics-port or --metrics-host." }
}

extension CronError: Failure { var exitStatus: ExitStatus { .usage } }
