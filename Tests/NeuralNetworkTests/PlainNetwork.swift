import Foundation
import NeuralNetwork

/// A network computed in the plainest way and in double precision: loops as the formulas stand.
struct PlainNetwork {
    let architecture: Architecture
    /// Name → values, in PyTorch's layout.
    var weights: [String: [Double]]

    init(_ architecture: Architecture, _ tensors: [Tensor]) {
        self.architecture = architecture
        weights = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values.map(Double.init)) })
    }

    /// Mean cross-entropy over images.
    func loss(_ images: LabeledImages, _ standardization: Standardization) -> Double {
        var sum = 0.0
        for index in 0..<images.count {
            let pixels = images.pixels[index * images.shape.count..<(index + 1) * images.shape.count]
            let input = pixels.map { (Double($0) / 255 - standardization.mean) / standardization.standardDeviation }
            let logits = logits(input)
            let largest = logits.max() ?? 0
            sum += log(logits.reduce(0) { $0 + exp($1 - largest) }) - (logits[Int(images.labels[index])] - largest)
        }
        return sum / Double(images.count)
    }

    private func logits(_ input: [Double]) -> [Double] {
        var values = input
        var shape = architecture.input
        var (convolutions, denses) = (0, 0)
        for layer in architecture.layers {
            switch layer {
            case .relu: values = values.map { max(0, $0) }
            case .flatten: break
            case .dense(let outputs):
                denses += 1
                let weight = weights["fc\(denses).weight"] ?? []
                let bias = weights["fc\(denses).bias"] ?? []
                values = (0..<outputs).map { output in
                    values.indices.reduce(bias[output]) { $0 + weight[output * values.count + $1] * values[$1] }
                }
            case .convolution(let outputs, let kernel, let stride, let padding):
                convolutions += 1
                (values, shape) = convolve(
                    values, shape, outputs, kernel, stride, padding, weights["conv\(convolutions).weight"] ?? [],
                    weights["conv\(convolutions).bias"] ?? [])
            case .maximumPooling(let size, let stride):
                (values, shape) = pool(values, shape, size, stride)
            }
        }
        return values
    }

    private func convolve(
        _ input: [Double], _ shape: ImageShape, _ outputs: Int, _ kernel: Int, _ stride: Int, _ padding: Int,
        _ weight: [Double], _ bias: [Double]
    ) -> ([Double], ImageShape) {
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
        return (result, ImageShape(channels: outputs, height: height, width: width))
    }

    private func pool(_ input: [Double], _ shape: ImageShape, _ size: Int, _ stride: Int) -> ([Double], ImageShape) {
        let height = (shape.height - size) / stride + 1
        let width = (shape.width - size) / stride + 1
        var result: [Double] = []
        for channel in 0..<shape.channels {
            for y in 0..<height {
                for x in 0..<width {
                    var largest = -Double.infinity
                    for row in y * stride..<y * stride + size {
                        for column in x * stride..<x * stride + size {
                            largest = max(largest, input[(channel * shape.height + row) * shape.width + column])
                        }
                    }
                    result.append(largest)
                }
            }
        }
        return (result, ImageShape(channels: shape.channels, height: height, width: width))
    }
}
