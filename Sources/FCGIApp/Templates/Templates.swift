import Mustache

/// The pages' templates. `{{x}}` escapes; nothing here uses the unescaped form.
enum Templates {
    private static let style = """
        body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#222}
        a{color:#0b57d0}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}
        pre{background:#111;color:#eee;padding:1rem;overflow:auto;white-space:pre-wrap}.success{color:#137333}.failure{color:#b3261e}
        .running,.waiting,.blocked{color:#8a5a00}.problem{background:#fdecea;padding:.6rem;white-space:pre-wrap}
        """

    private static func page(_ body: String) throws -> MustacheTemplate {
        try MustacheTemplate(
            string: """
                <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
                <title>{{title}} · Millrace</title><style>\(style)</style></head><body>
                <p><a href="{{base}}/actions">{{repository}}</a></p>\(body)</body></html>
                """)
    }

    static func runs() throws -> MustacheTemplate {
        try page(
            """
            <h1>Runs</h1>{{^runs}}<p>No run yet. Push a commit with a file in .gitea/workflows/.</p>{{/runs}}
            <table>{{#runs}}<tr><td><a href="{{link}}">#{{number}}</a></td><td class="{{status}}">{{status}}</td>
            <td>{{name}}</td><td>{{workflow}}</td><td>{{ref}}</td><td>{{actor}}</td></tr>{{/runs}}</table>
            """)
    }

    static func run() throws -> MustacheTemplate {
        try page(
            """
            <h1>{{title}}</h1><p>Run #{{number}} of {{workflow}} on {{ref}} at {{sha}} by {{actor}}:
            <strong id="status" class="{{status}}">{{status}}</strong></p>
            {{#problem}}<p class="problem">{{problem}}</p>{{/problem}}
            {{#jobs}}<h2 id="job-{{id}}">{{name}} <span class="{{status}}">{{status}}</span></h2>
            {{#problem}}<p class="problem">{{problem}}</p>{{/problem}}
            {{#why}}<p>{{why}}</p>{{/why}}
            <ol start="0">{{#steps}}<li>{{name}} <span class="{{status}}">{{status}}</span></li>{{/steps}}</ol>
            <pre class="log" data-log="{{log}}" data-next="{{next}}" data-done="{{done}}">{{text}}</pre>{{/jobs}}
            <script src="/_static/log.js"></script>
            """)
    }

    /// Appends what is new to every log on the page once a second, as text; reloads once when all jobs are done.
    static let logScript = """
        "use strict";
        const logs = [...document.querySelectorAll("pre.log")].filter(p => p.dataset.done !== "true");
        async function grow(pre) {
          const answer = await fetch(pre.dataset.log + "?from=" + pre.dataset.next);
          if (!answer.ok) return;
          pre.append(await answer.text());
          pre.dataset.next = answer.headers.get("X-Millrace-Next-Row");
          pre.dataset.done = answer.headers.get("X-Millrace-Done");
        }
        async function turn() {
          await Promise.allSettled(logs.map(grow));
          if (logs.every(p => p.dataset.done === "true")) location.reload(); else setTimeout(turn, 1000);
        }
        if (logs.length) setTimeout(turn, 1000);
        """
}
