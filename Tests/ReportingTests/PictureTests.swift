import CPNG
import Foundation
import Testing

@testable import Reporting

@Suite("Pictures in the terminal")
struct DigitPictureTests {
    @Test("two rows of pixels make a line; shades grow with intensity")
    func shades() throws {
        let picture = try DigitPicture(
            captions: ["#1"], height: 3, width: 5,
            pixels: [0, 64, 128, 192, 255, 0, 64, 128, 192, 255, 255, 255, 0, 0, 0])
        #expect(DigitPicture.grid([picture], on: Screen(columns: 80, medium: .shades)) == "#1\n ░▒▓█\n▒▒\n\n")
    }

    @Test("as many stand side by side as fit")
    func grid() throws {
        let picture = try DigitPicture(captions: ["ab"], height: 2, width: 2, pixels: [255, 255, 255, 255])
        #expect(
            DigitPicture.grid([picture, picture, picture], on: Screen(columns: 6, medium: .shades))
                == "ab  ab\n██  ██\n\nab\n██\n\n")
        #expect(DigitPicture.grid([picture], on: Screen(columns: 1, medium: .shades)) == "…\n▒\n\n")
        #expect(DigitPicture.grid([], on: Screen(columns: 80, medium: .shades)) == "")
    }

    @Test("colour sets both halves of a cell and ends with a reset")
    func color() throws {
        let picture = try DigitPicture(captions: [], height: 2, width: 1, pixels: [1, 2])
        #expect(
            DigitPicture.grid([picture], on: Screen(columns: 9, medium: .color))
                == "\u{1B}[38;2;1;1;1m\u{1B}[48;2;2;2;2m▀\u{1B}[0m\n\n")
    }

    @Test("the terminal's own pictures: a whole file, in pieces that the terminal takes", arguments: [2, 400])
    func graphics(size: Int) throws {
        // Noise can't be compressed: the large one takes many pieces.
        var state: UInt32 = 1
        let pixels = (0..<size * size).map { _ -> UInt8 in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        }
        let picture = try DigitPicture(captions: [], height: size, width: size, pixels: pixels)
        let kitty = DigitPicture.grid([picture], on: Screen(columns: 80, medium: .graphics(.kitty)))
        let pieces = kitty.description.matches(of: /\u{1B}_G([^;]*);([^\u{1B}]*)\u{1B}\\/)
        #expect(pieces.allSatisfy { $0.2.count <= 4096 })
        #expect(pieces.dropLast().allSatisfy { $0.1.hasSuffix("m=1") } && pieces.last?.1.hasSuffix("m=0") == true)
        let file = try #require(Data(base64Encoded: pieces.map { String($0.2) }.joined()))

        let iterm = DigitPicture.grid([picture], on: Screen(columns: 80, medium: .graphics(.iterm)))
        let inline = try #require(iterm.description.firstMatch(of: /\u{1B}\]1337;File=inline=1;[^:]*:([^\u{7}]*)\u{7}/))
        #expect(Data(base64Encoded: String(inline.1)) == file)

        #expect(pieces.count == 1 || size > 2)
        #expect(try greys(ofPNG: Array(file)).contains(pixels[0]))
    }

    @Test("what a page's pictures are, is what the samples are")
    func png() throws {
        var image = Raster(height: 4, width: 4)
        image.draw(try DigitPicture(captions: [], height: 2, width: 2, pixels: [1, 2, 3, 250]), left: 0, scale: 2)
        let file = try #require(image.png())
        #expect(try greys(ofPNG: file) == [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 250, 250, 3, 3, 250, 250])
        #expect(Raster(height: 0, width: 0).png() == nil)
    }

    @Test("colours are shown as they are, and as luminance where there are only shades")
    func colors() throws {
        // Red, green; blue, white.
        let pixels: [UInt8] = [255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255]
        let picture = try DigitPicture(captions: [], height: 2, width: 2, pixels: pixels)
        #expect(
            DigitPicture.grid([picture], on: Screen(columns: 9, medium: .color))
                == "\u{1B}[38;2;255;0;0m\u{1B}[48;2;0;0;255m▀\u{1B}[38;2;0;255;0m\u{1B}[48;2;255;255;255m▀\u{1B}[0m\n\n"
        )
        // (76 + 29) · 5 / 511 = 1, (149 + 255) · 5 / 511 = 3.
        #expect(DigitPicture.grid([picture], on: Screen(columns: 9, medium: .shades)) == "░▓\n\n")
        let url = picture.dataURL
        let file = try #require(Data(base64Encoded: String(url.dropFirst("data:image/png;base64,".count))))
        #expect(
            try values(ofPNG: Array(file), format: png_uint_32(PNG_FORMAT_FLAG_COLOR))
                == [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])
        #expect(picture.fitting(height: 1, width: 1).pixels == [127, 127, 127])
    }

    @Test("a terminal is known by its names")
    func terminals() {
        #expect(TerminalGraphics(environment: ["TERM": "xterm-kitty"]) == .kitty)
        #expect(TerminalGraphics(environment: ["TERM_PROGRAM": "iTerm.app"]) == .iterm)
        #expect(TerminalGraphics(environment: ["TERM": "xterm-256color"]) == nil)
    }

    @Test(
        "the best that a terminal can do",
        arguments: [
            (["TERM": "xterm-256color", "COLORTERM": "truecolor"], .color),
            (["TERM": "xterm-256color", "COLORTERM": "24bit"], .color),
            (["TERM": "xterm-256color"], .shades), (["TERM": "linux"], .shades), ([:], .shades),
            (["TERM": "xterm-direct"], .color), (["TERM": "alacritty"], .color),
            (["TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"], .shades),
            (["TERM": "dumb", "COLORTERM": "truecolor"], .shades),
            (["TERM": "xterm-kitty"], .graphics(.kitty)), (["TERM_PROGRAM": "iTerm.app"], .graphics(.iterm)),
            (["TERM": "screen-256color", "KITTY_WINDOW_ID": "1"], .shades),
            (["TERM": "xterm-256color", "LC_TERMINAL": "iTerm2", "TMUX": "/tmp/tmux-0/default,1,0"], .shades),
            (["TERM": "tmux-256color", "KITTY_WINDOW_ID": "1", "COLORTERM": "truecolor"], .color),
        ] as [([String: String], DigitPicture.Medium)])
    func media(environment: [String: String], medium: DigitPicture.Medium) {
        #expect(DigitPicture.Medium(environment: environment) == medium)
    }

    /// The pixels, as libpng reads them.
    private func greys(ofPNG file: [UInt8]) throws -> [UInt8] { try values(ofPNG: file, format: 0) }

    private func values(ofPNG file: [UInt8], format: png_uint_32) throws -> [UInt8] {
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        try #require(png_image_begin_read_from_memory(&image, file, file.count) == 1)
        image.format = format
        let channels = format == 0 ? 1 : 3
        var pixels = [UInt8](repeating: 0, count: channels * Int(image.width * image.height))
        try #require(png_image_finish_read(&image, nil, &pixels, 0, nil) == 1)
        return pixels
    }
}

@Suite("Pages")
struct PageTests {
    @Test("text is text, whatever it contains")
    func escaping() {
        let name = "<script>alert(\"&\")</script>"
        let html: HTML = "<p title=\"\(name)\">\(name)</p>"
        #expect(
            html.description == "<p title=\"&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;\">"
                + "&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;</p>")
        let piece: HTML = "<b>\("a" as HTML)</b>"
        #expect(piece.description == "<b>a</b>")
        #expect(
            HTML.table([["<a>"], ["&"]], isRight: [false]).description.contains("<th scope=\"col\">&lt;a&gt;</th>"))
    }

    @Test("every heading says what it heads; where there is none, there is no empty one")
    func headings() {
        let table = HTML.table([["", "a"], ["x", "1"]], isRight: [false, true]).description
        #expect(table.contains("<thead><tr><td></td><th scope=\"col\" class=\"right\">a</th></tr></thead>"))
        #expect(table.contains("<tr><th scope=\"row\">x</th><td class=\"right\">1</td></tr>"))
        let facts = HTML.facts([["seed", "1"]]).description
        #expect(!facts.contains("<thead>") && facts.contains("<tr><th scope=\"row\">seed</th><td>1</td></tr>"))
    }

    @Test("the darkest cell of a confusion matrix is the commonest error; what is right is not coloured")
    func confusion() {
        let text = HTML.confusionMatrix([[90, 8, 2], [4, 80, 0], [0, 0, 7]], classNames: ["a", "b", "c"]).description
        #expect(text.contains("rgba(213,94,0,0.70)\">8<"))
        #expect(text.contains("rgba(213,94,0,0.40)\">4<"))
        #expect(text.matches(of: /rgba/).count == 3)
        #expect(text.matches(of: /diagonal/).count == 3)
    }
}
