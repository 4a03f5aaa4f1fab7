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
            ("env: [a]", ["25 error type"]), ("env: {A: [b]}", ["29 error type"]), ("env: {A: , B: 1, C: x}", []),
            ("env: '${{ fromJSON(vars.x) }}'", []), ("defaults: x", ["30 error type"]),
            ("defaults: {rnu: {}}", ["31 warning unexpected-key"]),
            ("defaults: {run: {shel: x}}", ["37 warning unexpected-key"]),
            ("environment: prod", []), ("environment: {name: p, url: u}", []),
            ("environment: {url: u}", ["33 error missing-key"]),
            ("environment: [p]", ["33 error type"]), ("environment: {name: p, ulr: u}", ["43 warning unexpected-key"]),
            ("container: img", []), ("container: {image: i, ports: [80], volumes: [v], options: o}", []),
            ("container: {options: o}", ["31 error missing-key"]), ("container: [i]", ["31 error type"]),
            ("container: {image: i, port: [80]}", ["42 warning unexpected-key"]),
            ("container: {image: i, ports: 80}", ["49 error type"]),
            ("container: {image: i, credentials: {user: u}}", ["56 warning unexpected-key"]),
            ("container: {image: i, env: x}", ["47 error type"]), ("services: {s: img}", []),
            ("services: {s: {}}", ["34 error missing-key"]),
            ("services: [a]", ["30 error type"]), ("services: '${{ fromJSON(vars.x) }}'", []),
            ("services: {s: '${{ x }}'}", ["39 error expr-context"]),
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
            ("[{run: x, id: a}, {run: x, id: b}]", []), ("[{run: x, id: a}, {run: x, id: A}]", ["62 error step-id"]),
            ("[{run: x, id: 1a}]", ["41 error step-id"]), ("[{run: x, id: a.b}]", ["41 error step-id"]),
            ("[{run: x, id: __a}]", ["41 error step-id"]),
            ("[{run: x, uses: a/b@c}]", ["37 error unexpected-key"]),
            ("[{run: x, with: {}}]", ["37 warning unexpected-key"]),
            ("[{uses: a/b@c, shell: x}]", ["42 warning unexpected-key"]),
            ("[{uses: a/b@c, with: {k: [1]}}]", ["52 error type"]),
            ("[{uses: a/b@c, with: x}]", ["48 error type"]), ("[{run: x, env: [a]}]", ["42 error type"]),
            ("[{uses: ./a}]", []), ("[{uses: docker://alpine:3}]", []), ("[{uses: 'https://code.example/a/b@v1'}]", []),
            ("[{uses: a/b/c/d@v1}]", []), ("[{uses: a/b}]", ["35 error uses-format"]),
            ("[{uses: a@v1}]", ["35 error uses-format"]),
            ("[{uses: a/b@}]", ["35 error uses-format"]), ("[{uses: /b@v1}]", ["35 error uses-format"]),
            ("[{uses: dokcer://a/b@c}]", ["35 error uses-format"]),
        ])
    func steps(text: String, expected: [String]) { #expect(remarks("steps: \(text)") == expected) }
}
