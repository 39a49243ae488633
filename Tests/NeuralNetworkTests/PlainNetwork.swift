import Foundation
import KernelTypes
import Samples

@testable import NeuralNetwork

/// A network computed in the plainest way and in double precision: loops as the formulas stand.
struct PlainNetwork {
    let architecture: Architecture
    /// Name → values, in PyTorch's layout.
    var weights: [String: [Double]]
    var labelSmoothing = 0.0
    /// Of dropout.
    var seed: UInt64 = 0

    init(_ architecture: Architecture, _ tensors: [Tensor]) {
        self.architecture = architecture
        weights = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values.map(Double.init)) })
    }

    /// Mean cross-entropy over images, as in training.
    func loss(_ images: LabeledImages, _ standardization: Standardization) -> Double {
        let plane = images.shape.height * images.shape.width
        let inputs = (0..<images.count).map { index in
            images.pixels[index * images.shape.count..<(index + 1) * images.shape.count].enumerated().map {
                let channel = $0.offset / plane % standardization.means.count
                return (Double($0.element) / 255 - standardization.means[channel])
                    / standardization.standardDeviations[channel]
            }
        }
        var sum = 0.0
        for (logits, label) in zip(logits(inputs), images.labels) {
            let largest = logits.max() ?? 0
            let logarithm = log(logits.reduce(0) { $0 + exp($1 - largest) }) + largest
            for (index, logit) in logits.enumerated() {
                let target =
                    (index == Int(label) ? 1 - labelSmoothing : 0) + labelSmoothing / Double(logits.count)
                sum += target * (logarithm - logit)
            }
        }
        return sum / Double(images.count)
    }

    /// sample × feature in, sample × class out.
    private func logits(_ inputs: [[Double]]) -> [[Double]] {
        var batch = inputs
        var shape = architecture.input
        var isImage = true
        for (index, layer) in architecture.layers.enumerated() {
            let name = architecture.weightNames()[index] ?? ""
            let weight = weights["\(name).weight"] ?? []
            let bias = weights["\(name).bias"] ?? []
            switch layer {
            case .relu: batch = map(batch) { max(0, $0) }
            case .leakyReLU(let function): batch = map(batch) { $0 < 0 ? function.slope * $0 : $0 }
            case .sigmoid: batch = map(batch) { 1 / (1 + exp(-$0)) }
            case .tanh: batch = map(batch) { Foundation.tanh($0) }
            case .flatten: isImage = false
            case .dense(let dense):
                batch = batch.map { values in
                    (0..<dense.outputs).map { output in
                        values.indices.reduce(bias[output]) { $0 + weight[output * values.count + $1] * values[$1] }
                    }
                }
            case .convolution(let layer):
                let (outputs, kernel, stride, padding) = (layer.outputs, layer.kernel, layer.stride, layer.padding)
                batch = batch.map { convolve($0, shape, outputs, kernel, stride, padding, weight, bias) }
                shape = ImageShape(
                    channels: outputs, height: (shape.height + 2 * padding - kernel) / stride + 1,
                    width: (shape.width + 2 * padding - kernel) / stride + 1)
            case .maximumPooling(let layer):
                batch = batch.map { pool($0, shape, layer.size, layer.stride) { $0.max() ?? 0 } }
                shape = pooled(shape, layer.size, layer.stride)
            case .averagePooling(let layer):
                batch = batch.map { pool($0, shape, layer.size, layer.stride) { $0.reduce(0, +) / Double($0.count) } }
                shape = pooled(shape, layer.size, layer.stride)
            case .dropout(let layer):
                batch = drop(batch, layer.rate, stream: RandomStream(seed: seed, name: "dropout \(index + 1)"), isImage)
            case .batchNormalization(let layer):
                batch = normalize(
                    batch, channels: weight.count, epsilon: layer.epsilon, scale: weight, shift: bias)
            case .localResponseNormalization(let layer):
                batch = batch.map { respond($0, shape, layer.size, layer.alpha, layer.beta, layer.k) }
            }
        }
        return batch
    }

    private func map(_ batch: [[Double]], _ function: (Double) -> Double) -> [[Double]] {
        batch.map { $0.map(function) }
    }

    private func convolve(
        _ input: [Double], _ shape: ImageShape, _ outputs: Int, _ kernel: Int, _ stride: Int, _ padding: Int,
        _ weight: [Double], _ bias: [Double]
    ) -> [Double] {
        let height = (shape.height + 2 * padding - kernel) / stride + 1
        let width = (shape.width + 2 * padding - kernel) / stride + 1
        var result: [Double] = []
        for output in 0..<outputs {
            for y in 0..<height {
                for x in 0..<width {
                    var sum = bias[output]
                    for channel in 0..<shape.channels {
                        for ky in 0..<kernel {
                            for kx in 0..<kernel {
                                let (row, column) = (y * stride + ky - padding, x * stride + kx - padding)
                                guard (0..<shape.height).contains(row), (0..<shape.width).contains(column) else {
                                    continue
                                }
                                sum +=
                                    weight[((output * shape.channels + channel) * kernel + ky) * kernel + kx]
                                    * input[(channel * shape.height + row) * shape.width + column]
                            }
                        }
                    }
                    result.append(sum)
                }
            }
        }
        return result
    }

    private func pooled(_ shape: ImageShape, _ size: Int, _ stride: Int) -> ImageShape {
        ImageShape(
            channels: shape.channels, height: (shape.height - size) / stride + 1,
            width: (shape.width - size) / stride + 1)
    }

    private func pool(
        _ input: [Double], _ shape: ImageShape, _ size: Int, _ stride: Int, _ summary: ([Double]) -> Double
    ) -> [Double] {
        let output = pooled(shape, size, stride)
        var result: [Double] = []
        for channel in 0..<shape.channels {
            for y in 0..<output.height {
                for x in 0..<output.width {
                    var window: [Double] = []
                    for row in y * stride..<y * stride + size {
                        for column in x * stride..<x * stride + size {
                            window.append(input[(channel * shape.height + row) * shape.width + column])
                        }
                    }
                    result.append(summary(window))
                }
            }
        }
        return result
    }

    /// Each value takes the stream's number at its place in memory: images lie feature × sample, features
    /// sample × feature, both padded to whole vectors.
    private func drop(_ batch: [[Double]], _ rate: Double, stream: RandomStream, _ isImage: Bool) -> [[Double]] {
        let width = batch[0].count
        return batch.enumerated().map { sample, values in
            values.enumerated().map { feature, value in
                let position =
                    isImage
                    ? feature * paddedToLanes(batch.count) + sample : sample * paddedToLanes(width) + feature
                let block = Philox.block(stream.counter(UInt64(position / 4)), key: stream.key)
                return Double(block[position % 4]) / 0x1p32 < rate ? 0 : value / (1 - rate)
            }
        }
    }

    private func normalize(
        _ batch: [[Double]], channels: Int, epsilon: Double, scale: [Double], shift: [Double]
    ) -> [[Double]] {
        var result = batch
        let positions = batch[0].count / channels
        for channel in 0..<channels {
            let range = channel * positions..<(channel + 1) * positions
            let values = batch.flatMap { $0[range] }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            for sample in batch.indices {
                for index in range {
                    result[sample][index] =
                        scale[channel] * (batch[sample][index] - mean) / (variance + epsilon).squareRoot()
                        + shift[channel]
                }
            }
        }
        return result
    }

    private func respond(
        _ input: [Double], _ shape: ImageShape, _ size: Int, _ alpha: Double, _ beta: Double, _ k: Double
    ) -> [Double] {
        let plane = shape.height * shape.width
        return input.enumerated().map { index, value in
            let (channel, position) = index.quotientAndRemainder(dividingBy: plane)
            let window = max(0, channel - size / 2)...min(shape.channels - 1, channel + (size - 1) / 2)
            let squares = window.reduce(0) { $0 + input[$1 * plane + position] * input[$1 * plane + position] }
            return value / pow(k + alpha / Double(size) * squares, beta)
        }
    }
}
