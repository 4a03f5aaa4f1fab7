import Testing

@testable import Domain

@Suite("A leg of a job as it is planned")
struct JobPlanningTests {
    /// Remarks on a job with these members, `matrix` among them.
    static func remarks(_ members: String) -> [String] {
        read("on: push\njobs:\n  a: {\(members), steps: [run: x]}\n").diagnostics.map { "\($0.code) \($0.message)" }
    }
    static func legs(_ members: String) -> [JobPlan] { plans("\(members), steps: [run: x]") }

    @Test(
        "labels come out of expressions as text, lists and mappings",
        arguments: [
            ("'${{ matrix.v }}'", "[u, w]", [["u"], ["w"]]), ("['${{ matrix.v }}', x]", "[u]", [["u", "x"]]),
            ("'${{ matrix.v }}'", "[[u, x]]", [["u", "x"]]), ("['${{ matrix.v }}', y]", "[[u, x]]", [["u", "x", "y"]]),
            ("'${{ matrix.v }}'", "[{labels: [u]}]", [["u"]]), ("'${{ matrix.v }}'", "[{labels: u}]", [["u"]]),
            ("'${{ matrix.v }}'", "[1.50, true]", [["1.5"], ["true"]]), ("'v-${{ matrix.v }}'", "[1]", [["v-1"]]),
        ])
    func labels(runsOn: String, values: String, labels: [[String]]) {
        #expect(Self.legs("runs-on: \(runsOn), strategy: {matrix: {v: \(values)}}").map(\.runsOn) == labels)
    }

    @Test(
        "a leg without a label is told with its number",
        arguments: ["['']", "[~]", "[[]]", "[{group: g}]", "[[[u]]]", "[{labels: ~}]"])
    func noLabel(values: String) {
        #expect(
            Self.remarks("runs-on: '${{ matrix.v }}', strategy: {matrix: {v: \(values)}}")
                == ["type \"runs-on\" of job \"a\" gives no label for matrix leg 1"])
    }

    @Test("labels have a number, a length, and a length together")
    func sizes() {
        func fault(_ value: String) -> String? {
            Self.remarks("runs-on: '${{ matrix.v }}', strategy: {matrix: {v: [[\(value)]]}}").first
        }
        func many(_ count: Int, bytes: Int) -> String {
            (0..<count).map { "\"\($0)\(String(repeating: "x", count: bytes - "\($0)".utf8.count))\"" }.joined(
                separator: ",")
        }
        #expect(fault(many(32, bytes: 64)) == nil)
        #expect(
            fault(many(33, bytes: 2))
                == "too-large \"runs-on\" of job \"a\" gives 33 labels; at most 32 are allowed")
        #expect(fault(many(1, bytes: 255)) == nil)
        #expect(
            fault(many(1, bytes: 256))
                == "too-large \"runs-on\" of job \"a\" gives a label of 256 bytes; at most 255 are allowed")
        #expect(
            fault(many(9, bytes: 250))
                == "too-large \"runs-on\" of job \"a\" gives labels of 2250 bytes together; at most 2048 are allowed")
    }

    @Test(
        "its name: the key, or `name`, and the values unless `name` has an expression",
        arguments: [
            ("", ["a (1, x)", "a (2, x)"]), ("name: N,", ["N (1, x)", "N (2, x)"]),
            ("name: 'N ${{ matrix.n }}',", ["N 1", "N 2"]), ("name: '${{ matrix.none }}',", ["a", "a"]),
            ("name: '',", ["a (1, x)", "a (2, x)"]),
        ])
    func names(name: String, names: [String]) {
        #expect(Self.legs("\(name) runs-on: x, strategy: {matrix: {n: [1, 2], t: [x]}}").map(\.name) == names)
    }

    @Test("a name has 100 characters at most, of which the last three say that it was cut")
    func cut() {
        #expect(cutJobName(String(repeating: "é", count: 100)) == String(repeating: "é", count: 100))
        #expect(cutJobName(String(repeating: "é", count: 101)) == String(repeating: "é", count: 97) + "...")
        // One character may have any number of marks: bytes are bounded first.
        let marked = "a" + String(repeating: "\u{301}", count: 2000)
        #expect(cutJobName(marked) == "...")
    }

    @Test(
        "continue-on-error and the timeout, by leg",
        arguments: [
            ("continue-on-error: '${{ matrix.v == 1 }}'", [true, false], [nil, nil]),
            ("continue-on-error: true", [true, true], [nil, nil]),
            ("timeout-minutes: '${{ matrix.v * 1 }}'", [], []),
            ("timeout-minutes: '${{ matrix.v }}'", [false, false], [1, 2]),
            ("timeout-minutes: 2.5", [false, false], [2.5, 2.5]),
        ] as [(String, [Bool], [Double?])])
    func settings(member: String, flags: [Bool], minutes: [Double?]) {
        let legs = Self.legs("\(member), runs-on: x, strategy: {matrix: {v: [1, 2]}}")
        #expect(legs.map(\.continueOnError) == flags)
        #expect(legs.map(\.timeoutMinutes) == minutes)
    }

    @Test(
        "what a setting gives must be of its kind",
        arguments: [
            ("continue-on-error: '${{ matrix.v }}'", "\"continue-on-error\" must be a boolean, not \"x\""),
            ("timeout-minutes: '${{ matrix.v }}'", "\"timeout-minutes\" must be a number above 0, not \"x\""),
        ])
    func wrong(member: String, remark: String) {
        #expect(Self.remarks("\(member), runs-on: x, strategy: {matrix: {v: [x]}}") == ["type \(remark)"])
    }
}
