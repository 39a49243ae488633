import KernelTypes

/// One unit of a forward convolution: a group of output channels at one row.
func convolve(_ operation: ConvolutionForward, unit: Int) {
    let shape = operation.shape
    let (group, row) = unit.quotientAndRemainder(dividingBy: shape.outputHeight)
    let channel = group * channelGroup
    let channels = min(channelGroup, shape.outputChannels - channel)
    forEachPiece(of: shape.batch / lanes, limit: TileLimit.columns) { vector, vectors in
        for column in 0..<shape.outputWidth {
            ForwardTile(operation: operation, channel: channel, row: row, column: column, batch: vector * lanes)
                .run(rows: channels, columns: vectors)
        }
    }
}

private struct ForwardTile: TileKernel {
    let operation: ConvolutionForward
    let channel: Int
    let row: Int
    let column: Int
    let batch: Int

    @inline(__always)
    func run<let rows: Int, let columns: Int>(_: Tile<rows, columns>.Type) {
        let shape = operation.shape
        let fanIn = shape.fanIn
        var tile = Tile<rows, columns>()
        for index in 0..<rows {
            let bias = Lanes(repeating: operation.bias[channel + index])
            for vector in 0..<columns { tile.sums[index][vector] = bias }
        }
        var weights = operation.weights + channel * fanIn
        let corner =
            operation.input + (row * shape.stride * shape.inputWidth + column * shape.stride) * shape.batch + batch
        for inputChannel in 0..<shape.inputChannels {
            for kernelRow in 0..<shape.kernelHeight {
                var input =
                    corner + (inputChannel * shape.inputHeight + kernelRow) * shape.inputWidth * shape.batch
                for _ in 0..<shape.kernelWidth {
                    tile.addProducts(weights, stride: fanIn, input)
                    weights += 1
                    input += shape.batch
                }
            }
        }
        let plane = shape.outputHeight * shape.outputWidth * shape.batch
        let output =
            operation.output + channel * plane + (row * shape.outputWidth + column) * shape.batch + batch
        if operation.rectifies { tile.rectify() }
        tile.write(to: output, stride: plane)
    }
}

/// One unit of the gradient by the input: a group of input channels at one row.
func convolutionInputGradient(_ operation: ConvolutionInputGradient, unit: Int) {
    let shape = operation.shape
    let (group, row) = unit.quotientAndRemainder(dividingBy: shape.inputHeight)
    let channel = group * channelGroup
    let channels = min(channelGroup, shape.inputChannels - channel)
    forEachPiece(of: shape.batch / lanes, limit: TileLimit.columns) { vector, vectors in
        for column in 0..<shape.inputWidth {
            InputGradientTile(operation: operation, channel: channel, row: row, column: column, batch: vector * lanes)
                .run(rows: channels, columns: vectors)
        }
    }
}

private struct InputGradientTile: TileKernel {
    let operation: ConvolutionInputGradient
    let channel: Int
    let row: Int
    let column: Int
    let batch: Int

    @inline(__always)
    func run<let rows: Int, let columns: Int>(_: Tile<rows, columns>.Type) {
        let shape = operation.shape
        let kernelSize = shape.kernelHeight * shape.kernelWidth
        let fanIn = shape.fanIn
        let stride = shape.stride
        let kernelRows = taps(at: row, kernel: shape.kernelHeight, stride: stride, outputs: shape.outputHeight)
        let kernelColumns = taps(at: column, kernel: shape.kernelWidth, stride: stride, outputs: shape.outputWidth)
        var tile = Tile<rows, columns>()
        for outputChannel in 0..<shape.outputChannels {
            let plane = operation.outputGradient + outputChannel * shape.outputHeight * shape.outputWidth * shape.batch
            let channelWeights = operation.weights + outputChannel * fanIn + channel * kernelSize
            var kernelRow = kernelRows.first
            while kernelRow < kernelRows.end {
                let outputRow = (row - kernelRow) / stride
                var weights = channelWeights + kernelRow * shape.kernelWidth + kernelColumns.first
                var gradient =
                    plane
                    + (outputRow * shape.outputWidth + (column - kernelColumns.first) / stride) * shape.batch + batch
                var kernelColumn = kernelColumns.first
                while kernelColumn < kernelColumns.end {
                    tile.addProducts(weights, stride: kernelSize, gradient)
                    weights += stride
                    gradient -= shape.batch
                    kernelColumn += stride
                }
                kernelRow += stride
            }
        }
        let plane = shape.inputHeight * shape.inputWidth * shape.batch
        let offset = channel * plane + (row * shape.inputWidth + column) * shape.batch + batch
        if let mask = operation.mask { tile.mask(by: mask + offset, stride: plane) }
        tile.write(to: operation.inputGradient + offset, stride: plane)
    }

    /// The kernel's positions, `stride` apart, through which a position of the input takes part in an output.
    @inline(__always)
    private func taps(at position: Int, kernel: Int, stride: Int, outputs: Int) -> (first: Int, end: Int) {
        var first = max(0, position - (outputs - 1) * stride)
        if stride > 1 { first += (position - first) % stride }
        return (first, min(kernel, position + 1))
    }
}

/// One unit of the gradient by the weights: a group of output channels with one input channel and some kernel rows.
func convolutionWeightGradient(_ operation: ConvolutionWeightGradient, unit: Int) {
    let shape = operation.shape
    let (group, tap) = unit.quotientAndRemainder(dividingBy: shape.inputChannels * operation.kernelRowBlocks)
    let (inputChannel, block) = tap.quotientAndRemainder(dividingBy: operation.kernelRowBlocks)
    let kernelRow = block * operation.kernelRowsPerUnit
    let channel = group * channelGroup
    let channels = min(channelGroup, shape.outputChannels - channel)
    #if KERNELS_V4
    let limit = 5
    #else
    let limit = 1
    #endif
    forEachPiece(of: shape.kernelWidth, limit: limit) { kernelColumn, kernelColumns in
        WeightGradientTile(
            operation: operation, channel: channel, inputChannel: inputChannel, kernelRow: kernelRow,
            kernelRows: min(operation.kernelRowsPerUnit, shape.kernelHeight - kernelRow), kernelColumn: kernelColumn
        )
        .run(rows: channels, columns: kernelColumns)
    }
    guard tap == 0 else { return }
    let plane = shape.outputHeight * shape.outputWidth * shape.batch
    for channel in channel..<channel + channels {
        var sum = Lanes()
        for position in stride(from: channel * plane, to: (channel + 1) * plane, by: lanes) {
            sum += load(operation.outputGradient + position)
        }
        operation.bias.apply(sum.total, at: channel)
    }
}

private struct WeightGradientTile: TileKernel {
    let operation: ConvolutionWeightGradient
    let channel: Int
    let inputChannel: Int
    let kernelRow: Int
    let kernelRows: Int
    let kernelColumn: Int

    /// A row of the gradient is used for all kernel rows while it is in the cache: each kernel row has a tile of its own
    /// in memory and takes its turn in the registers.
    @inline(__always)
    func run<let rows: Int, let columns: Int>(_: Tile<rows, columns>.Type) {
        let shape = operation.shape
        let batch = shape.batch
        let plane = shape.outputHeight * shape.outputWidth * batch
        let tileSize = rows * columns
        withUnsafeTemporaryAllocation(of: Lanes.self, capacity: kernelRows * tileSize) { memory in
            guard let tiles = memory.baseAddress else { return }
            tiles.initialize(repeating: Lanes(), count: kernelRows * tileSize)
            let corner =
                operation.input
                + ((inputChannel * shape.inputHeight + kernelRow) * shape.inputWidth + kernelColumn) * batch
            for row in 0..<shape.outputHeight {
                for index in 0..<kernelRows {
                    var tile = Tile<rows, columns>(from: tiles + index * tileSize)
                    var gradient = operation.outputGradient + channel * plane + row * shape.outputWidth * batch
                    var input = corner + (row * shape.stride + index) * shape.inputWidth * batch
                    for _ in 0..<shape.outputWidth {
                        for vector in stride(from: 0, to: batch, by: lanes) {
                            tile.addProducts(gradient + vector, leftStride: plane, input + vector, rightStride: batch)
                        }
                        gradient += batch
                        input += shape.stride * batch
                    }
                    tile.write(to: tiles + index * tileSize)
                }
            }
            for index in 0..<kernelRows {
                let first =
                    (inputChannel * shape.kernelHeight + kernelRow + index) * shape.kernelWidth + kernelColumn
                for output in 0..<rows {
                    for column in 0..<columns {
                        operation.weights.apply(
                            tiles[index * tileSize + output * columns + column].total,
                            at: (channel + output) * shape.fanIn + first + column)
                    }
                }
            }
        }
    }
}
