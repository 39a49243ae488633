import PostgreSQL

/// Where a version, or a run, comes from.
package enum Origin: String, Sendable, Hashable, PostgreSQLDecodable {
    /// It was trained here.
    case trained
    /// A network that was trained elsewhere was imported with its weights.
    case imported
    /// Predictions alone were imported.
    case outside
}

/// A model version that is in the database.
package struct StoredVersion: Sendable, Hashable {
    package let model: String
    package let number: Int
    package let run: Int
    package let datasetID: Int
    /// Versions with the same were tested on the same samples.
    package let testSplitID: Int
    /// SHA-256 of the weights; `nil` where predictions were imported.
    package let weightsDigest: String?
    package let origin: Origin
    /// Who made the predictions that were imported; `nil` for a network.
    package let producer: String?
    /// JSON of the run's configuration.
    package let configuration: String

    /// `mlp@3`.
    package var reference: ModelReference { ModelReference(model: model, selector: .number(number)) }

    /// SHA-256 of the weights.
    ///
    /// - Throws: `NoWeights` where predictions were imported.
    package func weights() throws -> String {
        guard let weightsDigest else { throw NoWeights(version: reference) }
        return weightsDigest
    }
}

/// A version that cannot classify anything: nothing but its predictions is known.
package struct NoWeights: Error, Sendable, CustomStringConvertible {
    package let version: ModelReference

    package var description: String { "\(version) has no weights: its predictions were imported." }
}

/// A row of `Store.summaries`.
package struct VersionSummary: RowDecodable, Sendable {
    package let dataset: String
    package let datasetVersion: Int
    package let testSamples: Int
    package let testAccuracy: Double
    /// Ends of its 95 % interval.
    package let testAccuracyLower: Double
    package let testAccuracyUpper: Double
    /// In nats; `nil` where imported predictions do not tell that of each test sample.
    package let testLoss: Double?
    package let misclassified: Int
    package let origin: Origin
    /// Who made the predictions that were imported; `nil` for a network.
    package let producer: String?
    /// `nil` for predictions.
    package let parameters: Int?
    /// For one sample, forward; `nil` for predictions, and versions from before it was kept.
    package let multiplyAdds: Int?
    /// `nil` for imports, as what follows.
    package let epochs: Int?
    package let secondsPerEpoch: Double?

    package init(row: Row) throws {
        dataset = try row["dataset"]
        datasetVersion = try row["dataset_version"]
        testSamples = try row["test_samples"]
        testAccuracy = try row["test_accuracy"]
        testAccuracyLower = try row["test_accuracy_lower"]
        testAccuracyUpper = try row["test_accuracy_upper"]
        testLoss = try row["test_loss"]
        misclassified = try row["misclassified"]
        origin = try row["origin"]
        producer = try row["producer"]
        parameters = try row["parameters"]
        multiplyAdds = try row["multiply_adds"]
        epochs = try row["epochs"]
        secondsPerEpoch = try row["seconds_per_epoch"]
    }
}

extension Store {
    /// Makes the next version of a model; part of the transaction that ends a run.
    ///
    /// - Parameter weights: In safetensors form; `nil` for imported predictions.
    func registerVersion(of model: Int, run: Int, epoch: Int, weights: [UInt8]?) throws -> ModelReference {
        let digest = try weights.map { try storeArtifact($0, mediaType: "application/x-safetensors") }
        let row = try connection.query(
            """
            with numbered as (
                update registry.model
                   set last_version_number = last_version_number + 1
                 where model_id = $1
                returning model_id, name, last_version_number
            ), registered as (
                insert into registry.model_version (model_id, number, run_id, epoch, weights_sha256)
                select model_id, last_version_number, $2, $3, $4
                  from numbered
            )
            select name, last_version_number
              from numbered
            """, model, run, epoch, digest)[0]
        return ModelReference(model: try row["name"], selector: .number(try row["last_version_number"]))
    }

    /// Finds the version that a reference stands for now.
    ///
    /// - Throws: `NotFound.model` or `NotFound.modelVersion`.
    package func resolve(_ reference: ModelReference) throws -> StoredVersion {
        let (number, alias): (Int?, String?) =
            switch reference.selector {
            case .newest: (nil, nil)
            case .number(let number): (number, nil)
            case .alias(let alias): (nil, alias)
            }
        let rows = try connection.query(
            """
            select version.model, version.version, version.run, version.dataset_id, version.test_split_id,
                   version.weights_sha256, version.origin, version.producer,
                   (select run.configuration::text
                      from analysis.run
                     where run.run = version.run) as configuration
              from analysis.model_version as version
             where version.model = $1
               and ($2::bigint is null or version.version = $2)
               and ($3::text is null or $3 = any (version.aliases))
             order by version.version desc
             limit 1
            """, reference.model, number, alias)
        guard let row = rows.first else { throw try absence(of: reference) }
        return StoredVersion(
            model: try row["model"], number: try row["version"], run: try row["run"], datasetID: try row["dataset_id"],
            testSplitID: try row["test_split_id"], weightsDigest: try row["weights_sha256"],
            origin: try row["origin"], producer: try row["producer"], configuration: try row["configuration"])
    }

    /// - Throws: `NotFound.model` for a model that has no run.
    package func checkIsKnown(model: String) throws {
        let models = try connection.query("select distinct model from analysis.run order by model")
            .map { row -> String in try row["model"] }
        guard models.contains(model) else { throw NotFound.model(model, known: models) }
    }

    private func absence(of reference: ModelReference) throws -> NotFound {
        do {
            try checkIsKnown(model: reference.model)
        } catch let absence as NotFound {
            return absence
        }
        let newest: Int? = try connection.query(
            "select max(version) as newest from analysis.model_version where model = $1", reference.model)[0]["newest"]
        return .modelVersion(reference, newest: newest)
    }

    /// What comes first in a list of versions.
    package enum VersionOrder: String, Sendable, CaseIterable {
        case model, accuracy, loss, date, dataset

        fileprivate var columns: String {
            switch self {
            case .model: "model, version desc"
            case .accuracy: "test_accuracy desc, model, version desc"
            case .loss: "test_loss, model, version desc"
            case .date: "registered_at desc, model, version desc"
            case .dataset: "model_version.dataset, dataset_version desc, test_accuracy desc, model, version desc"
            }
        }
    }

    /// The versions of every model; the newest of a model first.
    ///
    /// - Parameters:
    ///   - model: Only the versions of this model.
    ///   - dataset: Only what learned from it or was tested on it: `mnist` (any version) or `mnist@2`.
    ///   - limit: How many; all by default.
    /// - Throws: `NotFound` for a model or data set that is not there.
    package func modelVersions(
        of model: String? = nil, on dataset: String? = nil, by order: VersionOrder = .model, limit: Int? = nil
    ) throws -> Rows {
        if let model { try checkIsKnown(model: model) }
        if let dataset { _ = try self.dataset(named: dataset) }
        return try connection.query(
            """
            select model, version, aliases, format('%s@%s', dataset, dataset_version) as dataset, test_samples,
                   test_accuracy, test_loss, parameters, epochs, seconds_per_epoch, run, registered_at, origin, producer
              from analysis.model_version
             where model = coalesce($1, model)
               and coalesce($2 in (model_version.dataset, format('%s@%s', model_version.dataset, dataset_version)), true)
             order by \(order.columns)
             limit $3
            """, model, dataset, limit)
    }

    /// Whether a model has a version, whatever it comes from.
    package func hasVersions(of model: String) throws -> Bool {
        try connection.query(
            "select exists (select from analysis.model_version where model = $1) as has_versions", model)[0][
                "has_versions"]
    }

    /// The newest version of every model that was tested on the same samples as the newest of all.
    package func newestVersions() throws -> [ModelReference] {
        try connection.query(
            """
            select model, version
              from analysis.model_version
             where is_newest
               and test_split_id = (select test_split_id
                                      from analysis.model_version
                                     order by registered_at desc
                                     limit 1)
             order by model
            """
        ).map { ModelReference(model: try $0["model"], selector: .number(try $0["version"])) }
    }

    /// The versions asked for, each once, in the order asked.
    package func summaries(of versions: [StoredVersion]) throws -> Rows {
        try connection.query(
            """
            select version.model, version.version, version.dataset, version.dataset_version,
                   version.test_samples, version.test_correct, version.test_accuracy,
                   version.test_accuracy_lower, version.test_accuracy_upper, version.test_loss,
                   version.parameters, version.epochs, version.seconds_per_epoch, version.run,
                   version.aliases, version.registered_at, version.weights_sha256, version.weights_size,
                   version.multiply_adds, version.misclassified, version.origin, version.producer,
                   version.parent
              from unnest($1::text[], $2::bigint[]) with ordinality as asked (model, version, position)
              join analysis.model_version as version
                on version.model = asked.model
               and version.version = asked.version
             order by asked.position
            """, versions.map(\.model), versions.map(\.number))
    }
}
