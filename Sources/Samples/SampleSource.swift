/// The samples of a split that are to be stored: read in pieces, so that they need not be in memory.
package protocol SampleSource {
    /// One per sample, in order of index.
    var labels: [UInt16] { get }
    /// Bytes of all pixels.
    var byteCount: Int { get }
    /// Columns of `registry.sample_feature` that are measured; empty for none.
    var featureNames: [StaticString] { get }
    /// How far each sample is from the mean training image of its class; empty where nothing is measured.
    var classDistances: [Float?] { get }

    /// Hands the pixels of consecutive samples to `body`.
    func withPixels(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws
    /// A row for each of these samples, in the order of `featureNames`; `nil` for what cannot be measured.
    func featureRows(of range: Range<Int>) throws -> [[Float?]]
}
