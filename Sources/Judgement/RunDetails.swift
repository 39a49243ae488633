import Reporting
import Store
import Trainer

/// What is known of a run, and of the version that it became: settings, layers, epochs, classes.
package struct RunDetails {
    package let run: FoundRun
    /// One row.
    package let summary: Table
    /// `nil` where predictions were imported.
    package let configuration: RunConfiguration?
    package let layers: Table
    package let epochs: Table
    /// Gradients and dead units of each layer, epoch by epoch.
    package let layerMetrics: Table
    /// Test accuracy by class; without rows for a run that was asked for by its number, or became no version.
    package let classes: Table
    /// Means of precision, recall and F1 over the classes; without rows where there are no classes.
    package let classMeans: Table

    package init(of run: FoundRun, in store: Store) throws {
        self.run = run
        switch run {
        case .version(let version):
            summary = try Table(try store.summaries(of: [version]))
            classes = try ClassTables.classes(try store.classAccuracy(of: version))
            classMeans = try ClassTables.means(try store.classMeans(of: version))
        case .run(let number, _, _, _):
            summary = try Table(try store.summary(ofRun: number))
            classes = Table(keys: ["label", "class_name", "samples", "correct", "accuracy"], rows: [])
            classMeans = Table(keys: ["metric", "mean", "value", "lower", "upper"], rows: [])
        }
        configuration = try run.origin == .outside ? nil : RunConfiguration(json: run.configuration)
        layers = LayerTable.of(configuration?.architecture)
        epochs = try Table.epochs(ofRun: run.number, in: store)
        layerMetrics = try Table(try store.layerMetrics(ofRun: run.number))
    }

    /// The layer metrics of the last epoch; of an imported network those of its test.
    package var lastLayerMetrics: Table {
        let isTrained = run.origin == .trained
        return layerMetrics.rows(where: "epoch", is: .integer(isTrained ? epochs.rows.count : 1))
            .hiding(isTrained ? [] : ["epoch", "gradient_norm"])
    }

    /// The settings as they are stored, in one row.
    package var configurationTable: Table {
        Table([("model", .string(run.model)), ("configuration", .verbatim(run.configuration))])
    }

    package var json: JSONValue {
        summary.firstObject + [
            "configuration": .verbatim(run.configuration), "layers": layers.json, "epoch_metrics": epochs.json,
            "layer_metrics": layerMetrics.json, "classes": classes.json, "class_means": classMeans.json,
        ]
    }
}
