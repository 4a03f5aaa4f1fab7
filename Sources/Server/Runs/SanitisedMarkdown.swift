import CMarkGFM
import Domain
import Mustache

/// HTML that stands in a page as it is. Only what this file writes is one: no text of people goes in unescaped.
struct SanitisedHTML: MustacheCustomRenderable, Sendable {
    let renderText: String
    var isNull: Bool { false }

    fileprivate init(_ text: String) { renderText = text }

    /// Text of people, escaped.
    init(text: String) { self.init(EscapedHTML().escapeText(text)) }

    /// Markdown as GitHub has it, less what a stranger could do harm with: raw HTML is left out, links lead to http, https and
    /// mailto alone, images are links. The tree that cmark-gfm reads is written here, element by element.
    ///
    /// Nil: it is shown as text (`SummaryShape`).
    init?(markdown: [UInt8], headingsBelow level: Int) {
        guard SummaryShape.isRendered(markdown), let tree = MarkdownTree(markdown) else { return nil }
        var writer = MarkdownWriter(headingsBelow: level)
        tree.walk { writer.visit($0, isEntered: $1) }
        self.init(writer.out)
    }
}

/// A document of cmark-gfm, with the extensions that GitHub's summaries have.
private final class MarkdownTree {
    private let root: OpaquePointer
    private let parser: OpaquePointer

    private static let isReady: Bool = {
        cmark_gfm_core_extensions_ensure_registered()
        return true
    }()

    init?(_ text: [UInt8]) {
        guard Self.isReady, let parser = cmark_parser_new(CMARK_OPT_VALIDATE_UTF8) else { return nil }
        for name in ["table", "strikethrough", "autolink", "tasklist"] {
            guard let found = cmark_find_syntax_extension(name) else { continue }
            cmark_parser_attach_syntax_extension(parser, found)
        }
        text.withUnsafeBytes { bytes in
            cmark_parser_feed(parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard let root = cmark_parser_finish(parser) else {
            cmark_parser_free(parser)
            return nil
        }
        self.root = root
        self.parser = parser
    }

    deinit {
        cmark_node_free(root)
        cmark_parser_free(parser)
    }

    func walk(_ visit: (OpaquePointer, _ isEntered: Bool) -> Void) {
        guard let steps = cmark_iter_new(root) else { return }
        defer { cmark_iter_free(steps) }
        while true {
            let event = cmark_iter_next(steps)
            guard event != CMARK_EVENT_DONE, let node = cmark_iter_get_node(steps) else { return }
            visit(node, event == CMARK_EVENT_ENTER)
        }
    }
}

private struct MarkdownWriter {
    /// Bytes of HTML; what comes behind it is left out.
    static let bytesMax = 512 * 1024
    /// Elements within each other; what is deeper stands in the last one.
    static let depthMax = 100
    private static let leaves: Set<String> = [
        "html_block", "thematic_break", "code_block", "text", "softbreak", "linebreak", "code", "html_inline",
    ]

    private(set) var out = ""
    private let level: Int
    /// Of each node that is open whether its element was begun.
    private var open: [Bool] = []
    private var isInLink = false
    private var isInHead = false

    init(headingsBelow level: Int) { self.level = level }

    mutating func visit(_ node: OpaquePointer, isEntered: Bool) {
        let kind = cmark_node_get_type_string(node).map { String(cString: $0) } ?? ""
        let hasRoom = out.utf8.count < Self.bytesMax
        if Self.leaves.contains(kind) {
            guard hasRoom else { return }
        } else if isEntered {
            open.append(hasRoom && open.count < Self.depthMax)
            guard open.last == true else { return }
        } else {
            // What was begun is ended, also when there is no more room.
            guard open.popLast() == true else { return }
        }
        switch kind {
        case "paragraph": if !isTight(node) { element("p", isEntered) }
        case "heading": element("h\(min(6, level + Int(cmark_node_get_heading_level(node))))", isEntered)
        case "block_quote": element("blockquote", isEntered)
        case "list": list(node, isEntered)
        case "item": element("li", isEntered)
        case "tasklist":
            element("li", isEntered)
            if isEntered { out += cmark_gfm_extensions_get_tasklist_item_checked(node) ? "☑ " : "☐ " }
        case "emph": element("em", isEntered)
        case "strong": element("strong", isEntered)
        case "strikethrough": element("del", isEntered)
        case "link": link(node, isEntered)
        case "image": image(node, isEntered)
        case "table": element("table", isEntered)
        case "table_header", "table_row":
            isInHead = isEntered && kind == "table_header"
            element("tr", isEntered)
        case "table_cell": cell(isEntered)
        case "thematic_break": if isEntered { out += "<hr>" }
        case "linebreak": if isEntered { out += "<br>" }
        case "softbreak": if isEntered { out += "\n" }
        case "code": if isEntered { out += "<code>\(literal(node))</code>" }
        case "code_block": if isEntered { out += "<pre><code>\(literal(node))</code></pre>" }
        case "text": if isEntered { out += literal(node) }
        // Raw HTML, and what a newer library may know.
        default: break
        }
    }

    private mutating func element(_ name: String, _ isEntered: Bool) { out += isEntered ? "<\(name)>" : "</\(name)>" }

    private mutating func cell(_ isEntered: Bool) {
        // The row has ended for `isInHead` only when its last cell has.
        element(isInHead ? "th" : "td", isEntered)
    }

    private mutating func list(_ node: OpaquePointer, _ isEntered: Bool) {
        guard cmark_node_get_list_type(node) == CMARK_ORDERED_LIST else { return element("ul", isEntered) }
        let start = cmark_node_get_list_start(node)
        out += isEntered ? (start == 1 ? "<ol>" : "<ol start=\"\(start)\">") : "</ol>"
    }

    /// A paragraph of a list without blank lines between its items.
    private func isTight(_ node: OpaquePointer) -> Bool {
        guard let item = cmark_node_parent(node), let list = cmark_node_parent(item) else { return false }
        return cmark_node_get_list_tight(list) != 0
    }

    private mutating func link(_ node: OpaquePointer, _ isEntered: Bool) {
        guard let address = address(of: node) else { return }
        out += isEntered ? anchor(address) : "</a>"
        isInLink = isEntered
    }

    /// Not loaded: its server would learn who looks at the page.
    private mutating func image(_ node: OpaquePointer, _ isEntered: Bool) {
        guard !isInLink, let address = address(of: node) else { return }
        out += isEntered ? anchor(address) + "image " : "</a>"
    }

    private func anchor(_ address: String) -> String {
        "<a href=\"\(EscapedHTML().escapeText(address))\" rel=\"nofollow noopener\">"
    }

    private func address(of node: OpaquePointer) -> String? {
        let text = cmark_node_get_url(node).map { String(cString: $0) } ?? ""
        return isHarmlessAddress(text) ? text : nil
    }

    private func literal(_ node: OpaquePointer) -> String {
        let text = cmark_node_get_literal(node).map { String(cString: $0) } ?? ""
        return EscapedHTML().escapeText(harmless(text))
    }
}

/// Whether a link of a stranger may lead there: to the web, or to a mailbox.
func isHarmlessAddress(_ address: String) -> Bool {
    let lower = address.lowercased()
    guard ["http://", "https://", "mailto:"].contains(where: { lower.utf8.starts(with: $0.utf8) }) else { return false }
    return harmlessField(address) == address
}
