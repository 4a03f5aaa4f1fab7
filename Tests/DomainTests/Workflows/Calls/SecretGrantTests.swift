import Testing

@testable import Domain

@Suite("Secrets that a call passes on")
struct SecretGrantTests {
    private static func these(_ pairs: [(String, String)]) -> [SecretGrant.Item] {
        pairs.map { SecretGrant.Item(name: $0.0, source: $0.1) }
    }
    private static func names(_ grant: SecretGrant) -> [String] {
        grant.names(of: ["A", "B", "C"]).map { "\($0.name)=\($0.source)" }
    }

    @Test("are these and no others, by the callee's names")
    func names() {
        #expect(Self.names(.all) == ["A=A", "B=B", "C=C"])
        #expect(Self.names(.these([])) == [])
        #expect(Self.names(.these(Self.these([("X", "A"), ("Y", "NONE"), ("B", "C"), ("X", "B")]))) == ["B=C", "X=B"])
    }

    @Test("shrink from call to call")
    func passed() {
        let first = SecretGrant.all.passed(by: .these(Self.these([("X", "A"), ("Y", "B")])))
        #expect(Self.names(first) == ["X=A", "Y=B"])
        #expect(Self.names(first.passed(by: .inherit)) == ["X=A", "Y=B"])
        // `A` is no name in the callee.
        #expect(Self.names(first.passed(by: .these(Self.these([("Z", "X"), ("W", "A")])))) == ["Z=A"])
        #expect(Self.names(first.passed(by: .these([]))) == [])
        #expect(SecretGrant.all.passed(by: .inherit) == .all)
    }

    @Test("are stored as they are")
    func stored() throws {
        for grant in [SecretGrant.all, .these([]), .these(Self.these([("X", "A"), ("Y", "B")]))] {
            var json = JSONWriter()
            grant.write(to: &json)
            let text = String(decoding: json.bytes, as: UTF8.self)
            #expect(try SecretGrant(stored: try ExpressionValue(json: text)) == grant)
        }
        #expect(throws: JSONFault.self) { try SecretGrant(stored: try ExpressionValue(json: #"[["A"]]"#)) }
    }
}
