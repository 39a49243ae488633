import CPNG
import FoundationEssentials

/// A picture in shades of grey or in colours, as a file that any program shows.
struct Raster {
    /// 1, or 3 for red, green and blue.
    let channels: Int
    let height: Int
    let width: Int
    /// 0…255, row by row, a pixel's channels side by side.
    var pixels: [UInt8]

    /// A black one.
    init(channels: Int = 1, height: Int, width: Int) {
        self.channels = channels
        self.height = height
        self.width = width
        pixels = [UInt8](repeating: 0, count: channels * height * width)
    }

    /// Puts another picture into this one, each of its pixels as a square of `scale` × `scale`.
    mutating func draw(_ other: DigitPicture, left: Int, scale: Int) {
        for row in 0..<min(other.height * scale, height) {
            for column in 0..<min(other.width * scale, width - left) {
                for channel in 0..<channels {
                    pixels[(row * width + left + column) * channels + channel] = UInt8(
                        other.pixel(row / scale, column / scale, channel))
                }
            }
        }
    }

    /// In Portable Network Graphics; `nil` for a picture without pixels.
    func png() -> [UInt8]? {
        var description = png_image()
        description.version = png_uint_32(PNG_IMAGE_VERSION)
        description.width = png_uint_32(width)
        description.height = png_uint_32(height)
        description.format = channels == 3 ? png_uint_32(PNG_FORMAT_FLAG_COLOR) : 0
        // An upper bound: deflate never makes data longer than by a few bytes a block.
        var size = png_alloc_size_t(pixels.count + pixels.count / 100 + height + 1024)
        var file = [UInt8](repeating: 0, count: Int(size))
        guard png_image_write_to_memory(&description, &file, &size, 0, pixels, png_int_32(channels * width), nil) == 1
        else {
            return nil
        }
        return Array(file[..<Int(size)])
    }

    /// The file in Base64; empty for a picture without pixels.
    var base64PNG: String { png().map { Data($0).base64EncodedString() } ?? "" }
}
