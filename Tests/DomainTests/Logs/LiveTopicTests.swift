import Domain
import Testing

@Suite("The topics of a stream of events")
struct LiveTopicTests {
    private static func wish(_ query: String, _ last: String? = nil) throws(LiveWish.Invalid) -> LiveWish {
        try LiveWish(
            query: query.split(separator: "&").map { pair in
                let sides = pair.split(separator: "=", maxSplits: 1)
                return (String(sides[0]), String(sides.last ?? ""))
            }, lastEventID: last)
    }

    @Test("are read in their order, each once, with what the client has of them")
    func read() throws {
        let wish = try Self.wish("run=7@ab12&log=5@120&log=6&runs=3&log=5&poll=1")
        #expect(wish.topics == [.run(RunID(7)), .log(JobID(5)), .log(JobID(6)), .runs(RepositoryID(3))])
        #expect(wish.rows == [JobID(5): 120])
        #expect(wish.marks == [.run(RunID(7)): "ab12"])
        #expect(wish.topics.map(\.description) == ["run:7", "log:5", "log:6", "runs:3"])
    }

    @Test(
        "go on behind the last event that the client saw",
        arguments: [
            ("log:5@180", 180), ("log:5@0", 0), ("log:9@180", 120), ("log:5@-1", 120), ("", 120), ("x", 120),
            (":", 120), ("log:5@1 2", 120),
        ])
    func lastEvent(last: String, row: Int64) throws {
        let wish = try Self.wish("log=5@120", last)
        #expect(wish.rows == [JobID(5): row])
        #expect(wish.topics == [.log(JobID(5))])
    }

    @Test(
        "that are none are refused",
        arguments: [
            "log=", "log=0", "log=-5", "log=x", "log=5@", "log=5@-1", "log=5@x", "run=7@UPPER", "runs=@", "run=5@a b",
            "log=99999999999999999999", "run=7@" + String(repeating: "a", count: 41),
        ])
    func refused(query: String) {
        #expect(throws: LiveWish.Invalid.self) { try Self.wish(query) }
    }

    @Test("are some, and not too many")
    func count() throws {
        #expect(throws: LiveWish.Invalid.none) { try Self.wish("poll=1") }
        func many(_ count: Int) -> String { (1...count).map { "log=\($0)" }.joined(separator: "&") }
        #expect(try Self.wish(many(LiveTopicLimits.topicsMax)).topics.count == LiveTopicLimits.topicsMax)
        #expect(throws: LiveWish.Invalid.tooMany(LiveTopicLimits.topicsMax + 1)) {
            try Self.wish(many(LiveTopicLimits.topicsMax + 1))
        }
    }
}
