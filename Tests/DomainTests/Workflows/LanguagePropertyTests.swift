import Foundation
import Testing

@testable import Domain

/// What holds for every text, tried with many made from a seed: one that stays, and one that each run draws and prints.
/// `MILLRACE_LANGUAGE_SEED` repeats it. libFuzzer does the same for longer (`make fuzz`).
@Suite("The language holds on random text")
struct LanguagePropertyTests {
    struct Dice: RandomNumberGenerator {
        private var state: UInt64
        init(seed: UInt64) { state = seed }
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
        mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
        mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }
        mutating func text(_ parts: [String], most: Int) -> String {
            (0..<below(most + 1)).map { _ in pick(parts) }.joined()
        }
    }

    static let seeds: [UInt64] = {
        let drawn =
            ProcessInfo.processInfo.environment["MILLRACE_LANGUAGE_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 1...UInt64(UInt32.max))
        print("language properties: MILLRACE_LANGUAGE_SEED=\(drawn)")
        return [1, drawn]
    }()

    // MARK: patterns

    /// A pattern matched by trying everything, straight from the table of tokens (workflows.md 5.4). Nil when it is none.
    struct SlowPattern {
        enum Token: Equatable {
            case star, stars, folders
            case one([Character])
            case optional([Character])
            case many([Character])
        }
        var tokens: [Token] = []

        init?(_ text: String) {
            var rest = Array(text)
            if rest.first == "!" { rest.removeFirst() }
            guard !rest.isEmpty else { return nil }
            var at = 0
            var canRepeat = false
            var isFirst = true
            while at < rest.count {
                defer { isFirst = false }
                if rest[at] == "*" {
                    let run = rest[at...].prefix { $0 == "*" }.count
                    at += run
                    if run > 1, at < rest.count, rest[at] == "/" {
                        at += 1
                        tokens.append(.folders)
                    } else {
                        tokens.append(run > 1 ? .stars : .star)
                    }
                    canRepeat = false
                    continue
                }
                if rest[at] == "?" || rest[at] == "+", !isFirst {
                    guard canRepeat, case .one(let set)? = tokens.popLast() else { return nil }
                    tokens.append(rest[at] == "?" ? .optional(set) : .many(set))
                    canRepeat = false
                    at += 1
                    continue
                }
                switch rest[at] {
                case "[":
                    guard let end = rest[at...].firstIndex(of: "]"), end > at + 1 else { return nil }
                    let inside = Array(rest[(at + 1)..<end])
                    guard inside.allSatisfy({ $0 == "a" || $0 == "b" }) else { return nil }
                    tokens.append(.one(inside))
                    at = end + 1
                case "\\":
                    guard at + 1 < rest.count else { return nil }
                    tokens.append(.one([rest[at + 1]]))
                    at += 2
                default:
                    tokens.append(.one([rest[at]]))
                    at += 1
                }
                canRepeat = true
            }
        }

        func matches(_ text: [Character], _ token: Int = 0) -> Bool {
            guard token < tokens.count else { return text.isEmpty }
            func rest(_ count: Int) -> Bool { matches(Array(text.dropFirst(count)), token + 1) }
            switch tokens[token] {
            case .star: return (0...text.prefix { $0 != "/" }.count).contains(where: rest)
            case .stars: return (0...text.count).contains(where: rest)
            case .folders: return rest(0) || text.indices.contains { $0 > 0 && text[$0] == "/" && rest($0 + 1) }
            case .one(let set): return text.first.map(set.contains) == true && rest(1)
            case .optional(let set): return rest(0) || (text.first.map(set.contains) == true && rest(1))
            case .many(let set):
                let most = text.prefix { set.contains($0) }.count
                return most > 0 && (1...most).contains(where: rest)
            }
        }
    }

    @Test("a pattern matches what trying everything matches", arguments: seeds)
    func patterns(seed: UInt64) {
        var dice = Dice(seed: seed)
        var matched = 0
        for _ in 0..<4_000 {
            let text = dice.text(
                ["a", "b", "/", "*", "**", "**/", "?", "+", "[ab]", "[a]", "\\a", "\\*", ".", "!"], most: 6)
            let slow = SlowPattern(text)
            let quick = try? Pattern(text)
            #expect((slow != nil) == (quick != nil), "\(text), seed \(seed)")
            guard let slow, let quick else { continue }
            for _ in 0..<6 {
                let input = dice.text(["a", "b", "/", ".", "*"], most: 6)
                let found = quick.matches(input)
                #expect(found == slow.matches(Array(input)), "\(text) on \"\(input)\", seed \(seed)")
                matched += found ? 1 : 0
            }
        }
        #expect(matched > 500)  // or nothing was compared that matters
    }

    // MARK: expressions

    private static let words = [
        "a", "b.c", "'x'", "'it''s'", "1", "-0.5", "0x1F", "1e3", "null", "true", "NaN", "(", ")", "[", "]", "[*]",
        ".*", ".", ",",
        "!", "==", "!=", "<", "<=", ">", ">=", "&&", "||", " ", "format(", "'{0}{{'", "join(", "contains(", "toJSON(",
        "fromJSON(",
        "'[1,{\"k\":[2]}]'", "startsWith(", "case(", "success()", "hashFiles(", "é", "\u{0}", "${{", "}}", "\"", "_x-y",
        "[0]", "['k']", "\n",
    ]

    @Test("an expression has a value or a fault with its place, whatever it is", arguments: seeds)
    func expressions(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let contexts = #"{"a":{"k":[1,null,{"k":"v"}]},"b":{"c":"text"}}"#
        var values = 0
        for _ in 0..<6_000 {
            let text = dice.text(Self.words, most: 12)
            let answer = LanguageTable.expressions.answer(
                #"{"expr":\#(ConformanceTests.json(text)),"contexts":\#(contexts)}"#)
            guard case .object(let object) = try ExpressionValue(json: answer) else {
                return #expect(Bool(false), "\(text), seed \(seed): \(answer)")
            }
            if let value = object["json"]?.text {
                values += 1
                // What it gives is JSON, but for numbers that JSON does not have.
                let isJSON = (try? ExpressionValue(json: value)) != nil
                #expect(
                    isJSON || value.contains("NaN") || value.contains("Infinity"), "\(text), seed \(seed): \(value)")
            } else {
                #expect(object["error"]?.text.isEmpty == false, "\(text), seed \(seed)")
            }
        }
        #expect(values > 200)
    }

    // MARK: files

    private static let parts = [
        "on: push\n", "on:\n", "  push:\n", "    branches: [a, '*']\n", "  schedule:\n    - cron: '5 * * * *'\n",
        "jobs:\n", "  a:\n", "  b:\n",
        "    runs-on: x\n", "    runs-on: [x, '${{ matrix.v }}']\n", "    needs: [a]\n", "    needs: b\n",
        "    if: always() && needs.a.result\n",
        "    strategy:\n      matrix:\n", "        v: [1, &x {y: z}, *x]\n", "        include: [{v: 1, w: 2}]\n",
        "    steps:\n", "      - run: |\n          x\n",
        "      - uses: a/b@c\n        with: {k: '${{ steps.x }}'}\n", "    env: {A: ~, B: \"\\u00e9\"}\n",
        "    uses: ./x.yml\n", "  ", "- ", "\t", "{", "}", "[", "]", "'",
        "\"", "#", "&a ", "*a", "!!int ", "? ", ": ", "|\n", ">-\n", "---\n", "...\n", "\u{FEFF}", "\u{85}", "\r\n",
        "é", "<<: *x\n", "%YAML 1.2\n", "    concurrency: {group: '${{ github.ref }}'}\n",
        "    container: {image: i}\n", "    services: {s: {image: i}}\n", "permissions: {contents: read}\n",
        "    environment: {name: n}\n", "    timeout-minutes: 1\n",
    ]

    @Test("a file is planned or has diagnostics with places in it, whatever its bytes", arguments: seeds)
    func files(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let whole = Self.parts.prefix(22).joined()
        for _ in 0..<1_500 {
            var bytes = Array((dice.below(2) == 0 ? dice.text(Self.parts, most: 24) : whole).utf8)
            for _ in 0..<dice.below(6) where !bytes.isEmpty {
                let at = dice.below(bytes.count)
                switch dice.below(3) {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: dice.next())
                case 1: bytes.remove(at: at)
                default: bytes.insert(contentsOf: Array(dice.pick(Self.parts).utf8), at: at)
                }
            }
            let outline = try WorkflowOutline(bytes, path: "w.yml")
            let lines = bytes.count { $0 == 0x0A || $0 == 0x0D } + 2
            let places = outline.reading.diagnostics.allSatisfy { (1...lines).contains($0.line) && $0.column >= 1 }
            #expect(places, "seed \(seed): \(outline.reading.diagnostics)\n\(String(decoding: bytes, as: UTF8.self))")
            #expect(outline.errors.isEmpty == (outline.reading.workflow != nil))
            // What a runner gets is read as it was meant.
            for job in outline.jobs {
                #expect(throws: Never.self, "seed \(seed)") { _ = try yamlTree(job.payload) }
            }
        }
    }

    // MARK: printer and reader

    private func node(_ dice: inout Dice, depth: Int) -> YAMLNode {
        let here = Position(line: 1, column: 1)
        func scalar(_ value: ExpressionValue) -> YAMLNode {
            YAMLNode(position: here, content: .scalar(YAMLScalar(value) ?? YAMLScalar(string: "")))
        }
        switch dice.below(depth > 4 ? 4 : 6) {
        case 0: return scalar(.null)
        case 1: return scalar(.bool(dice.below(2) == 0))
        case 2: return scalar(.number(dice.pick([0, 1, -1, 3.1, 1e21, 0.1, 123_456_789, 5e-7, 1.5e300])))
        case 3:
            return scalar(
                .string(
                    dice.text(
                        [
                            "on", "true", "~", "1.10", "0x1", " ", "\n", "\t", "#", ": ", "- ", "é", "😀", "'", "\"",
                            "\\", "{", "${{ x }}", "\u{7F}",
                            "\u{1}", "null", "2024-01-02", "/", "&a", "*b", "!!str", "%", "\u{85}",
                        ], most: 5)))
        case 4:
            return YAMLNode(
                position: here, content: .sequence((0..<dice.below(4)).map { _ in node(&dice, depth: depth + 1) }))
        default:
            return YAMLNode(
                position: here,
                content: .mapping(
                    (0..<dice.below(4)).map { index in
                        YAMLPair(
                            key: dice.text(["k", " ", "on", "1", "é", "\"", "\n", ":"], most: 3) + "\(index)",
                            position: here,
                            value: node(&dice, depth: depth + 1))
                    }))
        }
    }

    @Test("what is written for runners is read as the same values", arguments: seeds)
    func roundTrip(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<3_000 {
            let made = YAMLNode(position: Position(line: 1, column: 1), content: .sequence([node(&dice, depth: 0)]))
            var first = JSONWriter()
            first.node(made)
            let text = String(decoding: first.bytes, as: UTF8.self)
            let read = try yamlTree(first.bytes)
            var second = JSONWriter()
            second.node(read)
            #expect(text == String(decoding: second.bytes, as: UTF8.self), "seed \(seed)")
            #expect(
                try made.expressionValue.json(bytesMax: 1 << 20) == read.expressionValue.json(bytesMax: 1 << 20),
                "seed \(seed): \(text)")
        }
    }

    @Test("a line of a schedule is one, or says what is wrong and where", arguments: seeds)
    func schedules(seed: UInt64) {
        var dice = Dice(seed: seed)
        var read = 0
        for _ in 0..<6_000 {
            let text = dice.text(
                [
                    "*", "5", "0", "59", "60", "1-5", "*/15", "MON", "jan", ",", "/", "-", " ", " ", " ", "@daily",
                    "@every 5m", "TZ=UTC ", "L", "#", "é", "7", "99999999999999999999",
                ],
                most: 10)
            do throws(CronSchedule.Invalid) {
                _ = try CronSchedule(text)
                read += 1
            } catch { #expect((0...text.unicodeScalars.count).contains(error.offset), "\(text), seed \(seed)") }
        }
        #expect(read > 0)
    }
}
