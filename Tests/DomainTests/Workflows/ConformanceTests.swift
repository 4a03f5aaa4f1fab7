import Testing

@testable import Domain

/// Rules of the language as cases of ``LanguageTable``, a line each: what is asked, an arrow, what is answered. `!` begins the
/// words of an error. Lines that begin with `#` say which rule follows.
@Suite("The language, case by case")
struct ConformanceTests {
    static func rows(_ text: String) -> [(String, String)] {
        text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let parts = line.split(separator: " → ", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    static func json(_ text: String) -> String {
        var json = JSONWriter()
        json.string(text)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// The answer without its shell: the value of one member, or `!` and the words of the error.
    static func answer(_ table: LanguageTable, _ line: String, _ member: String) throws -> String {
        let text = table.answer(line)
        guard case .object(let object) = try ExpressionValue(json: text) else { return text }
        if let error = object["error"] { return "!" + error.text }
        guard let value = object[member] else { return text }
        if case .string(let text) = value { return text }
        return try value.json(bytesMax: 1 << 20).split(separator: "\n").map { $0.drop { $0 == " " } }.joined(
            separator: " ")
    }

    static let contexts =
        #"{"s":"Ünï","n":3,"t":true,"z":null,"a":["x","Y",3,null,true],"o":{"Key":"v","k-2":{"d":[1,2]},"": "e"},"l":[{"id":1,"v":["p","q"]},{"id":2},{"ID":3,"v":["r"]},7],"e":[],"m":{},"deep":{"a":{"x":1},"b":{"x":{"y":2}},"c":3}}"#

    static let expressions = """
        # literals
        null → null
        true → true
        TRUE → !Unrecognized named-value: 'TRUE'
        1 → 1
        +1 → 1
        -1 → -1
        .5 → 0.5
        -.5 → -0.5
        5. → 5
        1.5e-3 → 0.0015
        1E3 → 1000
        0xff → 255
        0xFF → 255
        0o17 → 15
        -0x1 → !Unexpected symbol: '-0x1'
        0b1 → !Unexpected symbol: '0b1'
        1_000 → !Unexpected symbol: '1_000'
        NaN → NaN
        Infinity → Infinity
        -Infinity → -Infinity
        nan → !Unrecognized named-value: 'nan'
        'it''s' → "it's"
        '' → ""
        "x" → !Unexpected symbol: '"x"'
        'x → !Unexpected symbol: ''x'
        # numbers as text
        format('{0}', 1e21) → "1E+21"
        format('{0}', 1e15) → "1E+15"
        format('{0}', 999999999999999) → "999999999999999"
        format('{0}', 0.1) → "0.1"
        format('{0}', 0.00001) → "1E-05"
        format('{0}', 0.0001) → "0.0001"
        format('{0}', 123456789012345678) → "1.23456789012346E+17"
        format('{0}', 1.10) → "1.1"
        format('{0}', -0) → "0"
        format('{0}', 1e400) → "Infinity"
        format('{0} {1} {2}', NaN, Infinity, -Infinity) → "NaN Infinity -Infinity"
        format('{0}', 0.30000000000000004) → "0.3"
        format('{0}', 2.5e-7) → "2.5E-07"
        # operands, not booleans
        t && 'x' → "x"
        z && 'x' → null
        z || 'x' → "x"
        '' || 0 → 0
        0 || '' → ""
        t && '' || 'y' → "y"
        n || t → 3
        1 && 2 && 3 → 3
        0 || null || false → false
        # truth
        !null → true
        !0 → true
        !-0 → true
        !NaN → true
        !'' → true
        !'false' → false
        !'0' → false
        !' ' → false
        !m → false
        !e → false
        !!'a' → true
        # equality across kinds
        1 == '1' → true
        1 == ' 1.0 ' → true
        '0x10' == 16 → true
        '0o10' == 8 → true
        '' == 0 → true
        null == 0 → true
        null == false → true
        null == '' → true
        null == 'null' → false
        true == 1 → true
        true == '1' → true
        true == 'true' → false
        NaN == NaN → false
        NaN != NaN → true
        'NaN' == NaN → false
        'Infinity' == Infinity → true
        'abc' == 0 → false
        'ABC' == 'abc' → true
        'Ä' == 'ä' → true
        'ß' == 'ss' → false
        'ı' == 'I' → false
        'x ' == 'x' → false
        a == a → true
        a == o → false
        e == '' → false
        fromJSON('[]') == fromJSON('[]') → false
        o.key == 'V' → true
        # order
        1 < 2 → true
        'a' < 'B' → true
        'b' < 'A' → false
        '10' < 9 → false
        '2' < '10' → false
        NaN < 1 → false
        NaN >= NaN → false
        null < 1 → true
        null <= 0 → true
        a < 1 → false
        1 < 2 == true → true
        3 > 2 > 1 → false
        1 <= 1 && 2 >= 2 → true
        # precedence
        true || false && false → true
        (true || false) && false → false
        !true || true → true
        !(true && false) → true
        !0 == true → true
        1 == 1 != false → true
        # properties
        o.Key → "v"
        o.KEY → "v"
        o['key'] → "v"
        o.none → null
        o.none.more.still → null
        o.k-2.d[1] → 2
        o[''] → "e"
        o[1] → null
        n.x → null
        s.length → null
        z.x → null
        fromJSON('{"a":{"b":"c"}}').a.b → "c"
        o . Key → "v"
        # indexes
        a[0] → "x"
        a[1.9] → "Y"
        a['1'] → "Y"
        a[true] → "Y"
        a[null] → "x"
        a[''] → "x"
        a[-1] → null
        a[9] → null
        a['x'] → null
        a[NaN] → null
        a[Infinity] → null
        a.length → null
        a[m] → null
        # filters
        join(l.*.id, '-') → "1-2-3"
        join(l.*.v, '-') → "Array-Array"
        join(l.*.v.*, '-') → "p-q-r"
        join(l.*.v[0], '-') → "p-r"
        toJSON(l.*.none) → "[]"
        join(o.*.d, '-') → "Array"
        join(deep.*.x, ',') → "1,Object"
        toJSON(n.*) → "[]"
        join(l[*].id) → "1,2,3"
        l.*.id[1] → []
        (l.*.id)[1] → []
        # contains
        contains('Hello World', 'WORLD') → true
        contains('abc', '') → true
        contains('', 'a') → false
        contains(a, 'y') → true
        contains(a, '3') → true
        contains(a, null) → true
        contains(a, 'z') → false
        contains(a, 0) → true
        contains(123, 2) → true
        contains(true, 'RU') → true
        contains(o, 'Key') → false
        contains('x', a) → false
        contains(null, '') → true
        contains(l.*.id, 2) → true
        # startsWith, endsWith
        startsWith('abc', 'AB') → true
        endsWith('abc', 'BC') → true
        startsWith(123, 12) → true
        startsWith('a', '') → true
        endsWith(null, '') → true
        startsWith(a, 'x') → false
        startsWith('a', 'ab') → false
        # format
        format('{0} {1} {0}', 'a', 'b') → "a b a"
        format('{{0}}') → "{0}"
        format('{{{0}}}', 1) → "{1}"
        format('}}{{') → "}{"
        format('x', 1, 2) → "x"
        format('{0}', z) → ""
        format('{0}', a) → "Array"
        format('{0}', o) → "Object"
        format('{0') → !The following format string is invalid: {0
        format('0}') → !The following format string is invalid: 0}
        format('{}') → !The following format string is invalid: {}
        format('{a}', 1) → !The following format string is invalid: {a}
        format('{1}', 1) → !The following format string references more arguments than were supplied: {1}
        format(1) → "1"
        # join
        join(a) → "x,Y,3,,true"
        join(a, ' | ') → "x | Y | 3 |  | true"
        join(a, z) → "xY3true"
        join(a, o) → "x,Y,3,,true"
        join('x', ',') → "x"
        join(1) → "1"
        join(null) → ""
        join(o) → ""
        join(e) → ""
        join(l, '-') → "Object-Object-Object-7"
        # toJSON, fromJSON
        toJSON('é😀') → "\\"é😀\\""
        toJSON('a/b') → "\\"a/b\\""
        toJSON('\u{1}') → "\\"\\\\u0001\\""
        toJSON(m) → "{}"
        toJSON(e) → "[]"
        toJSON(fromJSON('[1,{"a":[]}]')) → "[\\n  1,\\n  {\\n    \\"a\\": []\\n  }\\n]"
        toJSON(1.50) → "1.5"
        toJSON(1e21) → "1E+21"
        fromJSON('"x"') → "x"
        fromJSON('  3  ') → 3
        fromJSON('true') && 'y' → "y"
        fromJSON('null') → null
        fromJSON('{"a":1,"a":2}').a → 2
        fromJSON('') → !fromJSON cannot read
        fromJSON('[1,]') → !fromJSON cannot read
        fromJSON("x") → !Unexpected symbol: '"x"'
        fromJSON(toJSON(a))[1] → "Y"
        # case
        case(true, 'a', 'b') → "a"
        case(false, 'a', 'b') → "b"
        case(n == 1, 'one', n == 3, 'three', 'more') → "three"
        case(1, 'a', 'b') → !case predicate must evaluate to a boolean value
        case(true, 'a', fromJSON('x')) → "a"
        case(true, 'a') → !Too few parameters supplied
        case(true, 'a', false, 'b') → !Even number of parameters supplied
        # names ignore case; unknown ones are faults even where nothing reaches them
        CONTAINS('a', 'A') → true
        ToJson(1) → "1"
        N → 3
        false && nosuch.x → !Unrecognized named-value: 'nosuch'. Located at position 10
        true || nosuch() → !Unrecognized function: 'nosuch'. Located at position 9
        contains('a') → !Too few parameters supplied
        contains('a', 'b', 'c') → !Too many parameters supplied
        contains → !Unrecognized named-value: 'contains'
        # syntax, with the position
        1 + 2 → !Unexpected symbol: '+'. Located at position 3
        1 2 → !Unexpected symbol: '2'. Located at position 3
        1 = 2 → !Unexpected symbol: '='. Located at position 3
        1 & 2 → !Unexpected symbol: '&'. Located at position 3
        ( → !Unexpected end of expression: '('. Located at position 1
        (1 → !Unexpected end of expression: '1'. Located at position 2
        1) → !Unexpected symbol: ')'. Located at position 2
        a[ → !Unexpected end of expression: '['
        a. → !Unexpected end of expression: '.'
        a.'x' → !Unexpected symbol: ''x''. Located at position 3
        && 1 → !Unexpected symbol: '&&'. Located at position 1
        1 && → !Unexpected end of expression: '&&'. Located at position 3
        contains('a' 'b') → !Unexpected symbol: ''b''
        contains('a',) → !Unexpected symbol: ')'
        a..b → !Unexpected symbol: '.b'. Located at position 3
        'a'.b → null
        s-x → !Unrecognized named-value: 's-x'
        # status of a job whose needs succeeded, files
        success() → true
        failure() → false
        cancelled() || always() → true
        success → !Unrecognized named-value: 'success'
        always(1) → !Too many parameters supplied
        true || hashFiles('**') → true
        hashFiles('**') → !hashFiles reads the files of a job
        hashFiles() → !Too few parameters supplied
        # templates
        ${{ n }} → 3
        a${{ n }}b → "a3b"
        ${{ z }} → null
        ${{ z }}${{ t }} → "true"
        ${{ '}}' }} → "}}"
        ${{ 'a''}}' }}x → "a'}}x"
        ${{ n → !The expression is not closed
        ${{ }} → !An expression was expected
        ${{ '${{ n }}' }} → "${{ n }}"
        """

    @Test("expressions", arguments: rows(expressions))
    func expression(text: String, wanted: String) throws {
        let found = try Self.answer(
            .expressions, #"{"expr":\#(Self.json(text)),"contexts":\#(Self.contexts)}"#, "json")
        #expect(wanted.hasPrefix("!") ? found.hasPrefix(wanted) : found == wanted, "\(text): \(found)")
    }

    @Test(
        "limits of an expression",
        arguments: [
            (String(repeating: "!", count: 49) + "true", "false"),
            (String(repeating: "!", count: 50) + "true", "!Exceeded max expression depth 50"),
            ("'" + String(repeating: "x", count: 20_998) + "' == ''", "!Exceeded max expression length 21000"),
            ("format('{0}', '" + String(repeating: "x", count: 20_900) + "') != ''", "true"),
            (Array(repeating: "true", count: 2_000).joined(separator: " && "), "true"),
            (
                "format('\(String(repeating: "{0}", count: 5000))', toJSON(a)) != ''",
                "true"
            ),
            (
                "format('\(String(repeating: "{0}", count: 6000))', format('\(String(repeating: "{0}", count: 100))', toJSON(deep))) != ''",
                "!The maximum allowed memory size was exceeded"
            ),
        ])
    func limits(text: String, wanted: String) throws {
        let found = try Self.answer(
            .expressions, #"{"expr":\#(Self.json(text)),"contexts":\#(Self.contexts)}"#, "json")
        #expect(wanted.hasPrefix("!") ? found.hasPrefix(wanted) : found == wanted, "\(found.prefix(200))")
    }

    // MARK: patterns

    /// Mode, patterns, inputs.
    static let patterns = """
        # one star stops at a slash, two do not
        include * main → true
        include * a/b → false
        include ** a/b/c → true
        include a/* a/b → true
        include a/* a/b/c → false
        include a/** a/b/c → true
        include a/** a → false
        include */b a/b → true
        include **/b b → true
        include **/b a/b → true
        include **/b a/c/b → true
        include **/b ab → false
        include a/**/b a/b → true
        include a/**/b a/x/y/b → true
        include a/**/b ab → false
        include a**b a/x/b → true
        include **.js x/y.js → true
        include *.js .js → true
        include * .hidden → true
        include ** a/.b/c → true
        include *** a/b → true
        # what stands before ? and +
        include ab? a → true
        include ab? ab → true
        include ab? abb → false
        include ab+ ab → true
        include ab+ abbb → true
        include ab+ a → false
        include [ab]+ abba → true
        include [ab]? a → true
        include ?a ?a → true
        include +a +a → true
        include ?a a → false
        include a\\\\?b a?b → true
        include a\\\\?b b → false
        include a++ a → !invalid pattern
        include a?? a → !invalid pattern
        include *? a → !invalid pattern
        # sets
        include v[0-9] v7 → true
        include v[0-9] v77 → false
        include v[0-9]+.[0-9]+ v1.20 → true
        include [A-Z]a Ba → true
        include [A-Z]a ba → false
        include [abc] b → true
        include [a-c1-3] 2 → true
        include [] a → !invalid pattern
        include [a a → !invalid pattern
        include [z-a] a → !invalid pattern
        include [a-Z] a → !invalid pattern
        include [0-z] a → !invalid pattern
        include [!a] b → !invalid pattern
        include [.] . → !invalid pattern
        include [a-] a → !invalid pattern
        # literals, case
        include a.b axb → false
        include a.b a.b → true
        include (a|b) a → false
        include (a|b) (a|b) → true
        include ^a$ ^a$ → true
        include {a,b} {a,b} → true
        include Main main → false
        include é/* é/x → true
        include a\\\\*b a*b → true
        include a\\\\*b axb → false
        include a\\\\ a → !invalid pattern
        include \\\\!a !a → true
        include ! a → !invalid pattern
        # the last that matches decides
        include **;!a a → false
        include **;!a b → true
        include !a;** a → true
        include !a b → false
        include a;!a;a a → true
        include releases/**;!releases/**-alpha releases/1-alpha → false
        include releases/**;!releases/**-alpha releases/1 → true
        # any input that is in
        include src/** docs/a;src/b → true
        include src/** docs/a;docs/b → false
        include src/**;!src/x src/x;docs → false
        include a → false
        # ignored: all must be
        ignore docs/** docs/a → false
        ignore docs/** docs/a;src/b → true
        ignore docs/**;*.md docs/a;x.md → false
        ignore *.md x/y.md → true
        ignore a → false
        # a negative pattern there ignores what it does not match
        ignore !a b → false
        ignore !a a → true
        ignore **;!a b → false
        """

    @Test("patterns", arguments: rows(patterns))
    func pattern(text: String, wanted: String) throws {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        func list(_ text: String) -> String {
            text.isEmpty ? "" : text.split(separator: ";").map { Self.json(String($0)) }.joined(separator: ",")
        }
        let line =
            #"{"mode":"\#(words[0])","patterns":[\#(list(words[1].replacing("\\\\", with: "\\")))],"inputs":[\#(words.count > 2 ? list(words[2]) : "")]}"#
        let found = try Self.answer(.patterns, line, "pass")
        #expect(wanted.hasPrefix("!") ? found.hasPrefix(wanted) : found == wanted, "\(text): \(found)")
    }

    // MARK: matrices

    static let matrices = """
        # the first key varies slowest
        {a: [1, 2], b: [x, y]} → job (1, x);job (1, y);job (2, x);job (2, y)
        {b: [x], a: [1, 2]} → job (x, 1);job (x, 2)
        # names
        {v: [3.10, 1.0, 010, 0x10]} → job (3.1);job (1);job (10);job (16)
        {v: [true, yes, on, ~, '']} → job (true);job (yes);job (on);job;job
        {v: [[1, [2]], {a: x, b: {c: y}}]} → job (1, 2);job (x, y)
        {v: ["a,b", " c "]} → job (a,b);job ( c )
        {v: [1e21, .inf, 1:30, 1_000]} → job (1E+21);job (Infinity);job (1:30);job (1_000)
        # exclude
        {a: [1, 2], b: [x, y], exclude: [{a: 1}]} → job (2, x);job (2, y)
        {a: [1, 2], b: [x, y], exclude: [{a: 1, b: y}]} → job (1, x);job (2, x);job (2, y)
        {a: [1, 2], exclude: [{a: '1'}]} → job (2)
        {a: [X, y], exclude: [{a: x}]} → job (y)
        {a: [true, false], exclude: [{a: 1}]} → job (false)
        {a: [~, 1], exclude: [{a: 0}]} → job (1)
        {a: [{n: 1, m: 2}, {n: 2}], exclude: [{a: {n: 1}}]} → job (2)
        {a: [[1, 2], [1]], exclude: [{a: [1]}]} → job (1, 2)
        {a: [1, 2], exclude: [{}]} → job (1);job (2)
        {a: [1], exclude: [{c: 1}]} → !key "c" of "exclude" does not match any key
        {A: [1, 2], exclude: [{a: 1}]} → job (2)
        # include
        {a: [1, 2], include: [{a: 1, c: x}]} → job (1);job (2)
        {a: [1, 2], include: [{a: 3, c: x}]} → job (1);job (2);job (3, x)
        {a: [1, 2], include: [{c: x}]} → job (1);job (2)
        {a: [1], include: [{c: x, a: 3}]} → job (1);job (3, x)
        {include: [{c: x}, {c: y, d: 1}]} → job (x);job (y, 1)
        {a: [1], include: [{b: 1}, {a: 2, b: 2}, {a: 2, b: 3}]} → job (1);job (2, 2);job (2, 3)
        {a: [1, 2], exclude: [{a: 1}], include: [{a: 1, c: x}]} → job (2);job (1, x)
        {a: ['1'], include: [{a: 1, c: x}]} → job (1)
        {a: [1, 2], b: [x], include: [{a: 1, b: z}]} → job (1, x);job (2, x);job (1, z)
        # everything excluded
        {a: [1], exclude: [{a: 1}]} → job
        {a: [1], exclude: [{a: 1}], include: [{c: x}]} → job (x)
        {a: [1], exclude: [{a: 1}], include: [{a: 1}]} → job (1)
        # nothing to expand
        {a: []} → !matrix key "a" does not contain any values
        {} → !matrix does not contain any values
        {include: []} → !matrix does not contain any values
        {a: 1} → !"a" must be a sequence
        [1] → !"matrix" must be a mapping
        {a: [1], include: {b: 1}} → !"include" must be a sequence
        {a: [1], include: [1]} → !"include" must be a sequence of mappings
        {a: [1], a: [2]} → !key "a" is duplicated
        {a: [1], A: [2]} → !key "A" is duplicated
        # expressions
        {a: "${{ fromJSON('[1,2]') }}"} → job (1);job (2)
        "${{ fromJSON('{\\"a\\":[1,2]}') }}" → job (1);job (2)
        {a: [0, "${{ fromJSON('[1,2]') }}"]} → job (0);job (1);job (2)
        {a: [[0, "${{ fromJSON('[1,2]') }}"]]} → job (0, 1, 2)
        {"${{ insert }}": "${{ fromJSON('{\\"a\\":[1]}') }}", b: [2]} → job (1, 2)
        {a: ["${{ 1 == 1 }}", "x${{ 1 }}"]} → job (true);job (x1)
        {a: ["${{ matrix.b }}"]} → !Unrecognized named-value: 'matrix'
        {a: ["${{ github.ref }}"]} → !this version of Millrace cannot evaluate
        """

    @Test("matrices", arguments: rows(matrices))
    func matrix(text: String, wanted: String) throws {
        let found = LanguageTable.matrix.answer(#"{"matrix":\#(Self.json(text))}"#)
        guard case .object(let object) = try ExpressionValue(json: found) else { return #expect(Bool(false)) }
        if wanted.hasPrefix("!") {
            #expect(object["error"]?.text.contains(wanted.dropFirst()) == true, "\(text): \(found)")
        } else {
            guard case .array(let names)? = object["names"] else { return #expect(Bool(false), "\(text): \(found)") }
            #expect(names.items.map(\.text).joined(separator: ";") == wanted, "\(text): \(found)")
        }
    }

    @Test("extras overwrite extras of items before, never values of vectors, and stay out of names")
    func extras() {
        let text =
            "{a: [1, 2], b: [x], include: [{c: 1}, {a: 1, c: 2}, {a: 2, b: q}, {a: 2, d: [1, ~], c: 3}]}"
        #expect(
            LanguageTable.matrix.answer(#"{"matrix":\#(Self.json(text))}"#)
                == #"{"combos":[{"a":1,"b":"x","c":2},{"a":2,"b":"x","d":[1,null],"c":3},{"a":2,"b":"q"}],"names":["job (1, x)","job (2, x)","job (2, q)"]}"#
        )
    }

    @Test("256 combinations are allowed, 257 refused before they are made; a name is cut at 100 characters")
    func bounds() {
        func list(_ count: Int) -> String { "[\((0..<count).map(String.init).joined(separator: ","))]" }
        func answer(_ text: String) -> String { LanguageTable.matrix.answer(#"{"matrix":"\#(text)"}"#) }
        #expect(answer("{a: \(list(16)), b: \(list(16))}").hasSuffix("\"job (15, 15)\"]}"))
        #expect(answer("{a: \(list(257))}").contains("matrix-limit"))
        #expect(answer("{a: \(list(256)), include: [{a: x}]}").contains("matrix-limit"))
        #expect(answer("{a: \(list(200)), b: \(list(200)), c: \(list(200)), d: \(list(200))}").contains("matrix-limit"))
        let long = String(repeating: "é", count: 120)
        let cut = "job (" + String(repeating: "é", count: 92) + "..."
        #expect(answer("{a: [\(long)]}").contains("\"names\":[\"\(cut)\"]"))
    }

    // MARK: triggers

    /// `on`, the event in flow style of JSON.
    static let triggers = """
        # forms
        push | {"event":"push","ref":"refs/heads/x"} → true
        [push, pull_request] | {"event":"pull_request","action":"opened","base_ref":"main"} → true
        {push: } | {"event":"push","ref":"refs/tags/x"} → true
        {push: {}} | {"event":"push","ref":"refs/heads/x"} → true
        pull_request | {"event":"push","ref":"refs/heads/x"} → false
        # branches and tags silence each other
        {push: {branches: main}} | {"event":"push","ref":"refs/heads/main"} → true
        {push: {branches: [main]}} | {"event":"push","ref":"refs/heads/x"} → false
        {push: {branches: [main]}} | {"event":"push","ref":"refs/tags/main"} → false
        {push: {branches-ignore: [x]}} | {"event":"push","ref":"refs/tags/y"} → false
        {push: {tags: ['v*']}} | {"event":"push","ref":"refs/tags/v1"} → true
        {push: {tags: ['v*']}} | {"event":"push","ref":"refs/heads/v1"} → false
        {push: {tags: ['v*'], branches: [main]}} | {"event":"push","ref":"refs/heads/main"} → true
        {push: {tags: ['v*'], branches: [main]}} | {"event":"push","ref":"refs/tags/v2"} → true
        {push: {tags: ['v*'], branches: [main]}} | {"event":"push","ref":"refs/tags/w"} → false
        {push: {tags-ignore: ['v*']}} | {"event":"push","ref":"refs/tags/w"} → true
        {push: {branches: ['feature/**']}} | {"event":"push","ref":"refs/heads/feature/a/b"} → true
        {push: {branches: ['feature/*']}} | {"event":"push","ref":"refs/heads/feature/a/b"} → false
        {push: {branches: ['**', '!x']}} | {"event":"push","ref":"refs/heads/x"} → false
        # paths: of branches alone
        {push: {paths: ['src/**']}} | {"event":"push","ref":"refs/heads/x","files":["src/a"]} → true
        {push: {paths: ['src/**']}} | {"event":"push","ref":"refs/heads/x","files":["a"]} → false
        {push: {paths: ['src/**']}} | {"event":"push","ref":"refs/heads/x"} → true
        {push: {paths: ['src/**']}} | {"event":"push","ref":"refs/heads/x","files":[]} → false
        {push: {paths-ignore: ['docs/**']}} | {"event":"push","ref":"refs/heads/x","files":["docs/a"]} → false
        {push: {paths-ignore: ['docs/**']}} | {"event":"push","ref":"refs/heads/x","files":["docs/a","b"]} → true
        {push: {paths-ignore: ['docs/**']}} | {"event":"push","ref":"refs/heads/x","files":[]} → false
        {push: {paths: ['src/**']}} | {"event":"push","ref":"refs/tags/x","files":["a"]} → true
        {push: {branches: [main], paths: [a]}} | {"event":"push","ref":"refs/heads/main","files":["b"]} → false
        {push: {branches: [main], paths: [a]}} | {"event":"push","ref":"refs/heads/x","files":["a"]} → false
        {push: {tags: ['v*'], paths: [a]}} | {"event":"push","ref":"refs/tags/v1","files":["b"]} → true
        # deletions and skips
        push | {"event":"push","ref":"refs/heads/x","deleted":true} → false
        push | {"event":"push","ref":"refs/heads/x","message":"a\\n\\n[skip ci]"} → false
        push | {"event":"push","ref":"refs/heads/x","message":"[ci skip] b"} → false
        push | {"event":"push","ref":"refs/heads/x","message":"[no ci]"} → false
        push | {"event":"push","ref":"refs/heads/x","message":"[skip actions]"} → false
        push | {"event":"push","ref":"refs/heads/x","message":"[actions skip]"} → false
        push | {"event":"push","ref":"refs/heads/x","message":"[Skip CI]"} → true
        push | {"event":"push","ref":"refs/heads/x","message":"skip-checks: true"} → true
        pull_request | {"event":"pull_request","action":"synchronize","message":"x [skip ci]"} → false
        pull_request | {"event":"pull_request","action":"opened","title":"x [ci skip]"} → false
        pull_request_target | {"event":"pull_request_target","action":"opened","message":"[skip ci]"} → true
        workflow_dispatch | {"event":"workflow_dispatch","message":"[skip ci]"} → true
        # activity types
        pull_request | {"event":"pull_request","action":"opened"} → true
        pull_request | {"event":"pull_request","action":"reopened"} → true
        pull_request | {"event":"pull_request","action":"labeled"} → false
        pull_request | {"event":"pull_request","action":"closed"} → false
        {pull_request: {types: closed}} | {"event":"pull_request","action":"closed"} → true
        {pull_request: {types: [closed]}} | {"event":"pull_request","action":"opened"} → false
        {pull_request: {types: []}} | {"event":"pull_request","action":"opened"} → true
        pull_request_target | {"event":"pull_request_target","action":"edited"} → false
        issues | {"event":"issues","action":"labeled"} → true
        {issues: {types: [opened, closed]}} | {"event":"issues","action":"labeled"} → false
        {release: {types: [published]}} | {"event":"release","action":"published","ref":"refs/tags/v1"} → true
        {release: {types: [published]}} | {"event":"release","action":"created"} → false
        release | {"event":"release","action":"deleted"} → true
        {repository_dispatch: {types: [a, b]}} | {"event":"repository_dispatch","action":"b"} → true
        {repository_dispatch: {types: [a, b]}} | {"event":"repository_dispatch","action":"c"} → false
        repository_dispatch | {"event":"repository_dispatch","action":"any thing"} → true
        # the base branch
        {pull_request: {branches: [main]}} | {"event":"pull_request","action":"opened","base_ref":"main"} → true
        {pull_request: {branches: [main]}} | {"event":"pull_request","action":"opened","base_ref":"dev"} → false
        {pull_request: {branches-ignore: ['rel/*']}} | {"event":"pull_request","action":"opened","base_ref":"rel/1"} → false
        {pull_request_target: {branches: [main]}} | {"event":"pull_request_target","action":"opened","base_ref":"main"} → true
        {pull_request: {paths: [a]}} | {"event":"pull_request","action":"opened","base_ref":"main","files":["b"]} → false
        {pull_request: {branches: [main], paths: [a]}} | {"event":"pull_request","action":"opened","base_ref":"main","files":["a"]} → true
        # runs of other workflows
        {workflow_run: {workflows: [CI]}} | {"event":"workflow_run","action":"requested","workflow":"CI"} → true
        {workflow_run: {workflows: ['C*', '!CD']}} | {"event":"workflow_run","action":"completed","workflow":"CD"} → false
        {workflow_run: {workflows: [CI], types: [completed]}} | {"event":"workflow_run","action":"requested","workflow":"CI"} → false
        {workflow_run: {workflows: CI, branches: [main]}} | {"event":"workflow_run","action":"completed","workflow":"CI","head_branch":"x"} → false
        {workflow_run: {workflows: CI, branches-ignore: [x]}} | {"event":"workflow_run","action":"completed","workflow":"CI","head_branch":"y"} → true
        # others
        create | {"event":"create","ref":"refs/tags/v1"} → true
        delete | {"event":"delete","ref":"refs/heads/x"} → true
        [create] | {"event":"delete","ref":"refs/heads/x"} → false
        {schedule: [{cron: '5 4 * * *'}]} | {"event":"schedule"} → true
        {push: , schedule: [{cron: '5 4 * * *'}]} | {"event":"push","ref":"refs/heads/main"} → true
        {workflow_dispatch: {inputs: {a: {required: true}}}} | {"event":"workflow_dispatch"} → true
        workflow_call | {"event":"push","ref":"refs/heads/main"} → false
        # what is wrong
        pusj | {"event":"push"} → !event "pusj" is not known
        {push: {branches: [a], branches-ignore: [b]}} | {"event":"push"} → !filter-conflict
        {push: {tags: [a], tags-ignore: [b]}} | {"event":"push"} → !filter-conflict
        {pull_request: {paths: [a], paths-ignore: [b]}} | {"event":"push"} → !filter-conflict
        {pull_request: {tags: [a]}} | {"event":"push"} → !filter-unavailable
        {push: {types: [a]}} | {"event":"push"} → !filter-unavailable
        {issues: {branches: [a]}} | {"event":"push"} → !filter-unavailable
        {pull_request: {types: [openned]}} | {"event":"push"} → !did you mean "opened"
        {push: {branches: ['a[']}} | {"event":"push"} → !glob
        {workflow_run: {types: [completed]}} | {"event":"push"} → !missing-key
        {schedule: [{cron: '61 * * * *'}]} | {"event":"push"} → !cron
        {schedule: daily} | {"event":"push"} → !type
        {push: [a]} | {"event":"push"} → !type
        [] | {"event":"push"} → !names no event
        {push: {branches: {a: b}}} | {"event":"push"} → !type
        [push | {"event":"push"} → !yaml-syntax
        """

    @Test("triggers", arguments: rows(triggers))
    func trigger(text: String, wanted: String) throws {
        let parts = text.split(separator: " | ", maxSplits: 1).map(String.init)
        let found = LanguageTable.triggers.answer(#"{"on":\#(Self.json(parts[0])),"event":\#(parts[1])}"#)
        guard case .object(let object) = try ExpressionValue(json: found) else { return #expect(Bool(false)) }
        if wanted.hasPrefix("!") {
            #expect(object["error"]?.text.contains(wanted.dropFirst()) == true, "\(text): \(found)")
        } else {
            #expect(object["run"]?.text == wanted, "\(text): \(found)")
        }
    }
}
