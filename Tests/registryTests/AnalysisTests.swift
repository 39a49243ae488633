import Foundation
import PostgreSQL
import TestData
import TestServer
import Testing

@Suite("SQL for analysts")
struct AnalysisTests {
    private static let sql = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../sql")

    private static func files(in folder: String, ending: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: sql.appending(path: folder), includingPropertiesForKeys: nil
        ).filter { $0.lastPathComponent.hasSuffix(ending) }.sorted { $0.path < $1.path }
    }

    /// What psql prints of a file.
    private func output(_ program: Program, of file: URL, _ options: String...) async throws -> String {
        let result = try await program.run(
            ["db", "psql", "--", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"] + options + [
                "--file", file.path,
            ])
        #expect(result.status == 0, "\(file.lastPathComponent): \(result.errors)")
        return result.output
    }

    @Test("the data dictionary tells what is in the database: else run make dictionary")
    func dictionary() async throws {
        let program = try await Program.onNewDatabase()
        let made = try await output(
            program, of: Self.sql.appending(path: "dictionary.sql"), "--tuples-only", "--no-align")
        #expect(made == (try String(contentsOf: Self.sql.appending(path: "README.md"), encoding: .utf8)))
    }

    private static func hasPgTAP() async throws -> Bool {
        let connection = try Connection(try await TestServer.newDatabase())
        return !(try connection.query("select from pg_available_extensions where name = 'pgtap'")).isEmpty
    }

    @Test(
        "pgTAP's tests of the views",
        .enabled("needs pgTAP, Debian's postgresql-15-pgtap") { try await AnalysisTests.hasPgTAP() })
    func views() async throws {
        for file in try Self.files(in: "tests", ending: ".sql") where file.lastPathComponent.first?.isNumber == true {
            let program = try await Program.onNewDatabase()
            let lines = try await output(program, of: file, "--tuples-only", "--no-align").split(separator: "\n")
            let planned = lines.first { $0.hasPrefix("1..") }.flatMap { Int($0.dropFirst(3)) }
            #expect(planned == lines.filter { $0.hasPrefix("ok ") }.count, "\(file.lastPathComponent)")
            for line in lines where line.hasPrefix("not ok") || line.hasPrefix("#") {
                Issue.record("\(file.lastPathComponent): \(line)")
            }
        }
    }

    /// One epoch of each network, the same on every machine to the bit; what is read from them.
    @Test("the worked queries give what stands beside them; robustness, drift and the report read the same database")
    func examples() async throws {
        let program = try await Program.withMNIST()
        for model in ["mlp", "cnn"] {
            try await program.succeed("train", model, "--epochs", "1")
            try await program.succeed("robustness", model, "--only", "shift right")
        }

        let files = try Self.files(in: "examples", ending: ".sql")
        #expect(files.count >= 15)
        for file in files {
            let printed = try await output(program, of: file)
            let expected = file.deletingPathExtension().appendingPathExtension("txt")
            if ProcessInfo.processInfo.environment["UPDATE_EXAMPLES"] != nil {
                try printed.write(to: expected, atomically: true, encoding: .utf8)
            }
            #expect(printed == (try? String(contentsOf: expected, encoding: .utf8)), "\(file.lastPathComponent)")
        }

        // Root mean square differences from the classes' mean images, by numpy.
        for row in try program.connect().query(
            """
            select class_distance, expected
              from analysis.sample_feature
              join (values (0, 0.1710517160876637), (1, 0.28690917440497254), (2, 0.12575986358579994),
                           (8, 0.29674239580692297), (9770, 0.28210281467380516)) as known (index, expected) using (index)
             where split = 'test'
            """)
        {
            #expect(abs(try row["class_distance"] - (try row["expected"] as Double)) < 1e-6)
        }

        try expectCoverage(program)
        try await expectRobustness(program)
        try await expectDrift(program)
        try await expectReport(program)
    }

    /// Of 2,000 draws of 1,000 of the real loss differences, 94 to 96 % of the intervals have the mean of all in them.
    private func expectCoverage(_ program: Program) throws {
        let connection = try program.connect()
        _ = try connection.query("select setseed(0.25)")
        let coverage: Double = try connection.query(
            """
            with loss as (
                select a.losses as a, b.losses as b
                  from analysis.test_loss as a, analysis.test_loss as b
                 where a.model = 'mlp' and b.model = 'cnn'
            ), element as materialized (
                select x.*
                  from loss, unnest(loss.a, loss.b) with ordinality as x (a, b, place)
            ), drawn as (
                select array_agg(element.a) as a, array_agg(element.b) as b
                  from (select repetition, 1 + floor(random() * 10000)::integer as place
                          from generate_series(1, 2000) as repetition, generate_series(1, 1000)
                        offset 0) as chosen
                  join element using (place)
                 group by repetition
            )
            select avg((interval.lower <= whole.difference and interval.upper >= whole.difference)::integer)::float8 as share
              from drawn
             cross join analysis.paired_loss_difference(drawn.a, drawn.b) as interval
             cross join (select difference from loss, analysis.paired_loss_difference(a, b)) as whole
            """)[0]["share"]
        #expect((0.94...0.96).contains(coverage), "\(coverage)")
    }

    /// What is measured once is kept, and an image that is not moved is classified as when it was trained.
    private func expectRobustness(_ program: Program) async throws {
        func evaluations() async throws -> [[String: Any]] {
            let result = try await program.succeed("robustness", "cnn", "--only", "shift right", "--format", "json")
            let found = try #require(try result.json() as? [String: Any])
            return try #require(found["evaluations"] as? [[String: Any]])
        }
        let measured = try await evaluations()
        #expect(measured.compactMap { $0["strength"] as? Double } == (-4...4).map(Double.init))
        let accuracies = try measured.map { try #require($0["test_accuracy"] as? Double) }
        let trained: Double = try program.connect().query(
            "select test_accuracy from analysis.model_version where model = 'cnn'")[0]["test_accuracy"]
        #expect(accuracies[4] == trained)
        for row in measured {
            #expect(row["test_samples"] as? Int == 10_000)
            let accuracy = try #require(row["test_accuracy"] as? Double)
            #expect(row["test_correct"] as? Int == Int((accuracy * 10_000).rounded()))
        }
        #expect(accuracies[0] < accuracies[2] && accuracies[2] < accuracies[4])
        #expect(accuracies[8] < accuracies[6] && accuracies[6] < accuracies[4])
        let times =
            "select array_agg(evaluated_at::text order by model, strength)::text as times from analysis.robustness"
        let before: String = try program.connect().query(times)[0]["times"]
        #expect(try await evaluations().count == 9)
        #expect(try program.connect().query(times)[0]["times"] as String == before, "nothing is measured twice")
    }

    private func expectDrift(_ program: Program) async throws {
        let drift = try #require(
            try await program.succeed("dataset", "drift", "mnist", "--format", "json").json() as? [String: Any])
        #expect((drift["verdict"] as? String)?.hasPrefix("They are alike") == true)
        #expect((drift["shifts"] as? [Any])?.count == 16, "15 features and the classes")
        #expect((drift["classes"] as? [Any])?.count == 10)
        let itself = try await program.succeed("dataset", "drift", "mnist:test", "mnist:test", "--format", "csv")
        let lines = itself.output.split(separator: "\r\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(
            lines[0] == [
                "feature", "a_samples", "b_samples", "a_median", "b_median", "distance", "p", "adjusted_p", "stability",
                "chance_stability", "size", "verdict",
            ])
        #expect(lines.count == 17)
        for line in lines.dropFirst() {
            #expect(line[3] == line[4] && Double(line[8]) == 0 && line[10] == "none", "\(line)")
            #expect(Double(line[5]) == (line[0] == "class balance" ? nil : 0), "\(line)")
            #expect(Double(line[6]) == 1 && Double(line[7]) == 1, "\(line)")
        }
        #expect(try await program.run("dataset", "drift", "mnist:first", "mnist:test").status == 64)
        #expect(try await program.run("dataset", "drift", "absent").status == 66)
    }

    private func expectReport(_ program: Program) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID()).html")
        defer { try? FileManager.default.removeItem(at: file) }
        try await program.succeed("report", "mlp", "cnn", "--output", file.path)
        let page = try String(contentsOf: file, encoding: .utf8)
        #expect(page.hasPrefix("<!DOCTYPE html>"))
        var sections: [String: String] = [:]
        for part in page.split(separator: "<section").dropFirst() {
            let heading = try #require(part.firstMatch(of: /<h2>([^<]*)<\/h2>/))
            sections[String(heading.1)] = String(part)
        }
        #expect(
            Set(sections.keys) == [
                "Comparison", "Data set", "Learning curves", "mlp@1: layers and training", "mlp@1: predictions",
                "mlp@1: errors", "cnn@1: layers and training", "cnn@1: predictions", "cnn@1: errors", "Hardest samples",
                "Robustness",
            ])
        func count(_ text: String, in section: String) -> Int {
            (sections[section] ?? "").ranges(of: text).count
        }
        #expect(count("<img ", in: "Data set") == 20 && count("<img ", in: "Hardest samples") == 20)
        #expect(count("<svg ", in: "Learning curves") == 2)
        #expect(count("<svg ", in: "Robustness") == 1, "of the one change that was measured")
        for (model, parameters) in [("mlp", "101,770"), ("cnn", "47,658")] {
            #expect(count(parameters, in: "Comparison") == 1)
            #expect(count("<img ", in: "\(model)@1: predictions") == 20)
            #expect(count("seed", in: "\(model)@1: layers and training") == 1)
            let errors = try #require(sections["\(model)@1: errors"])
            let known = try program.connect().query(
                """
                select test_correct, unexplained
                  from analysis.model_version
                  join analysis.unexplained_error using (model, version)
                 where model = $1
                """, model)[0]
            let (correct, unexplained): (Int, Int) = (try known["test_correct"], try known["unexplained"])
            let diagonal = errors.matches(of: /diagonal">([0-9,]+)</).compactMap { Int($0.1.replacing(",", with: "")) }
            #expect(diagonal.count == 10 && diagonal.reduce(0, +) == correct)
            #expect(errors.contains("<p>\(unexplained) of the misclassified samples"))
            for gallery in ["tilted", "blurred", "in none of these categories"] {
                #expect(errors.contains("<h3>Misclassified: \(gallery)</h3>"), "\(model) \(gallery)")
            }
        }
        // Dark is for screens alone; every heading of a table heads something.
        #expect(!page.contains("@media (prefers-color-scheme") && !page.contains("@media(prefers-color-scheme"))
        #expect(!page.contains("<th></th>") && !page.contains("<th>"))
        let verdict = try #require(
            try program.connect().query(
                "select analysis.verdict('mlp@1', 'cnn@1', only_a_correct, only_b_correct, test_samples, mcnemar_exact_p) from analysis.agreement where a_model = 'mlp' and b_model = 'cnn'"
            )[0]["verdict"] as String?)
        #expect(page.contains(verdict))
        // Whatever is shown is in the page itself; names of XML's vocabularies are no addresses.
        #expect(!page.contains("<script") && !page.contains("<link") && !page.contains("@import"))
        #expect(
            page.matches(of: /(src|href)="([^"]*)"/).allSatisfy {
                $0.2.hasPrefix("data:image/png;base64,") || $0.2.hasPrefix("#")
            })
        #expect(page.matches(of: #/<img /#).count >= 2 * 20)
        for id in page.matches(of: /href="#([^"]*)"/) { #expect(page.contains("id=\"\(id.1)\"")) }
        #expect(try await program.run("report", "absent", "--output", file.path).status == 66)
    }
}
