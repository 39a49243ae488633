import NeuralNetwork
import Reporting
import Store
import Trainer

/// What the page says of one version alone.
struct ReportOfVersion {
    private let version: StoredVersion
    /// What it was trained on: others that were tested on the same samples may have other classes.
    private let dataset: StoredDataset
    private let store: Store

    init(_ version: StoredVersion, in store: Store) throws {
        self.version = version
        dataset = try store.dataset(id: version.datasetID)
        self.store = store
    }

    func network() throws -> HTML {
        if let producer = version.producer {
            return "<p>The predictions of \(producer) were imported: there are no layers, settings and epochs.</p>"
        }
        let configuration = try RunConfiguration(json: version.configuration)
        let network: HTML = """
            \(LayerTable.of(configuration.architecture).html)
            <h3>Configuration</h3>
            \(HTML.facts(configuration.lines))
            """
        guard version.origin == .trained else { return network }
        let epochs = try Table.epochs(ofRun: version.run, in: store)
        return """
            \(network)
            <h3>Epochs</h3>
            \(epochs.html)
            """
    }

    func predictions() throws -> HTML {
        let samples = try store.predictions(of: version, limit: 20).decoded(as: PredictedSample.self).map { one in
            try DigitPicture(
                one.sample,
                captions: [
                    "#\(one.sample.index): \(one.predictedName)",
                    one.isCorrect ? "correct" : "wrong: is \(one.sample.className)",
                ])
        }
        return "<p>The first test samples, and what they are taken for.</p>\n\(HTML.gallery(samples))"
    }

    func errors() throws -> HTML {
        let categories = try DifficultyTables.categories(try store.categoryErrors(of: version))
        let (unexplained, unjudged) = try store.unexplainedErrors(of: version)
        return """
            \(try confusions())
            <h3>Accuracy, precision and F1 by class, and their means</h3>
            \(try ClassTables.classes(try store.classAccuracy(of: version)).html)
            \(try ClassTables.means(try store.classMeans(of: version)).html)
            <h3>Do images that deviate from their class fail more often?</h3>
            \(categories.html)
            <p>\(Quantity.count(unexplained)) of the misclassified samples fall into none of these categories.\(Errors.unjudgedNote(unjudged))</p>
            \(try galleries())
            """
    }

    /// The matrix of all classes, or the commonest confusions of many.
    private func confusions() throws -> HTML {
        let names = dataset.description.classNames
        guard names.count <= Table.mostClasses else {
            let commonest = try Table(try store.confusions(of: version, limit: Table.mostClasses))
            return "<p>The commonest confusions, of \(Quantity.count(names.count)) classes.</p>\n\(commonest.html)"
        }
        var counts = names.map { _ in names.map { _ in 0 } }
        func count(_ label: Int, as predicted: Int, _ samples: Int) throws {
            guard names.indices.contains(label), names.indices.contains(predicted) else {
                throw InconsistentDataset(
                    "\(version.reference)",
                    "takes class \(label) for \(predicted), and there are \(names.count) classes")
            }
            counts[label][predicted] = samples
        }
        let confusions = try store.confusions(of: version, limit: names.count * names.count)
        for confusion in try confusions.decoded(as: Confusion.self) {
            try count(confusion.label, as: confusion.predicted, confusion.samples)
        }
        for one in try store.classAccuracy(of: version).decoded(as: ClassAccuracy.self) {
            try count(one.label, as: one.label, one.correct)
        }
        return HTML.confusionMatrix(counts, classNames: names)
    }

    /// The misclassified samples of each category, and those of none.
    private func galleries() throws -> [HTML] {
        var pictures: [(category: String, pictures: [DigitPicture])] = []
        let samples = try store.misclassifiedSamplesByCategory(of: version, limit: 10)
        for row in try samples.decoded(as: CategorizedSample.self) {
            let category =
                row.category
                ?? (row.isJudged ? "in none of these categories" : "those that could not be judged")
            if pictures.last?.category != category { pictures.append((category, [])) }
            let (missed, sample) = (row.missed, row.missed.sample)
            pictures[pictures.count - 1].pictures.append(
                try DigitPicture(
                    sample,
                    captions: ["#\(sample.index): \(sample.className) → \(missed.predictedName)"]
                        + (missed.confidence.map { ["with \(Quantity.percent($0, places: 0))"] } ?? [])))
        }
        return pictures.map { "<h3>Misclassified: \($0.category)</h3>\n\(HTML.gallery($0.pictures))" }
    }
}
