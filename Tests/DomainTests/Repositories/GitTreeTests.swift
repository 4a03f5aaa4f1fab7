import Testing

@testable import Domain

@Suite("Trees of git")
struct GitTreeTests {
    private static let a = String(repeating: "0a", count: 20)
    private static let b = String(repeating: "b1", count: 20)

    private func names(_ tree: GitTree) -> [String] { tree.entries.map { String(decoding: $0.name, as: UTF8.self) } }

    @Test("entries keep git's order, in which a directory ends in a slash")
    func order() {
        let tree = GitTree(entries: []).replacing("a.txt", mode: "100644", id: Self.a)
            .replacing("a", mode: "40000", id: Self.b).replacing("a-b", mode: "100644", id: Self.a)
            .replacing("b", mode: "100755", id: Self.a)
        // "a-b" < "a.txt" < "a/" < "b"
        #expect(names(tree) == ["a-b", "a.txt", "a", "b"])
        #expect(names(tree.replacing("a", mode: "100644", id: Self.a)) == ["a", "a-b", "a.txt", "b"])
        #expect(names(tree.removing("a.txt")) == ["a-b", "a", "b"])
        #expect(tree["a"]?.isTree == true && tree["a"]?.id == Self.b && tree["c"] == nil)
    }

    @Test("what is written is read back")
    func bytes() throws {
        let tree = GitTree(entries: [
            .init(mode: "100644", name: [0xFF, 0x20, 0x0A], id: Self.a),
            .init(mode: "40000", name: Array("z".utf8), id: Self.b),
        ])
        #expect(try #require(GitTree(tree.bytes)) == tree)
        #expect(GitTree([])?.entries.isEmpty == true)
    }

    @Test("what is no tree is told", arguments: 1..<48)
    func broken(length: Int) {
        let whole = GitTree(entries: [.init(mode: "100644", name: Array("abcdef".utf8), id: Self.a)]).bytes
        #expect((GitTree(Array(whole.prefix(length))) == nil) == (length < whole.count))
    }
}
