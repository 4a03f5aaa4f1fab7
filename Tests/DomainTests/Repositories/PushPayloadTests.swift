import Testing

@testable import Domain

@Suite("The payload of a push")
struct PushPayloadTests {
    private static func commit(_ id: String, _ message: String, paths: Int = 0) -> ListedCommit {
        var change = CommitChange()
        change.added = (0..<paths).map { "path-\($0)" }
        let text = "tree 1\nauthor Ann <a@b> 1 +0000\ncommitter \"Bob\" <b@c> 2 +0100\n\n\(message)\n"
        return ListedCommit(id: id, commit: Commit(Array(text.utf8)), change: change)
    }
    private static func payload(_ head: ListedCommit, _ commits: [ListedCommit] = []) -> PushPayload {
        PushPayload(
            push: .init(ref: "refs/heads/main", before: String(repeating: "0", count: 40), after: "t"), head: head,
            commits: commits, total: 9, isForced: false, pusher: "ann", page: "http://h/ann/app",
            repository: JSONVerbatim(#"{"id":7}"#))
    }

    @Test("has the fields that workflows read, oldest commit first")
    func fields() throws {
        let json = try Self.payload(
            Self.commit("c2", "two \"q\"\nmore", paths: 1),
            [
                Self.commit("c2", "two \"q\"\nmore", paths: 1), Self.commit("c1", "one"),
            ]
        ).json(bytesMax: 100_000)
        let person =
            #""author":{"name":"Ann","email":"a@b"},"committer":{"name":"\"Bob\"","email":"b@c"},"distinct":true"#
        let two =
            #"{"id":"c2","message":"two \"q\"\nmore","timestamp":"1970-01-01T01:00:02+01:00","url":"http://h/ann/app/commit/c2",\#(person),"added":["path-0"],"removed":[],"modified":[]}"#
        let one =
            #"{"id":"c1","message":"one","timestamp":"1970-01-01T01:00:02+01:00","url":"http://h/ann/app/commit/c1",\#(person),"added":[],"removed":[],"modified":[]}"#
        let compare = "http://h/ann/app/compare/0000000000000000000000000000000000000000...c2"
        #expect(
            json
                == #"{"ref":"refs/heads/main","before":"0000000000000000000000000000000000000000","after":"c2","base_ref":null,"created":true,"deleted":false,"forced":false,"compare":"\#(compare)","compare_url":"\#(compare)","commits":[\#(one),\#(two)],"head_commit":\#(two),"total_commits":9,"pusher":{"name":"ann","login":"ann","username":"ann"},"sender":{"login":"ann","username":"ann"},"repository":{"id":7}}"#
        )
    }

    @Test(
        "what does not fit goes: a commit's paths, then older commits, then the end of the head's message",
        arguments: [
            50_000, 100_000, 1_000_000,
        ])
    func limit(bytesMax: Int) throws {
        let commits = (0..<2000).map { Self.commit("c\($0)", "m\u{1}", paths: 100) }
        let many = try Self.payload(commits[0], commits).json(bytesMax: bytesMax)
        #expect(many.utf8.count <= bytesMax)
        let value = try ExpressionValue(json: many)
        guard case .object(let object) = value, case .array(let listed)? = object["commits"] else {
            return #expect(Bool(false), "no list of commits")
        }
        #expect(!listed.items.isEmpty && listed.items.count < 2000)
        let long = try Self.payload(Self.commit("c", String(repeating: "\u{1}", count: 500_000))).json(
            bytesMax: bytesMax)
        #expect(long.utf8.count <= bytesMax && long.contains(#""head_commit":{"id":"c","message":"\u0001"#))
        let wide = try Self.payload(Self.commit("c", "short", paths: 200_000)).json(bytesMax: bytesMax)
        #expect(wide.utf8.count <= bytesMax && wide.contains(#""message":"short""#) && wide.contains(#""added":[]"#))
    }
}
