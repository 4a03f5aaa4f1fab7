import Testing

@testable import Domain

@Suite("Limits of expressions")
struct ParserTests {
    static func many(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test("fifty levels of the tree, however they come about, on a small stack", arguments: [0, 1])
    func depth(excess: Int) {
        let n = ExpressionLimits.depthMax + excess
        let deep = [
            Self.many("!", n - 1) + "1", "c" + Self.many(".x", n - 1), "c" + Self.many("[0]", n - 1),
            "c" + Self.many(".*", n - 1), Self.many("toJSON(", n - 1) + "1" + Self.many(")", n - 1),
            "1" + Self.many(" < 1", n - 1), "1" + Self.many(" == 1", n - 1),
            Self.many("c[", n - 1) + "0" + Self.many("]", n - 1),
        ]
        for text in deep {
            let result = onSmallStack { evaluated(text) }
            #expect(result?.hasPrefix("! Exceeded max expression depth 50") == (excess > 0), "\(text)")
        }
    }

    @Test("parentheses add no level, and no text makes the parser recurse")
    func parentheses() {
        #expect(onSmallStack { evaluated(Self.many("(", 9000) + "1" + Self.many(")", 9000)) } == "1")
        #expect(onSmallStack { evaluated(Self.many("c[(!", 4000)) }?.hasPrefix("! Unexpected end") == true)
        let mixed = Self.many("1 && 2 || 3 == 4 < !format('{0}', ", 9) + "1" + Self.many(")", 9)
        #expect(onSmallStack { evaluated(mixed) } == "2")
    }

    @Test("a chain is not deep")
    func chain() {
        #expect(evaluated("0" + Self.many(" || 0", 4000) + " || 7") == "7")
        #expect(evaluated("1" + Self.many(" && 1", 4000) + " && 7") == "7")
    }

    @Test("21 000 characters, counted as characters")
    func length() {
        #expect(evaluated("'" + Self.many("é", 20_998) + "' == ''") == "! Exceeded max expression length 21000")
        #expect(evaluated("'" + Self.many("é", 20_000) + "' == ''") == "false")
    }

    @Test("10 MiB of values")
    func memory() {
        let megabyte = "{\"s\": \"\(Self.many("x", 1 << 20))\"}"
        let exceeded = "! The maximum allowed memory size was exceeded: 10485760 bytes of values"
        #expect(evaluated("format('\(Self.many("{0}", 9))', c.s) == ''", c: megabyte) == "false")
        #expect(evaluated("format('\(Self.many("{0}", 10))', c.s) == ''", c: megabyte) == exceeded)
        #expect(evaluated("join(fromJSON('[1,1,1,1,1,1,1,1,1,1,1,1]'), c.s) == ''", c: megabyte) == exceeded)
        let list = "[\(Self.many("0,", 100_000))0]"
        #expect(evaluated("c.* && c.* && c.* && c.* && 1", c: list) == exceeded)
        let text = "{\"s\": \"[\(Self.many("0,", 200_000))0]\"}"
        #expect(evaluated("fromJSON(c.s) && 1", c: text) == "1")
        #expect(evaluated("fromJSON(c.s) && fromJSON(c.s) && 1", c: text).hasSuffix("JSON has too many values"))
    }

    @Test("work is bounded where nothing is made")
    func work() {
        let text = "{\"s\": \"\(Self.many("a", 1 << 20))\"}"
        #expect(
            evaluated(Self.many("c.s == 'b' || ", 100) + "1", c: text)
                == "! The expressions take too much work: over 67108864 bytes to make or compare")
    }

    @Test("a search that makes a naive one quadratic ends")
    func search() {
        let text = "{\"s\": \"\(Self.many("a", 1 << 18))\", \"t\": \"\(Self.many("a", 1 << 17))b\"}"
        #expect(evaluated("contains(c.s, c.t)", c: text) == "false")
    }

    @Test("a hundred levels of JSON")
    func json() {
        for (depth, isRead) in [(100, true), (101, false), (100_000, false)] {
            let text = "{\"s\": \"\(Self.many("[", depth))\(Self.many("]", depth))\"}"
            let result = onSmallStack { evaluated("toJSON(fromJSON(c.s)) == ''", c: text) }
            #expect((result == "false") == isRead)
            #expect(isRead || result?.hasSuffix("JSON nests more than 100 levels deep") == true)
        }
    }

    /// A linear congruential generator: the same texts on every run.
    struct Random {
        var state: UInt64
        mutating func next(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
    }

    @Test("no bytes make the parser, the templates or the JSON reader fall over", arguments: [UInt64(1), 2, 3])
    func anyBytes(seed: UInt64) {
        let words = [
            "(", ")", "[", "]", ".", "*", ",", "!", "<", "<=", "==", "!=", "&&", "||", "'", "''", "'a'", "c", "github",
            "c.list", "1", "-1", ".5", "0x1", "true", "null", "format(", "contains(", "fromJSON('[1,{}]')", "toJSON(",
            "join(", "case(", "success()", " ", "\n", "{", "}", "${{", "}}", "\"", "\\u", ":", "é", "\u{0}", "&", "=",
        ]
        var random = Random(state: seed)
        var values = 0
        for round in 0..<3000 {
            var text = ""
            for _ in 0..<random.next(below: 24) {
                let isWord = round % 3 > 0
                text +=
                    isWord
                    ? words[random.next(below: words.count)] : String(UnicodeScalar(UInt8(random.next(below: 256))))
            }
            let result = evaluated(text)
            values += result.hasPrefix("!") ? 0 : 1
            let length = text.unicodeScalars.count
            do throws(ExpressionFault) {
                _ = try parseExpression(text, testScope)
            } catch {
                #expect(!error.message.isEmpty)
                #expect((0...length).contains(error.offset), "\(text)")
            }
            do throws(ExpressionFault) {
                let template = try Template(text, testScope)
                #expect(template.parts.count <= length)
            } catch {
                #expect((0...length).contains(error.offset), "\(text)")
            }
            _ = try? ExpressionValue(json: text)
        }
        #expect(values > 20)
    }
}
