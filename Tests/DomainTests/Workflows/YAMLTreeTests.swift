import Foundation
import Testing

@testable import Domain

/// Runs a body on a thread with the stack of a request worker and hands back its result.
func onSmallStack(bytes: Int = 512 * 1024, _ body: @escaping @Sendable () -> String?) -> String? {
    let box = Box()
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
        box.value = body()
        done.signal()
    }
    thread.stackSize = bytes
    thread.start()
    done.wait()
    return box.value
}

/// Written before the semaphore is signalled, read after it.
private final class Box: @unchecked Sendable { var value: String? = "not run" }

func fault(_ text: String) -> String? {
    do throws(YAMLFault) {
        _ = try yamlTree(Array(text.utf8))
        return nil
    } catch { return "\(error.position.line):\(error.position.column) \(error.code)" }
}

@Suite("YAML text")
struct YAMLTreeTests {
    @Test(
        "scalars follow the core schema",
        arguments: [
            ("", YAMLScalar.Value.null), ("~", .null), ("null", .null), ("Null", .null), ("NULL", .null),
            ("nULL", .string),
            ("true", .bool(true)), ("True", .bool(true)), ("TRUE", .bool(true)), ("false", .bool(false)),
            ("False", .bool(false)), ("FALSE", .bool(false)), ("tRUE", .string),
            ("on", .string), ("off", .string), ("yes", .string), ("no", .string), ("y", .string), ("n", .string),
            ("010", .number(10)), ("0o10", .number(8)), ("0x1F", .number(31)), ("0x", .string), ("0o8", .string),
            ("-0x1", .string), ("1_000", .string), ("1:30", .string), ("2024-01-02", .string), ("0b11", .string),
            ("1", .number(1)), ("-1", .number(-1)), ("+1", .number(1)), ("3.10", .number(3.1)), (".5", .number(0.5)),
            ("5.", .number(5)), ("1e3", .number(1000)), ("1.5E-3", .number(0.0015)), ("1e", .string), (".", .string),
            ("-", .string), (".inf", .number(.infinity)), ("-.INF", .number(-.infinity)), ("+.Inf", .number(.infinity)),
            (".iNF", .string), ("1.2.3", .string), ("infinity", .string), ("nan", .string),
        ])
    func scalars(text: String, value: YAMLScalar.Value) {
        #expect(coreValue(text) == value)
    }

    @Test("not a number in its three spellings", arguments: [".nan", ".NaN", ".NAN"])
    func notANumber(text: String) {
        guard case .number(let number) = coreValue(text) else { return #expect(Bool(false)) }
        #expect(number.isNaN)
    }

    @Test(
        "numbers in names have 15 digits",
        arguments: [
            (1.0, "1"), (3.1, "3.1"), (0.1 + 0.2, "0.3"), (1e21, "1E+21"), (-0.0, "0"), (1e-7, "1E-07"),
            (0.00001, "1E-05"),
            (0.0001, "0.0001"), (123_456_789_012_345, "123456789012345"),
            (1_234_567_890_123_456, "1.23456789012346E+15"),
            (-2.5, "-2.5"), (.infinity, "Infinity"), (1.0 / 3.0, "0.333333333333333"), (9.9999999999999999, "10"),
        ])
    func numbers(number: Double, text: String) { #expect(numberText(number) == text) }

    @Test(
        "faults have a position",
        arguments: [
            ("", "1:1 empty"), ("# only\n", "1:1 empty"), ("---\n", "1:1 empty"),
            ("a: 1\nb: 2\na: 3\n", "3:1 duplicate-key"), ("a: 1\nA: 3\n", "2:1 duplicate-key"),
            ("x: {a: 1, a: 2}", "1:11 duplicate-key"), ("x:\n  \"a\": 1\n  a: 2\n", "3:3 duplicate-key"),
            ("a: &x {b: 1}\nc:\n  <<: *x\n", "3:3 merge-key"), ("a: !foo b", "1:4 type"), ("a: !!int x", "1:4 type"),
            ("a: !!set {b}", "1:4 type"), ("a: &x [*x]", "1:8 alias-recursive"), ("a: *x", "1:4 yaml-syntax"),
            ("a: &x 1\nb: &y *x\n", "2:7 yaml-syntax"), ("a: &x 1\nb: *x c\n", "2:4 yaml-syntax"),
            ("a: 1\n---\nb: 2\n", "2:1 yaml-syntax"), ("a:\n\tb: 1\n", "2:1 yaml-syntax"),
            ("a: [1", "2:1 yaml-syntax"), ("a: \"x", "1:6 yaml-syntax"), ("a: b: c", "1:5 yaml-syntax"),
            ("a: 1\nb: \u{01}", "2:4 yaml-syntax"), ("a: \u{2028}", "1:4 yaml-syntax"), ("[a, b]: c", "1:1 type"),
            ("a: \u{85}", "1:4 yaml-syntax"),
        ])
    func faults(text: String, expected: String) { #expect(fault(text) == expected) }

    @Test("bytes that are not UTF-8 are refused where they stand")
    func notUTF8() {
        let reading = readWorkflow(Array("a: 1\nb: é".utf8) + [0xFF], path: "ci.yml")
        #expect(reading.diagnostics.map(\.description) == ["ci.yml:2:5: file is not UTF-8 text here [yaml-syntax]"])
    }

    @Test(
        "text that reads well",
        arguments: [
            "\u{FEFF}a: 1\r\nb: 2\r\n", "a: it's [ {\nb: 'x''[ *y'\n", "a: |\n  [[[[ *x &y\n   {{\nb: >-\n\n  *z\n",
            "a: x # [[[\nb: \"\\\"[ *q\"\n", "a: &x\n- 1\n- &z 2\nb: *x\nc: *z\n", "? a\n: b\n", "- - - 1\n",
            "a: !!str 1\nb: !!float 1\n",
            "a: &x k\n*x : 1\n", "a: &x 1\nb: &x 2\nc: *x\n", "%YAML 1.1\n---\na: 1\n...\n", "a: x\n  *y [ z\nb: 1\n",
            "12: x\ntrue: y\n",
        ])
    func good(text: String) { #expect(fault(text) == nil) }

    @Test("an alias is the node it names")
    func aliases() throws {
        let tree = try yamlTree(Array("a: &x [1, 'é']\nb: *x\nc: {d: *x, e: &y q, f: [*y]}\n".utf8))
        var json = JSONWriter()
        json.node(tree)
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"a":[1,"é"],"b":[1,"é"],"c":{"d":[1,"é"],"e":"q","f":["q"]}}"#)
    }

    static let laughs =
        "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        + (1...12).map { i in "a\(i): &a\(i) [\(Array(repeating: "*a\(i - 1)", count: 9).joined(separator: ","))]\n" }
        .joined()
    static let chain =
        "a0: &a0 [x]\n" + (1...9000).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
    static let keyLaughs =
        "? &k0 [x,x,x]\n: 1\n" + (1...40).map { "? &k\($0) [*k\($0 - 1),*k\($0 - 1),*k\($0 - 1)]\n: 1\n" }.joined()

    @Test(
        "bombs are refused quickly on a small stack",
        arguments: [
            (laughs, "5:30 too-large"), (chain, "50:12 too-deep"), (keyLaughs, "1:3 type"),
            (String(repeating: "[", count: 100_000), "1:51 too-deep"),
            (String(repeating: "{a: ", count: 50_000), "1:201 too-deep"),
            (String(repeating: "- ", count: 50_000), "1:101 too-deep"),
            (String(repeating: "? ", count: 50_000), "1:101 too-deep"),
            (String(repeating: " ", count: 1024 * 1024) + "a", "1:1 too-large"),
            ((0..<300).map { String(repeating: " ", count: $0) + "a:\n" }.joined(), "51:51 too-deep"),
            (
                "a: &a \"\(String(repeating: "x", count: 500_000))\"\nb: [\(Array(repeating: "*a", count: 30).joined(separator: ","))]",
                "2:65 too-large"
            ),
        ])
    func bombs(text: String, expected: String) {
        #expect(onSmallStack { fault(text) } == expected)
    }

    @Test("fifty levels are read on a stack of 512 KiB")
    func deep() {
        let text = String(repeating: "[", count: 50) + String(repeating: "]", count: 50)
        #expect(onSmallStack(bytes: 512 * 1024) { fault(text) } == nil)
        let block = (0..<50).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(onSmallStack(bytes: 512 * 1024) { fault(block) } == nil)
    }
}
