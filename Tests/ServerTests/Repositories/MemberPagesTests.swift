import Domain
import TestSupport
import Testing

@testable import Server

@Suite("Members of a repository")
struct MemberPagesTests {
    private static let path = "/ann/secret/settings/members"
    private let app: TestApp
    private let ann: [String: String]

    init() throws {
        app = try TestApp()
        ann = try app.signIn(.ann)
    }

    private func send(_ fields: [(String, String)], to path: String = path) throws -> TestApp.Answer {
        try app.send(path, fields, headers: ann, token: Self.path)
    }

    @Test("are let in, given other permissions, and let in no longer")
    func changed() throws {
        #expect(app.ask("GET", "/ann/secret/actions", as: .eve).status == 404)
        #expect(try send([("user", "eve"), ("permission", "read")]).status == 303)
        #expect(app.ask("GET", "/ann/secret/actions", as: .eve).status == 200)
        #expect(app.ask("GET", Self.path, as: .eve).status == 403)
        #expect(try send([("user", "EVE"), ("permission", "admin")]).status == 303)
        #expect(app.ask("GET", Self.path, as: .eve).status == 200)
        #expect(try send([("user", "eve")], to: Self.path + "/remove").status == 303)
        #expect(app.ask("GET", "/ann/secret/actions", as: .eve).status == 404)
    }

    @Test("are people that there are, who do not own it")
    func refused() throws {
        for (user, words) in [
            ("nobody", "no user of this name"), ("ann", "owns this repository"), ("guild", "is an organization"),
            ("", "no user"),
            ("a<b>", "value=\"a&lt;b&gt;\""),
        ] {
            let answer = try send([("user", user), ("permission", "write")])
            #expect(answer.status == 422 && answer.text.contains(words), "\(user)")
        }
        #expect(try send([("user", "eve"), ("permission", "owner")]).status == 422)
    }

    @Test("are shown with what they may, and the teams of the owner")
    func shown() throws {
        let page = app.ask("GET", Self.path, headers: ann).text
        #expect(page.contains(">bob</a>") && page.contains(">carl</a>") && !page.contains("Teams of"))
        let guild = try #require(try app.app.accounts.account(named: "guild"))
        _ = try app.app.repositories.create(owner: guild.id, name: "shop", isPrivate: false)
        #expect(app.ask("GET", "/guild/shop/settings/members", headers: ann).text.contains("Owners"))
    }
}
