import Domain
import Foundation
import Postgres
import TestSupport
import Testing

@testable import Server
@testable import Web

@Suite("Files over REST")
struct ContentsRoutesTests {
    private let app: TestApp
    private static let base = "/api/v1/repos/ann/files"

    init() throws {
        app = try TestApp()
        let made = app.ask("POST", "/api/v1/user/repos", as: .ann, body: #"{"name": "files", "auto_init": true}"#)
        try #require(made.status == 201)
    }

    private func pushes() throws -> Int64 {
        try Connection(dsn: app.dsn).run(Statement("test_pushes", "select count(*) from inbox"), [])[0].int(0)
    }

    @Test("bad input is refused, and makes no commit")
    func badInput() throws {
        for (method, path, body, status) in [
            ("POST", "/contents/a", "", 422), ("POST", "/contents/a", "{}", 422),
            ("POST", "/contents/a", #"{"content": 5}"#, 422), ("POST", "/contents/a", #"{"content": "!"}"#, 422),
            ("POST", "/contents/a", #"{"content": "", "message": "\u0000"}"#, 422),
            ("POST", "/contents/a", #"{"content": "", "branch": "none"}"#, 404),
            ("POST", "/contents/a", #"{"content": "", "new_branch": "main", "branch": "none"}"#, 404),
            ("POST", "/contents/a", #"{"content": "", "dates": {"author": "yesterday"}}"#, 422),
            ("POST", "/contents/README.md", #"{"content": ""}"#, 422),
            ("POST", "/contents/README.md/below", #"{"content": ""}"#, 422),
            ("PUT", "/contents/README.md", #"{"content": ""}"#, 422),
            ("PUT", "/contents/none", #"{"content": "", "sha": "abcd"}"#, 404),
            ("PUT", "/contents/b", #"{"content": "", "sha": "abcd", "from_path": "../x"}"#, 422),
            ("DELETE", "/contents/README.md", "{}", 422), ("DELETE", "/contents/README.md", #"{"sha": ""}"#, 422),
            ("DELETE", "/contents/README.md", #"{"sha": "abcd"}"#, 422),
            ("DELETE", "/contents/none", #"{"sha": "abcd"}"#, 404), ("POST", "/contents", #"{"files": []}"#, 422),
            ("POST", "/contents", #"{"files": [{"operation": "chmod", "path": "a"}]}"#, 422),
            (
                "POST", "/contents",
                #"{"files": [{"operation": "create", "path": "a"}, {"operation": "create", "path": "a"}]}"#, 422
            ),
            ("POST", "/branches", #"{"new_branch_name": ""}"#, 422),
            ("POST", "/branches", #"{"new_branch_name": "x", "old_ref_name": "none"}"#, 404),
            ("POST", "/tags", #"{"tag_name": "v1", "target": "none"}"#, 404),
            ("GET", "/commits?path=../x", "", 422), ("GET", "/commits?since=x", "", 422),
            ("GET", "/commits?author=x", "", 400), ("GET", "/git/blobs/zz", "", 404),
            ("GET", "/git/trees/0", "", 404), ("GET", "/contents/none", "", 404), ("GET", "/raw/none", "", 404),
        ] {
            let answer = app.ask(method, Self.base + path, as: .ann, body: body)
            #expect(answer.status == status, "\(method) \(path) \(body): \(answer.status) \(answer.text)")
        }
        #expect(try pushes() == 0)
    }

    @Test("a change is announced and confirmed as a push is, by whoever made it")
    func pushed() throws {
        #expect(app.ask("POST", Self.base + "/contents/a", as: .ann, body: #"{"content": "QQ=="}"#).status == 201)
        let rows = try Connection(dsn: app.dsn).run(
            Statement(
                "test_inbox",
                "select state, ref, after, a.name from inbox i join account a on a.id = i.pusher_id"), [])
        #expect(rows.count == 1 && rows[0].text(0) == "confirmed" && rows[0].text(1) == "refs/heads/main")
        #expect(rows[0].text(3) == "ann")
        let head = app.ask("GET", Self.base + "/branches/main", as: .ann).json as? [String: Any]
        #expect((head?["commit"] as? [String: Any])?["id"] as? String == rows[0].text(2))
    }

    @Test("who may not write changes nothing")
    func refused() throws {
        let body = #"{"content": ""}"#
        #expect(app.ask("POST", Self.base + "/contents/a", body: body).status == 401)
        #expect(app.ask("POST", Self.base + "/contents/a", as: .eve, body: body).status == 403)
        #expect(app.ask("POST", "/api/v1/repos/ann/secret/contents/a", as: .readingJob, body: body).status == 403)
        #expect(app.ask("POST", "/api/v1/repos/ann/secret/contents/a", as: .eve, body: body).status == 404)
        #expect(try pushes() == 0)
    }
}
