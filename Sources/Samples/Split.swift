/// The splits of a data set, as `analysis.split` names them.
package enum Split: String, Sendable, CaseIterable {
    case training, validation, test
}
