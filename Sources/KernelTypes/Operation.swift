// What the kernels are asked to do. An operation is a value: shapes and pointers. It is divided into units that may run
// on any thread in any order, because no two units write to the same place and no sum crosses a unit's border. That is
// why results do not depend on the number of threads.
//
// Two layouts are in use. “Batch innermost” is channel × height × width × batch: every vector holds the same pixel of
// 16 samples. “Sample-major” is sample × feature: every vector holds 16 features of a sample. Innermost dimensions are
// padded to whole vectors.

/// Lanes of a vector, at every instruction set: wider or narrower registers change no result.
@inlinable package var lanes: Int { 16 }

/// Output channels that a convolution's unit computes at once.
@inlinable package var channelGroup: Int { 5 }

/// Rounds up to whole vectors.
@inlinable package func paddedToLanes(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }

/// Floats of a unit where each is computed on its own: 16 KiB.
@inlinable package var elementsPerUnit: Int { 4096 }

/// Work that is divided into units.
package protocol Operation {
    /// How it is called in a profile.
    static var name: String { get }
    /// Units are numbered from 0.
    var unitCount: Int { get }
}
