import Testing

@testable import Domain

@Suite("Shapes of what only runners use")
struct JobShapeTests {
    private func remarks(_ members: String) -> [String] {
        read("on: push\njobs:\n  a: {runs-on: x, \(members)}\n").diagnostics.map {
            "\($0.column) \($0.severity) \($0.code)"
        }
    }

    @Test(
        "of a job",
        arguments: [
            ("env: [a]", ["24 error type"]), ("env: {A: [b]}", ["28 error type"]), ("env: {A: , B: 1, C: x}", []),
            ("env: '${{ fromJSON(vars.x) }}'", []), ("defaults: x", ["29 error type"]),
            ("defaults: {rnu: {}}", ["30 warning unexpected-key"]),
            ("defaults: {run: {shel: x}}", ["36 warning unexpected-key"]),
            ("environment: prod", []), ("environment: {name: p, url: u}", []),
            ("environment: {url: u}", ["32 error missing-key"]),
            ("environment: [p]", ["32 error type"]), ("environment: {name: p, ulr: u}", ["42 warning unexpected-key"]),
            ("container: img", []), ("container: {image: i, ports: [80], volumes: [v], options: o}", []),
            ("container: {options: o}", ["30 error missing-key"]), ("container: [i]", ["30 error type"]),
            ("container: {image: i, port: [80]}", ["41 warning unexpected-key"]),
            ("container: {image: i, ports: 80}", ["48 error type"]),
            ("container: {image: i, credentials: {user: u}}", ["55 warning unexpected-key"]),
            ("container: {image: i, env: x}", ["46 error type"]), ("services: {s: img}", []),
            ("services: {s: {}}", ["33 error missing-key"]),
            ("services: [a]", ["29 error type"]), ("services: '${{ fromJSON(vars.x) }}'", []),
            ("services: {s: '${{ x }}'}", ["38 error expr-context"]),
        ])
    func job(members: String, expected: [String]) {
        #expect(remarks("steps: [run: x], \(members)").map(Self.shifted) == expected)
    }

    /// Columns as if the member stood behind `runs-on`.
    private static func shifted(_ remark: String) -> String {
        let parts = remark.split(separator: " ", maxSplits: 1)
        return "\((Int(parts[0]) ?? 0) - 17) \(parts[1])"
    }

    @Test(
        "of steps",
        arguments: [
            ("[{run: x, id: a}, {run: x, id: b}]", []), ("[{run: x, id: a}, {run: x, id: A}]", ["57 error step-id"]),
            ("[{run: x, id: 1a}]", ["40 error step-id"]), ("[{run: x, id: a.b}]", ["40 error step-id"]),
            ("[{run: x, id: __a}]", ["40 error step-id"]),
            ("[{run: x, uses: a/b@c}]", ["36 error unexpected-key"]),
            ("[{run: x, with: {}}]", ["36 warning unexpected-key"]),
            ("[{uses: a/b@c, shell: x}]", ["41 warning unexpected-key"]),
            ("[{uses: a/b@c, with: {k: [1]}}]", ["51 error type"]),
            ("[{uses: a/b@c, with: x}]", ["47 error type"]), ("[{run: x, env: [a]}]", ["41 error type"]),
            ("[{uses: ./a}]", []), ("[{uses: docker://alpine:3}]", []), ("[{uses: 'https://code.example/a/b@v1'}]", []),
            ("[{uses: a/b/c/d@v1}]", []), ("[{uses: a/b}]", ["34 error uses-format"]),
            ("[{uses: a@v1}]", ["34 error uses-format"]),
            ("[{uses: a/b@}]", ["34 error uses-format"]), ("[{uses: /b@v1}]", ["34 error uses-format"]),
            ("[{uses: dokcer://a/b@c}]", ["34 error uses-format"]),
        ])
    func steps(text: String, expected: [String]) { #expect(remarks("steps: \(text)") == expected) }
}
