import Mustache

/// The pages' templates. `{{x}}` escapes; nothing here uses the unescaped form.
enum Templates {
    private static let style = """
        body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#222}
        a{color:#0b57d0}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}
        .log{background:#111;color:#eee;padding:.5rem;font:13px/1.5 ui-monospace,monospace}.log a{color:#8ab4f8}.log .gap{display:block;padding:.3rem 4rem}
        .row{display:flex;white-space:pre-wrap;overflow-wrap:anywhere}.row a{min-width:3.5rem;padding-right:.5rem;text-align:right;text-decoration:none;user-select:none}
        .row[hidden],.row.endgroup{display:none}.row.in span{padding-left:1.5rem}.row.group span{font-weight:600;cursor:pointer}.row.group span::before{content:"▾ "}
        .row.group.folded span::before{content:"▸ "}.row.error span{color:#f28b82}.row.warning span{color:#fdd663}.row.notice span,.row.command span,.row.section span{color:#8ab4f8}.row.debug span{color:#9aa0a6}
        .row:target{background:#3c4043}summary{cursor:pointer;padding:.2rem 0}small{color:#666}.success,.online{color:#137333}.failure{color:#b3261e}
        .running,.waiting,.blocked{color:#8a5a00}.summary{background:#f6f6f6;padding:.5rem;white-space:pre-wrap;overflow-wrap:anywhere}.problem,.warning{background:#fdecea;padding:.6rem;white-space:pre-wrap;overflow-wrap:anywhere}.warning{background:#fff4e0}
        """

    /// Its name in a template's pragma. Registered once, before the first template is read.
    private static let escaping: String = {
        MustacheContentTypes.register(EscapedHTML(), named: "BYTES")
        return "BYTES"
    }()

    static func page(_ body: String) throws -> MustacheTemplate {
        try MustacheTemplate(
            string: """
                {{% CONTENT_TYPE:\(escaping)}}<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
                <title>{{title}} · Millrace</title><link rel="icon" href="/_static/icon.svg"><style>\(style)</style></head><body>
                {{#repository}}<p><a href="{{base}}/actions">{{repository}}</a></p>{{/repository}}\(body)</body></html>
                """)
    }

    static func runs() throws -> MustacheTemplate {
        try page(
            """
            <h1>Runs</h1>{{#putAside}}<p class="problem">The push of {{ref}} at {{sha}} on {{pushedAt}} could not be read and started nothing: {{reason}}</p>{{/putAside}}{{^runs}}<p>No run yet. Push a commit with a file in .gitea/workflows/.</p>{{/runs}}
            <table>{{#runs}}<tr><td><a href="{{link}}">#{{number}}</a></td><td class="{{status}}">{{status}}</td>
            <td>{{name}}</td><td>{{workflow}}</td><td>{{ref}}</td><td>{{actor}}</td></tr>{{/runs}}</table>
            """)
    }

    package static func run() throws -> MustacheTemplate {
        try page(
            """
            <h1>{{title}}</h1><p>Run #{{number}} of {{workflow}} on {{ref}} at {{sha}} by {{actor}}:
            <strong id="status" class="{{status}}">{{status}}</strong></p>
            {{#problem}}<p class="problem">{{problem}}</p>{{/problem}}{{#warnings}}<p class="warning">{{warnings}}</p>{{/warnings}}
            {{#hasArtifacts}}<h2>Artifacts</h2><table>{{#artifacts}}<tr><td>{{^expired}}<a href="{{link}}">{{name}}</a>{{/expired}}{{#expired}}{{name}}{{/expired}}</td>
            <td>{{size}}</td><td><small>{{#expired}}expired {{/expired}}{{^expired}}until {{/expired}}{{expires}}</small></td><td><small>{{digest}}</small></td></tr>{{/artifacts}}</table>{{/hasArtifacts}}
            \(LogPage.section)
            <script src="/_static/log.js"></script>
            """)
    }

    /// A water wheel. Without it browsers ask for /favicon.ico and show an error in their console.
    static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><g fill="none" stroke="#137333" stroke-width="1.6">
        <circle cx="8" cy="8" r="5"/><path d="M8 1v14M1 8h14M3 3l10 10M13 3L3 13"/></g></svg>
        """
}

/// HTML's five characters, escaped byte by byte.
///
/// swift-mustache's own goes by Swift's characters: a quotation mark with a combining mark behind it is one of them, which
/// is not in its table and goes out as it is.
struct EscapedHTML: MustacheContentType {
    func escapeText(_ text: String) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): out += "&amp;".utf8
            case UInt8(ascii: "<"): out += "&lt;".utf8
            case UInt8(ascii: ">"): out += "&gt;".utf8
            case UInt8(ascii: "\""): out += "&quot;".utf8
            case UInt8(ascii: "'"): out += "&#39;".utf8
            default: out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
