/// Floats at a fixed address that is a multiple of 64, zero at first.
final class FloatBuffer {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
        self.count = count
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
        pointer = bytes.bindMemory(to: Float.self, capacity: count)
        pointer.initialize(repeating: 0, count: count)
    }

    deinit {
        UnsafeMutableRawPointer(pointer).deallocate()
    }

    var constant: UnsafePointer<Float> { UnsafePointer(pointer) }
}
