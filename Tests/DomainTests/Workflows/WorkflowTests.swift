import Testing

@testable import Domain

@Suite("A filter of a push")
struct WorkflowTests {
    static func patterns(_ texts: [String]) throws -> [Pattern] { try texts.map { try Pattern($0) } }

    @Test(
        "names pass when one is included, and not when all are ignored",
        arguments: [
            (["main", "v*"], ["main"], true, false), (["main", "v*"], ["dev"], false, true),
            (["main"], ["dev", "main"], true, true), (["**"], ["docs/a"], true, false),
            // The last pattern that matches decides what is included; one that matches is enough to ignore, and a negative
            // one ignores all it does not match (act).
            (["main", "!main"], ["main"], false, false), (["!main", "main"], ["main"], true, false),
            (["**", "!docs/**"], ["docs/a", "src/b"], true, false), (["!docs/**"], ["docs/a"], false, true),
            (["!docs/**"], ["src/b"], false, false),
            (["main"], [], false, false),
        ])
    func lists(patterns: [String], inputs: [String], included: Bool, ignored: Bool) throws {
        #expect(FilterList.including(try Self.patterns(patterns)).passes(inputs) == included)
        #expect(FilterList.ignoring(try Self.patterns(patterns)).passes(inputs) == ignored)
    }

    @Test("without steps left it passes, as when the paths are not known")
    func spent() throws {
        let filter = FilterList.including(try Self.patterns(["src/**"]))
        let paths = (0..<1000).map { "docs/\($0)" }
        var steps = 10
        #expect(filter.passes(paths, &steps))
        #expect(steps < 0)
        var enough = Int.max
        #expect(!filter.passes(paths, &enough))
    }
}
