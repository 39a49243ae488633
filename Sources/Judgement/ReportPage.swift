import NeuralNetwork
import Reporting
import Store
import Trainer

/// All that the reading commands show of some versions, on one page.
package struct ReportPage {
    private let comparison: Comparison
    private let dataset: StoredDataset
    private let store: Store
    private var versions: [StoredVersion] { comparison.versions }

    /// - Parameter versions: At least one; all tested on the same data set.
    package init(of versions: [StoredVersion], in store: Store) throws {
        self.store = store
        comparison = try Comparison(of: versions, in: store)
        dataset = try store.dataset(id: versions[0].datasetID)
    }

    package func page() throws -> Page {
        var page = Page(
            title: versions.map { "\($0.reference)" }.joined(separator: ", ") + " on \(dataset.description.name)")
        page.add(versions.count > 1 ? "Comparison" : "Result", comparisonSection())
        page.add("Data set", try datasetSection())
        page.add("Learning curves", try curvesSection())
        for version in versions {
            let section = try ReportOfVersion(version, in: store)
            page.add("\(version.reference): layers and training", try section.network())
            page.add("\(version.reference): predictions", try section.predictions())
            page.add("\(version.reference): errors", try section.errors())
        }
        page.add("Hardest samples", try hardestSection())
        if let robustness = try robustnessSection() { page.add("Robustness", robustness) }
        return page
    }

    /// The versions that charts have: as many as can be distinguished.
    private var drawn: [StoredVersion] { Array(versions.prefix(Chart.distinctGroups)) }
    /// Of those that were trained here.
    private var curves: [(name: String, number: Int)] {
        drawn.filter { $0.origin == .trained }.map { ("\($0.reference)", $0.run) }
    }

    private func curvesSection() throws -> HTML {
        guard !curves.isEmpty else { return "<p>There are no epochs: all was imported.</p>" }
        let note: HTML =
            drawn.count < versions.count
            ? "<p>Charts, here and below, have the first \(drawn.count) of \(versions.count) versions.</p>\n" : ""
        return """
            \(note)\(try LearningCurve(of: curves, .loss, in: store).chart.html)\
            \(try LearningCurve(of: curves, .accuracy, in: store).chart.html)
            """
    }

    private func comparisonSection() -> HTML {
        let columns = versions.map { _ in true }
        let pairs = comparison.pairs.map { pair -> HTML in
            """
            <p class="verdict">\(pair.verdict)</p>
            \(HTML.table(pair.agreementLines, isRight: [false, true, true]))
            \(HTML.facts(pair.figureLines(isOneOfSeveral: comparison.pairs.count > 1)))
            """
        }
        return """
            \(HTML.table(comparison.summaryLines, isRight: [false] + columns))
            <p>\(Loss.meaning)</p>
            \(pairs)<h3>Test accuracy by class</h3>
            \(HTML.table(comparison.classLines, isRight: [false, true] + columns))
            """
    }

    private func datasetSection() throws -> HTML {
        let samples = try store.firstSamples(of: dataset, split: .training, count: 20)
            .decoded(as: SamplePicture.self)
            .map { try DigitPicture($0, captions: ["#\($0.index): \($0.className)"]) }
        let about = dataset.description
        return """
            <p>\(about.name)@\(dataset.version): \(Quantity.count(dataset.trainingSamples)) training and \
            \(Quantity.count(dataset.testSamples, "test sample")) of \(about.shape.height) × \(about.shape.width) pixels. The training \
            pixels, scaled to 0…1, have the mean \(Quantity.decimal(about.trainingMean, places: 4)) and the standard deviation \
            \(Quantity.decimal(about.trainingStandardDeviation, places: 4)). Source: \(about.source).</p>
            <h3>The first training samples</h3>
            \(HTML.gallery(samples))<h3>Classes</h3>
            \(try Table(try store.classBalance(of: dataset)).html)
            """
    }

    private func hardestSection() throws -> HTML {
        let (versions, architectures) = try store.testedVersions(on: dataset)
        let samples = try store.hardestSamples(of: dataset, limit: 20).decoded(as: HardSample.self).map { hard in
            try DigitPicture(
                hard.sample,
                captions: [
                    "#\(hard.sample.index): \(hard.sample.className) → \(hard.predictedName)",
                    "missed by \(Quantity.percent(hard.missedShare, places: 0))",
                ])
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
                let points = try store.robustness(of: version, kind.rawValue).decoded(as: RobustnessPoint.self)
                    .map { Chart.Point(x: $0.strength, y: $0.testAccuracy) }
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
