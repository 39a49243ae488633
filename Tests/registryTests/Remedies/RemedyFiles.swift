import Foundation
import TestData
import TestServer

/// Files that commands are given, small and made once: read by all, changed by none.
struct RemedyFiles {
    let folder: URL
    /// A folder with the program alone, for `PATH`.
    let programs: URL

    init() throws {
        let directory = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(directory)
        folder = URL(filePath: directory.string)
        programs = folder.appending(path: "bin")
        try make("bin")
        try FileManager.default.createSymbolicLink(
            at: programs.appending(path: "registry"), withDestinationURL: Program.executable)
        try writeSets()
        try writePictures()
        let layers =
            #"{"type":"flatten"},{"type":"dense","outputs":12},{"type":"batch_norm"},{"type":"dense","outputs":10}"#
        try write(
            Array(
                #"{"name":"norm","input":{"channels":1,"height":28,"width":28},"layers":[\#(layers)]}"#.utf8),
            "norm.json")
        // Squares of pixels above 1 overflow, and their power with the exponent 0 is no number.
        let overflowing =
            #"{"type":"local_response_norm","size":1,"alpha":3e38,"beta":0},{"type":"flatten"},{"type":"dense","outputs":10}"#
        try write(
            Array(
                #"{"name":"overflow","input":{"channels":1,"height":28,"width":28},"layers":[\#(overflowing)]}"#.utf8),
            "overflow.json")
        try write(Array((0...10).map { "c\($0)\n" }.joined().utf8), "eleven.txt")
        try write(Array("#!/bin/sh\necho cannot draw >&2\nexit 1\n".utf8), "broken/rsvg-convert")
        chmod(folder.appending(path: "broken/rsvg-convert").path, 0o755)
        try make("empty")
    }

    /// 60 training and 30 test images of 28 × 28 pixels in ten classes, and such sets with a fault.
    private func writeSets() throws {
        for (name, classes, seed, isBlack) in [
            ("digits", 10, 1, false), ("others", 10, 2, false), ("eleven", 11, 3, false), ("black", 10, 0, true),
        ] {
            for (part, count) in [("train", 60), ("t10k", 30)] {
                var state = UInt64(seed * 1000 + count)
                let pixels = (0..<count * 784).map { _ -> UInt8 in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return isBlack ? 0 : UInt8(truncatingIfNeeded: state >> 56)
                }
                try write(FormFile.idx([count, 28, 28], pixels), "\(name)/\(part)-images-idx3-ubyte")
                try write(
                    FormFile.idx([count], (0..<count).map { UInt8($0 % classes) }), "\(name)/\(part)-labels-idx1-ubyte")
            }
        }
    }

    private func writePictures() throws {
        func picture(_ number: Int, height: Int, width: Int) -> [UInt8] {
            FormFile.png(
                height: height, width: width, channels: 1,
                (0..<height * width).map { UInt8(($0 * 7 + number * 13) % 256) })
        }
        for number in 0..<40 {
            let name = "\(number % 2 == 0 ? "left" : "right")/\(number).png"
            try write(picture(number, height: 8, width: 8), "pictures/\(name)")
            for part in ["train", "val", "test"] {
                try write(picture(number + part.utf8.count * 50, height: 8, width: 8), "parts/\(part)/\(name)")
            }
            if number < 4 { try write(picture(number, height: 8, width: 8), "few/\(name)") }
        }
        for (number, name) in ["left/1.png", "left/2.png", "right/3.png", "right/4.png"].enumerated() {
            for part in ["train", "test"] {
                try write(picture(number, height: 8, width: 8 + number), "sizes/\(part)/\(name)")
            }
        }
        let arrays = [("train", 8), ("test", 9)].flatMap { part, width in
            [
                ("x_\(part)", FormFile.npy("|u1", [20, 8, width], (0..<160 * width).map { UInt8($0 * 7 % 256) })),
                ("y_\(part)", FormFile.npy("|u1", [20], (0..<20).map { UInt8($0 % 2) })),
            ]
        }
        try write(FormFile.zip(arrays.map { (name: "\($0).npy", bytes: $1) }), "sizes.npz")
    }

    private func make(_ name: String) throws {
        try FileManager.default.createDirectory(
            at: folder.appending(path: name), withIntermediateDirectories: true)
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        let file = folder.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }
}
