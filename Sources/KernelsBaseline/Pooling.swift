import KernelTypes

/// One channel of a maximum pooling.
func poolMaximum(_ operation: MaximumPoolingForward, unit channel: Int) {
    let shape = operation.shape
    let rowStride = shape.inputWidth * shape.batch
    let input = operation.input + channel * shape.inputHeight * rowStride
    var output = operation.output + channel * shape.outputHeight * shape.outputWidth * shape.batch
    for row in 0..<shape.outputHeight {
        for column in 0..<shape.outputWidth {
            let corner = input + row * shape.stride * rowStride + column * shape.stride * shape.batch
            for vector in stride(from: 0, to: shape.batch, by: lanes) {
                var maximum = load(corner + vector)
                for y in 0..<shape.size {
                    for x in 0..<shape.size {
                        let value = load(corner + y * rowStride + x * shape.batch + vector)
                        // What is not a number wins, so that it is seen.
                        maximum.replace(with: value, where: .!(value .<= maximum))
                    }
                }
                store(maximum, output + vector)
            }
            output += shape.batch
        }
    }
}

/// One channel of a maximum pooling's gradient by its input.
func poolMaximumGradient(_ operation: MaximumPoolingGradient, unit channel: Int) {
    let shape = operation.shape
    let rowStride = shape.inputWidth * shape.batch
    let plane = shape.inputHeight * rowStride
    let input = operation.input + channel * plane
    let inputGradient = operation.inputGradient + channel * plane
    let isTiled =
        shape.size == shape.stride && shape.outputHeight * shape.size == shape.inputHeight
        && shape.outputWidth * shape.size == shape.inputWidth
    if !isTiled { inputGradient.update(repeating: 0, count: plane) }
    var offset = channel * shape.outputHeight * shape.outputWidth * shape.batch
    for row in 0..<shape.outputHeight {
        for column in 0..<shape.outputWidth {
            let corner = row * shape.stride * rowStride + column * shape.stride * shape.batch
            for vector in stride(from: 0, to: shape.batch, by: lanes) {
                let maximum = load(operation.output + offset + vector)
                var gradient = load(operation.outputGradient + offset + vector)
                if operation.isInputRectified { gradient = gradient.masked(by: maximum) }
                for y in 0..<shape.size {
                    for x in 0..<shape.size {
                        let position = corner + y * rowStride + x * shape.batch + vector
                        // Once a pixel has taken the gradient, none is left for the window's other pixels.
                        let isTaker = load(input + position) .== maximum
                        var taken = Lanes()
                        taken.replace(with: gradient, where: isTaker)
                        gradient.replace(with: 0, where: isTaker)
                        if !isTiled { taken += load(inputGradient + position) }
                        store(taken, inputGradient + position)
                    }
                }
            }
            offset += shape.batch
        }
    }
}

/// One channel of an average pooling.
func poolAverage(_ operation: AveragePoolingForward, unit channel: Int) {
    let shape = operation.shape
    let rowStride = shape.inputWidth * shape.batch
    let input = operation.input + channel * shape.inputHeight * rowStride
    var output = operation.output + channel * shape.outputHeight * shape.outputWidth * shape.batch
    let share = 1 / Float(shape.size * shape.size)
    for row in 0..<shape.outputHeight {
        for column in 0..<shape.outputWidth {
            let corner = input + row * shape.stride * rowStride + column * shape.stride * shape.batch
            for vector in stride(from: 0, to: shape.batch, by: lanes) {
                var sum = Lanes()
                for y in 0..<shape.size {
                    for x in 0..<shape.size { sum += load(corner + y * rowStride + x * shape.batch + vector) }
                }
                store(sum * share, output + vector)
            }
            output += shape.batch
        }
    }
}

/// One channel of an average pooling's gradient by its input.
func poolAverageGradient(_ operation: AveragePoolingGradient, unit channel: Int) {
    let shape = operation.shape
    let rowStride = shape.inputWidth * shape.batch
    let plane = shape.inputHeight * rowStride
    let inputGradient = operation.inputGradient + channel * plane
    inputGradient.update(repeating: 0, count: plane)
    let share = 1 / Float(shape.size * shape.size)
    var gradient = operation.outputGradient + channel * shape.outputHeight * shape.outputWidth * shape.batch
    for row in 0..<shape.outputHeight {
        for column in 0..<shape.outputWidth {
            let corner = inputGradient + row * shape.stride * rowStride + column * shape.stride * shape.batch
            for vector in stride(from: 0, to: shape.batch, by: lanes) {
                let part = load(gradient + vector) * share
                for y in 0..<shape.size {
                    for x in 0..<shape.size {
                        let position = corner + y * rowStride + x * shape.batch + vector
                        store(load(position) + part, position)
                    }
                }
            }
            gradient += shape.batch
        }
    }
    guard let mask = operation.mask else { return }
    for position in stride(from: 0, to: plane, by: lanes) {
        store(
            load(inputGradient + position).masked(by: load(mask + channel * plane + position)), inputGradient + position
        )
    }
}
