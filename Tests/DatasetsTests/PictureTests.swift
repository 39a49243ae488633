import Foundation
import Samples
import SystemPackage
import TestData
import Testing

@testable import Datasets

/// Bytes and pixels of this suite are those of Pillow 13.0.
@Suite("Pictures")
struct PictureTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func decoded(_ base64: String, as target: ImageShape? = nil) throws -> (ImageShape, pixels: [UInt8]) {
        try decoded(Array(#require(Data(base64Encoded: base64))), as: target)
    }

    private func decoded(_ bytes: [UInt8], as target: ImageShape? = nil) throws -> (ImageShape, pixels: [UInt8]) {
        try folder.write(bytes, as: "picture")
        let picture = try Picture(folder.path.appending("picture"))
        let target = target ?? picture.shape
        var pixels = [UInt8](repeating: 0, count: target.count)
        try picture.decode(as: target, to: &pixels)
        return (picture.shape, pixels)
    }

    /// 5 × 7 pixels, a pixel's channels side by side.
    private static let colors: [UInt8] = (0..<35).flatMap { position -> [UInt8] in
        let (y, x) = (position / 7, position % 7)
        let (red, green, blue) = (37 * x + 11 * y, 5 * x * x + 90 * y, 712 - 13 * x * y)
        return [UInt8(red % 256), UInt8(green % 256), UInt8(blue % 256)]
    }

    @Test(
        "PGM and PPM are read, with comments and any largest intensity",
        arguments: [
            ("P5\n# made by hand\n3 2\n255\n", [0, 1, 2, 253, 254, 255], [0, 1, 2, 253, 254, 255]),
            ("P5 2 1 15 ", [7, 15], [119, 255]),
            ("P5\n2\n2 # two\n\n65535\r", [0, 0, 128, 0, 255, 255, 1, 1], [0, 128, 255, 1]),
            ("P6 1 2 255\n", [1, 2, 3, 4, 5, 6], [1, 4, 2, 5, 3, 6]),
        ] as [(String, [UInt8], [UInt8])])
    func plain(header: String, bytes: [UInt8], pixels: [UInt8]) throws {
        let (shape, found) = try decoded(Array(header.utf8) + bytes)
        #expect(found == pixels && shape.channels == (header.hasPrefix("P6") ? 3 : 1))
    }

    @Test(
        "palettes, one bit, grey and alpha: the channels that a PNG has, and its colours without alpha",
        arguments: [
            // Two rows of three pixels each.
            (
                "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAgMAAADgGo6JAAAADFBMVEVDZ7ULWshKFMgTA8jyzeumAAAADElEQVR4nGP4weAAAAMs"
                    + "ATl8WeT6AAAAAElFTkSuQmCC",
                3, [19, 19, 74, 11, 67, 67, 3, 3, 20, 90, 103, 103, 200, 200, 200, 200, 181, 181]
            ),
            (
                "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAHElEQVR4nGNkYDihysqgys/Awh3FwM36mZv/MwAbVAOh4CQGqQAA"
                    + "AABJRU5ErkJggg==",
                3, [0, 37, 74, 11, 48, 85, 0, 5, 20, 90, 95, 110, 200, 200, 200, 200, 187, 174]
            ),
            (
                "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAYAAACddGYaAAAAIklEQVR4nGNkYDiRosrKwKDKz8DAwh3FwMDN+pmBm/8zAwAumAQF"
                    + "4aaSxwAAAABJRU5ErkJggg==",
                3, [0, 37, 74, 11, 48, 85, 0, 5, 20, 90, 95, 110, 200, 200, 200, 200, 187, 174]
            ),
            (
                "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAQAAAA3fa6RAAAAFklEQVR4nGMU5+RjEGFgsWDgYRBmAAAEwwCfLpcZUAAAAABJRU5E"
                    + "rkJggg==",
                1, [23, 37, 57, 79, 91, 110]
            ),
            (
                "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAQAAAAC1D1u3AAAADElEQVR4nGNgYFAAAAAkACFdV/svAAAAAElFTkSuQmCC", 1,
                [0, 0, 0, 0, 0, 255]
            ),
            // 0, 12,000, … of 65,535.
            (
                "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACEAAAAADoj+WFAAAAFklEQVR4nGNkYNB7oP+AsWeB/gP9BwAehgVqPaiIpQAAAABJRU5E"
                    + "rkJggg==",
                1, [0, 47, 93, 140, 187, 233]
            ),
        ] as [(String, Int, [UInt8])])
    func png(file: String, channels: Int, pixels: [UInt8]) throws {
        let found = try decoded(file)
        #expect(found.0 == ImageShape(channels: channels, height: 2, width: 3))
        #expect(found.pixels == pixels)
    }

    private static let colorJPEG =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU"
        + "FRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU"
        + "FBQUFBQUFBT/wgARCAAFAAcDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAVAQEBAAAAAAAAAAAAAAAAAAACBv/a"
        + "AAwDAQACEAMQAAABjFSf/8QAFhABAQEAAAAAAAAAAAAAAAAABQQR/9oACAEBAAEFApMOH//EABsRAAEEAwAAAAAAAAAAAAAAAAIA"
        + "AwQRAQVh/9oACAEDAQE/AQ2EmM2LbRViuL//xAAcEQACAQUBAAAAAAAAAAAAAAABAwQAAhESQdH/2gAIAQIBAT8BhRFTAxr8k7Xd"
        + "Ptf/xAAcEAACAgIDAAAAAAAAAAAAAAABAgMRAAQhIzL/2gAIAQEABj8C2dwKqrABccHWXtgPXNZ//8QAGBAAAwEBAAAAAAAAAAAA"
        + "AAAAAREhADH/2gAIAQEAAT8hFZQTFFMjc7Rv/9oADAMBAAIAAwAAABAL/8QAGxEBAAICAwAAAAAAAAAAAAAAAREhADFBcYH/2gAI"
        + "AQMBAT8QqVhiFbyqK+9az//EABgRAQEBAQEAAAAAAAAAAAAAAAERIQBh/9oACAECAQE/EAVjrPBgQBh53//EABcQAQADAAAAAAAA"
        + "AAAAAAAAABEBITH/2gAIAQEAAT8QbSzWg0/hgJU1/9k="
    private static let greyJPEG =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU"
        + "FRUVDA8XGBYUGBIUFRT/wAALCAAFAAcBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF"
        + "BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW"
        + "V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi"
        + "4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AMfwgsHw4+D/AIl8ZR2lvbW2hxwebp+gKdPmvPOuIol/0ljK8Wwtu+QDcNyng8f/"
        + "2Q=="

    @Test("JPEG: progressive in colour, and grey")
    func jpeg() throws {
        let color = try decoded(Self.colorJPEG)
        #expect(color.0 == ImageShape(channels: 3, height: 5, width: 7))
        #expect(
            color.pixels == [
                0, 22, 48, 82, 130, 186, 255, 57, 63, 100, 140, 187, 252, 156, 81, 112, 136, 187, 111, 160, 218, 0,
                6, 49, 101, 151, 199, 255, 55, 78, 110, 145, 210, 239, 45, 5, 24, 41, 64, 101, 129, 154, 77, 78, 104,
                125, 147, 183, 52, 133, 156, 161, 178, 51, 66, 109, 54, 56, 78, 96, 97, 121, 191, 99, 112, 123, 141,
                192, 215, 22, 155, 161, 157, 148, 149, 164, 209, 210, 195, 191, 182, 174, 202, 89, 232, 231, 192,
                179, 40, 54, 112, 130, 105, 74, 66, 71, 109, 207, 164, 149, 103, 104, 178, 237, 94,
            ])
        let grey = try decoded(Self.greyJPEG)
        #expect(grey.0 == ImageShape(channels: 1, height: 5, width: 7))
        #expect(
            grey.pixels == [
                20, 39, 56, 79, 115, 150, 191, 86, 87, 113, 136, 162, 206, 87, 129, 151, 157, 181, 68, 93, 142, 45,
                47, 69, 94, 110, 143, 218, 93, 106, 117, 138, 196, 225, 37,
            ])
    }

    @Test(
        "made smaller, larger and grey as Pillow does",
        arguments: [
            (
                3, 2, 3,
                [
                    43, 122, 201, 65, 144, 194, 84, 111, 118, 90, 117, 128, 189, 161, 137, 167, 107, 118,
                ]
            ),
            (
                3, 9, 4,
                [
                    19, 77, 145, 203, 23, 81, 149, 207, 29, 87, 155, 213, 35, 93, 161, 219, 41, 99, 167, 225, 47, 105,
                    173, 231, 53, 111, 179, 222, 59, 117, 185, 154, 63, 121, 189, 113, 3, 24, 79, 152, 33, 54, 109, 137,
                    83, 104, 159, 113, 133, 154, 127, 94, 183, 204, 75, 76, 91, 112, 85, 126, 27, 48, 103, 161, 77, 98,
                    153, 137, 107, 128, 183, 122, 200, 200, 200, 200, 198, 191, 183, 176, 194, 176, 155, 137, 190, 161,
                    126, 97, 186, 146, 98, 58, 183, 131, 70, 93, 179, 116, 62, 127, 175, 101, 136, 154, 173, 92, 180,
                    171,
                ]
            ),
            (
                1, 5, 7,
                [
                    23, 37, 57, 82, 114, 151, 195, 79, 91, 110, 134, 164, 200, 92, 135, 146, 163, 186, 64, 99, 139, 41,
                    50, 66, 87, 114, 147, 215, 97, 105, 119, 139, 194, 225, 36,
                ]
            ),
            (1, 2, 3, [84, 120, 145, 91, 123, 146]),
        ] as [(Int, Int, Int, [UInt8])])
    func resized(channels: Int, height: Int, width: Int, pixels: [UInt8]) throws {
        let file = FormFile.png(height: 5, width: 7, channels: 3, Self.colors)
        let target = ImageShape(channels: channels, height: height, width: width)
        #expect(try decoded(file, as: target).pixels == pixels)
    }

    @Test("a picture cut at any byte is refused, never read in part")
    func cut() throws {
        let files = [
            FormFile.png(height: 5, width: 7, channels: 3, Self.colors),
            Array(try #require(Data(base64Encoded: Self.greyJPEG))),
        ]
        for file in files {
            // The two bytes of JPEG's end mark hold no pixels.
            for length in 1..<file.count - 2 {
                #expect(throws: DatasetError.self, "\(length)") { try decoded(Array(file.prefix(length))) }
            }
        }
    }

    @Test("any changed byte of a PNG's pixels is refused")
    func changed() throws {
        let file = FormFile.png(height: 5, width: 7, channels: 3, Self.colors)
        for position in 41..<file.count - 16 {
            var changed = file
            changed[position] ^= 0x10
            #expect(throws: DatasetError.self, "\(position)") { try decoded(changed) }
        }
    }
}
