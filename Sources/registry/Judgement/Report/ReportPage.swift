import NeuralNetwork
import PostgreSQL
import Reporting
import Store
import Trainer

/// All that the reading commands say of some versions, on one page.
struct ReportPage {
    private let comparison: Comparison
    private let dataset: StoredDataset
    private let store: Store
    private var versions: [StoredVersion] { comparison.versions }

    /// - Parameter versions: At least one; all tested on the same data set.
    init(of versions: [StoredVersion], in store: Store) async throws {
        self.store = store
        comparison = try Comparison(of: versions, in: store)
        dataset = try store.dataset(id: versions[0].datasetID)
    }

    func page() throws -> Page {
        var page = Page(
            title: versions.map { "\($0.reference)" }.joined(separator: ", ") + " on \(dataset.description.name)")
        page.add(versions.count > 1 ? "Comparison" : "Result", try comparisonSection())
        page.add("Data set", try datasetSection())
        page.add("Learning curves", try curvesSection())
        for version in versions {
            let section = ReportOfVersion(version, of: dataset, in: store)
            page.add("\(version.reference): layers and training", try section.network())
            page.add("\(version.reference): predictions", try section.predictions())
            page.add("\(version.reference): errors", try section.errors())
        }
        page.add("Hardest samples", try hardestSection())
        if let robustness = try robustnessSection() { page.add("Robustness", robustness) }
        return page
    }

    /// The versions that charts have: as many as are told apart.
    private var drawn: [StoredVersion] { Array(versions.prefix(Chart.distinctGroups)) }
    private var curves: [(name: String, number: Int)] { drawn.map { ("\($0.reference)", $0.run) } }

    private func curvesSection() throws -> HTML {
        let note: HTML =
            drawn.count < versions.count
            ? "<p>Charts, here and below, have the first \(drawn.count) of \(versions.count) versions.</p>\n" : ""
        return """
            \(note)\(try learningCurve(of: curves, .loss, in: store).html)\
            \(try learningCurve(of: curves, .accuracy, in: store).html)
            """
    }

    private func comparisonSection() throws -> HTML {
        let columns = versions.map { _ in true }
        let pairs = try comparison.pairs.map { pair -> HTML in
            """
            <p class="verdict">\(try pair.verdict())</p>
            \(HTML.table(try pair.agreementLines(), isRight: [false, true, true]))
            \(HTML.facts(try pair.figureLines(isOneOfSeveral: comparison.pairs.count > 1)))
            """
        }
        return """
            \(HTML.table(try comparison.summaryLines(), isRight: [false] + columns))
            \(pairs)<h3>Test accuracy by class</h3>
            \(HTML.table(try comparison.classLines(), isRight: [false, true] + columns))
            """
    }

    private func datasetSection() throws -> HTML {
        let samples = try store.firstSamples(of: dataset, split: .training, count: 20).map { row in
            let (index, name): (Int, String) = (try row["index"], try row["class_name"])
            return try DigitPicture(row, captions: ["#\(index): \(name)"])
        }
        let about = dataset.description
        return """
            <p>\(about.name)@\(dataset.version): \(Quantity.count(dataset.trainingSamples)) training and \
            \(Quantity.count(dataset.testSamples, "test sample")) of \(about.height) × \(about.width) pixels. The training \
            pixels, scaled to 0…1, have the mean \(Quantity.decimal(about.trainingMean, places: 4)) and the standard deviation \
            \(Quantity.decimal(about.trainingStandardDeviation, places: 4)). Source: \(about.source).</p>
            <h3>The first training samples</h3>
            \(HTML.gallery(samples))<h3>Classes</h3>
            \(try Table(try store.classBalance(of: dataset)).html)
            """
    }

    private func hardestSection() throws -> HTML {
        let (versions, architectures) = try store.testedVersions(on: dataset)
        let samples = try store.hardestSamples(of: dataset, limit: 20).map { row in
            let (index, name, predicted, share): (Int, String, String, Double) =
                (try row["index"], try row["class_name"], try row["predicted_name"], try row["missed_share"])
            return try DigitPicture(
                row,
                captions: ["#\(index): \(name) → \(predicted)", "missed by \(Quantity.percent(share, places: 0))"])
        }
        return """
            <p>Over \(Quantity.count(versions, "version")) of \(Quantity.count(architectures, "architecture")); each \
            architecture has one vote.</p>
            \(try DifficultyTables.classes(try store.hardestClasses(of: dataset)).html)
            \(HTML.gallery(samples))
            """
    }

    /// Accuracy against the strength of each change that was measured for at least one version.
    private func robustnessSection() throws -> HTML? {
        let charts = try Perturbation.Kind.allCases.compactMap { kind -> HTML? in
            let series = try drawn.enumerated().compactMap { group, version -> Chart.Series? in
                let points = try store.robustness(of: version, kind.rawValue).map {
                    Chart.Point(x: try $0["strength"], y: try $0["test_accuracy"])
                }
                guard !points.isEmpty else { return nil }
                return Chart.Series(name: "\(version.reference)", style: .line, group: group, points: points)
            }
            guard !series.isEmpty else { return nil }
            return Chart(
                title: "Accuracy by \(kind.rawValue)", xTitle: "\(kind.rawValue), \(kind.unit)",
                yTitle: "test accuracy", series: series
            ).html
        }
        return charts.isEmpty ? nil : "\(charts)"
    }
}
