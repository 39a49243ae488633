/// A page that needs nothing but itself: no network, no script; its policy forbids both.
package struct Page: Sendable {
    package let title: String
    private var sections: [(heading: String, identifier: String, body: HTML)] = []

    package init(title: String) {
        self.title = title
    }

    /// Adds a part with a heading of its own, which the table of contents names.
    package mutating func add(_ heading: String, _ body: HTML) {
        sections.append((heading, "section-\(sections.count + 1)", body))
    }

    /// The whole file.
    package var html: HTML {
        let contents = sections.map { "<li><a href=\"#\($0.identifier)\">\($0.heading)</a></li>\n" as HTML }
        let parts = sections.map {
            "<section id=\"\($0.identifier)\"><h2>\($0.heading)</h2>\n\($0.body)</section>\n" as HTML
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(title)</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <header><h1>\(title)</h1>
            <nav aria-label="Contents"><ul>
            \(contents)</ul></nav></header>
            <main>
            \(parts)</main>
            </body>
            </html>

            """
    }

    private static let style: HTML = """

        :root { --text: #1b1b1b; --ground: #fff; --line: #d8d8d8; --faint: #767676; --accent: #0b5cad; --soft: #f4f5f7 }
        @media screen and (prefers-color-scheme: dark) {
          :root { --text: #e4e4e4; --ground: #161616; --line: #3a3a3a; --faint: #9a9a9a; --accent: #7db7f0; --soft: #202124 }
        }
        * { box-sizing: border-box }
        body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--ground); color: var(--text);
          font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word }
        h1 { font-size: 1.6rem; line-height: 1.2 } h2 { font-size: 1.3rem; margin-top: 2.5rem;
          border-bottom: 1px solid var(--line) } h3 { font-size: 1.05rem; margin-bottom: .3rem }
        a { color: var(--accent) } nav ul { columns: 16rem; padding-left: 1.2rem }
        .wide { overflow-x: auto; margin: .6rem 0 1.2rem }
        table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
        th, td { padding: .2rem .7rem .2rem 0; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap }
        th { font-weight: 600 } tbody th { font-weight: normal } td:not(.right), .facts th { white-space: normal }
        .facts th { vertical-align: top }
        .right { text-align: right } .faint { color: var(--faint) }
        @media (max-width: 30rem) { table { font-size: .8rem } th, td { padding-right: .45rem } }
        .matrix th, .matrix td { padding: .2rem .5rem } .diagonal { background: var(--soft); font-weight: 600 }
        .gallery { display: flex; flex-wrap: wrap; gap: .6rem; margin: .6rem 0 1.2rem }
        figure { margin: 0; width: 6.3rem; font-size: .75rem; line-height: 1.3 }
        figure img { image-rendering: pixelated; background: #000; display: block }
        figcaption span { display: block }
        .chart { overflow-x: auto } .chart svg { max-width: 100%; min-width: 32rem; height: auto }
        .verdict { border-left: 4px solid var(--accent); padding: .4rem .8rem; background: var(--soft) }
        @media print { :root { color-scheme: light } body { max-width: none; font-size: 11pt } nav { display: none } h2, h3 { break-after: avoid }
          figure, tr, .chart { break-inside: avoid } .matrix td { print-color-adjust: exact } .wide { overflow: visible } a { color: inherit; text-decoration: none } }

        """
}
