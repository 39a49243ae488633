/// The numbers of the fields of ONNX's messages, as far as they are read or written.
///
/// - Source: ONNX, “onnx.proto”, IR version 8.
enum ONNXField {
    enum Model {
        static let (irVersion, producer, producerVersion, graph, operatorSet) = (1, 2, 3, 7, 8)
        static let (metadata, functions) = (14, 25)
    }

    enum OperatorSet {
        static let (domain, version) = (1, 2)
    }

    /// Of metadata.
    enum Entry {
        static let (key, value) = (1, 2)
    }

    enum Graph {
        static let (node, name, tensor, input, output, sparseTensor) = (1, 2, 5, 11, 12, 15)
    }

    enum Node {
        static let (input, output, name, type, attribute, domain) = (1, 2, 3, 4, 5, 7)
    }

    enum Attribute {
        static let (name, float, integer, text, tensor, floats, integers, type) = (1, 2, 3, 4, 5, 7, 8, 20)
        /// Of other values than these.
        static let values = 2..<13
    }

    enum Tensor {
        static let (dimension, type, floats, bits, integers, name, bytes, doubles) = (1, 2, 4, 5, 7, 8, 9, 10)
        static let (externalData, place) = (13, 14)
    }

    /// Of an input or output.
    enum Value {
        static let (name, type) = (1, 2)
    }

    enum ValueType {
        static let tensor = 1
    }

    enum TensorType {
        static let (element, shape) = (1, 2)
    }

    enum Shape {
        static let dimension = 1
    }

    enum Dimension {
        static let (size, name) = (1, 2)
    }
}

/// `AttributeProto.AttributeType`: what an attribute's value is.
enum ONNXAttributeType: Int {
    case float = 1
    case integer, text, tensor
    case floats = 6
    case integers

    /// Old files name none: there the field of the value tells it.
    init?(field: Int) {
        switch field {
        case ONNXField.Attribute.float: self = .float
        case ONNXField.Attribute.integer: self = .integer
        case ONNXField.Attribute.text: self = .text
        case ONNXField.Attribute.tensor: self = .tensor
        case ONNXField.Attribute.floats: self = .floats
        case ONNXField.Attribute.integers: self = .integers
        default: return nil
        }
    }
}
