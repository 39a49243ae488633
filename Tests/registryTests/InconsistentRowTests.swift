import Foundation
import PostgreSQL
import TestServer
import Testing

/// The schema refuses such rows; a restored backup, or an owner who switches its checks off, may leave them all the same.
@Suite("Rows that contradict each other")
struct InconsistentRowTests {
    /// A database with a small data set and a model that errs, and a connection past the schema's checks.
    private static func prepared() async throws -> (program: Program, owner: Connection) {
        let program = try await Program.onNewDatabase()
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small")
        try await program.succeed("dataset", "import", "small", folder.path)
        for model in ["mlp", "lenet"] {
            try await program.succeed(
                "train", "mlp", "--dataset", "small", "--epochs", "1", "--learning-rate", "0.001", "--quiet", "--name",
                model)
        }
        try await program.succeed("alias", "mlp", "production")
        let owner = try program.connect()
        _ = try owner.script(
            """
            set session_replication_role = replica;
            alter table registry.misclassification drop constraint misclassification_confidence_probability_check;
            """)
        return (program, owner)
    }

    private static let reading = [
        ["report", "mlp", "--output", "report.html"], ["errors", "mlp"], ["dataset", "inspect", "small", "--test"],
        ["predictions", "mlp"], ["hardest", "--dataset", "small"], ["compare", "mlp", "lenet"],
    ]
    private static let computing = [
        ["train", "mlp", "--dataset", "small", "--epochs", "1"], ["robustness", "mlp", "--only", "blur"],
        ["retrain", "mlp", "--force"],
    ]

    /// Each ends quickly with 65 and a line; or it does not look at what is wrong, and does what it always does.
    private func expectRefusals(
        _ program: Program, _ commands: [[String]], mayPass: Set<String> = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for command in commands {
            let home = try #require(program.environment["HOME"])
            let result = try await program.run(
                command.map { $0.hasSuffix(".html") || $0.hasSuffix(".onnx") ? "\(home)/\($0)" : $0 })
            let isRefused =
                result.status == 65 && result.output.isEmpty && result.errorLines.last?.hasPrefix("registry: ") == true
            let passes = result.status == 0 && mayPass.contains(command[0])
            #expect(
                isRefused || passes, "\(command): \(result.status) \(result.errors)", sourceLocation: sourceLocation)
        }
    }

    @Test("pixels that are too few are named with their sample, by all that look at them")
    func pixels() async throws {
        let (program, owner) = try await Self.prepared()
        try owner.execute(
            #"update registry.sample set pixels = '\x00' where index = 0 and split_id = (select test_split_id from registry.dataset)"#
        )
        try await expectRefusals(
            program, Self.reading + Self.computing, mayPass: ["compare", "report", "errors", "hardest"])
        let line = try #require(try await program.run("robustness", "mlp", "--only", "blur").errorLines.last)
        #expect(line.contains("Sample 0 of small@1:test"))
        #expect(line.contains("has 1 bytes of pixels instead of 64"))
        // All samples of all splits: no picture is left that could be drawn.
        try owner.execute(#"update registry.sample set pixels = '\x00'"#)
        try await expectRefusals(program, Self.reading + Self.computing, mayPass: ["compare"])
    }

    @Test(
        "sizes of a data set that no memory holds are refused, not computed with",
        arguments: ["height = 2147483647", "width = 2147483647", "height = 65536, width = 65536"])
    func sizes(change: String) async throws {
        let (program, owner) = try await Self.prepared()
        try owner.execute("update registry.split set \(change)")
        try await expectRefusals(program, Self.reading + Self.computing, mayPass: ["compare"])
        try await expectRefusals(program, [["export", "mlp", "mlp.onnx"]])
    }

    @Test(
        "moments that no pixels have are refused",
        arguments: [
            "training_mean = 'NaN'", "training_mean = 2", "training_standard_deviation = 'infinity'",
            "training_standard_deviation = -1e308",
            "training_channel_means = '{NaN}', training_channel_standard_deviations = '{0.1}'",
        ])
    func moments(change: String) async throws {
        let (program, owner) = try await Self.prepared()
        try owner.execute("alter table registry.dataset drop constraint dataset_training_mean_check")
        try owner.execute("alter table registry.dataset drop constraint dataset_training_standard_deviation_check")
        try owner.execute("update registry.dataset set \(change)")
        try await expectRefusals(program, Self.computing)
        try await expectRefusals(program, [["report", "mlp", "--output", "report.html"]])
    }

    @Test("a class that is not there, predicted or true, is named")
    func classes() async throws {
        let (program, owner) = try await Self.prepared()
        try owner.execute("update registry.misclassification set predicted = 999")
        try await expectRefusals(program, [["report", "mlp", "--output", "report.html"]])
        try await expectRefusals(
            program, Self.reading, mayPass: ["errors", "hardest", "predictions", "dataset", "compare"])
        try owner.execute("update registry.sample set label = 300 where index = 0")
        try await expectRefusals(
            program, Self.reading + Self.computing, mayPass: ["errors", "hardest", "predictions", "compare"])
    }

    @Test("fewer names of classes than classes are refused")
    func classNames() async throws {
        let (program, owner) = try await Self.prepared()
        try owner.execute("update registry.dataset set class_names = '{a,b}'")
        try await expectRefusals(
            program, Self.reading + Self.computing, mayPass: ["errors", "hardest", "predictions"])
    }

    @Test("samples that are missing, or more than are announced, are refused")
    func counts() async throws {
        let (program, owner) = try await Self.prepared()
        for count in ["61", "2147483647", "59"] {
            try owner.execute(
                "update registry.split set samples = \(count) where split_id = (select training_split_id from registry.dataset)"
            )
            try await expectRefusals(program, [Self.computing[0]])
        }
        try owner.execute(
            """
            update registry.split
               set samples = case split_id when (select test_split_id from registry.dataset) then 31 else 60 end
            """)
        try await expectRefusals(program, Self.computing)
    }
}
