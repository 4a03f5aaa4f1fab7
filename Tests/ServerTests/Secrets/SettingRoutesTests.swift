import Domain
import TestSupport
import Testing

@testable import Server

@Suite("Secrets and variables over REST")
struct SettingRoutesTests {
    private static let places: [(path: String, who: TestApp.Who)] = [
        ("/api/v1/repos/ann/secret", .ann), ("/api/v1/user", .ann), ("/api/v1/orgs/guild", .root),
        ("/api/v1/admin", .root),
    ]
    private let app: TestApp
    init() throws { app = try TestApp() }

    @Test("are made, listed by name in parts, replaced and removed at each level", arguments: places.indices)
    func levels(index: Int) throws {
        let (path, who) = Self.places[index]
        let secrets = path + "/actions/secrets"
        #expect(
            app.ask("PUT", secrets + "/b_key", as: who, body: #"{"data":"canary","description":"d"}"#).status == 201)
        #expect(app.ask("PUT", secrets + "/B_KEY", as: who, body: #"{"data":"canary2"}"#).status == 204)
        #expect(app.ask("PUT", secrets + "/A", as: who, body: #"{"data":"canary"}"#).status == 201)
        let list = app.ask("GET", secrets + "?limit=1", as: who)
        if path == "/api/v1/user" {
            #expect(list.status == 404 || list.status == 405)
        } else {
            #expect(list.header("X-Total-Count") == "2" && list.header("Link")?.contains("page=2") == true)
            let second = app.ask("GET", secrets + "?limit=1&page=2", as: who)
            #expect((second.json as? [[String: Any]])?.first?["name"] as? String == "B_KEY")
            #expect((second.json as? [[String: Any]])?.first?["description"] as? String == "")
            #expect(!second.text.contains("canary"))
        }
        #expect(app.ask("DELETE", secrets + "/b_Key", as: who).status == 204)
        #expect(app.ask("DELETE", secrets + "/b_Key", as: who).status == 404)

        let variables = path + "/actions/variables"
        #expect(app.ask("GET", variables, as: who).text == "[]")
        #expect(app.ask("POST", variables + "/region", as: who, body: #"{"value":"a\r\nb"}"#).status == 201)
        #expect(app.ask("POST", variables + "/REGION", as: who, body: #"{"value":"x"}"#).status == 409)
        #expect(app.ask("POST", variables + "/other", as: who, body: #"{"value":"x"}"#).status == 201)
        let one = app.ask("GET", variables + "/Region", as: who).json as? [String: Any]
        #expect(one?["data"] as? String == "a\nb" && one?["name"] as? String == "REGION")
        #expect((one?["repo_id"] as? Int64 ?? 0 > 0) == (index == 0))
        #expect((one?["owner_id"] as? Int64 ?? 0 > 0) == (index == 1 || index == 2))
        #expect(
            app.ask("PUT", variables + "/region", as: who, body: #"{"value":"x","name":"other"}"#).status == 409)
        #expect(
            app.ask("PUT", variables + "/region", as: who, body: #"{"value":"x","name":"zone"}"#).status == 204)
        #expect(app.ask("GET", variables + "/region", as: who).status == 404)
        let names = (app.ask("GET", variables, as: who).json as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(names == ["OTHER", "ZONE"])
        #expect(app.ask("DELETE", variables + "/zone", as: who).status == 204)
        #expect(app.ask("DELETE", variables + "/zone", as: who).status == 404)
    }

    @Test(
        "bad names and values are refused in words",
        arguments: [
            ("9A", #"{"data":"x"}"#, 400), ("A-B", #"{"data":"x"}"#, 400), ("GITHUB_TOKEN", #"{"data":"x"}"#, 400),
            ("gitea_x", #"{"data":"x"}"#, 400), ("ci", #"{"data":"x"}"#, 400), ("%00", #"{"data":"x"}"#, 400),
            ("%F0%9F%98%80", #"{"data":"x"}"#, 400), (String(repeating: "A", count: 256), #"{"data":"x"}"#, 400),
            ("A", #"{"data":""}"#, 422), ("A", "{}", 422), ("A", "", 422), ("A", #"{"data":5}"#, 422),
            ("A", #"{"data":null}"#, 422), ("A", "[]", 422), ("A", #"{"data":"x","description":1}"#, 422),
            ("A", #"{"data":"a\u0000"}"#, 422), ("A", #"{"data":"x","description":"\u0000"}"#, 422),
            ("A", "{\"data\":\"\(String(repeating: "x", count: 65_537))\"}", 400),
            ("A", "{\"data\":\"\(String(repeating: "x", count: 1 << 20))\"}", 413),
        ])
    func bad(name: String, body: String, status: Int) {
        let path = "/api/v1/repos/ann/demo/actions/"
        #expect(app.ask("PUT", path + "secrets/\(name)", as: .ann, body: body).status == status)
        let variable = body.replacing("\"data\"", with: "\"value\"")
        #expect(app.ask("POST", path + "variables/\(name)", as: .ann, body: variable).status == status)
        #expect(app.ask("POST", path + "variables/KNOWN", as: .ann, body: #"{"value":"1"}"#).status == 201)
        if name == "A" {
            #expect(app.ask("PUT", path + "variables/KNOWN", as: .ann, body: variable).status == status)
        } else {
            let renamed = #"{"value":"1","name":"9A"}"#
            #expect(app.ask("PUT", path + "variables/KNOWN", as: .ann, body: renamed).status == 400)
            #expect(app.ask("PUT", path + "variables/\(name)", as: .ann, body: variable).status == 404)
            #expect(app.ask("GET", path + "variables/\(name)", as: .ann).status == 404)
            #expect(app.ask("DELETE", path + "secrets/\(name)", as: .ann).status == 404)
        }
        #expect(app.ask("GET", path + "secrets", as: .ann).text == "[]", "nothing was made")
        #expect(app.ask("GET", path + "variables/KNOWN", as: .ann).text.contains(#""data":"1""#))
    }

    @Test("who does not own the repository sees none of it")
    func roles() {
        for what in ["secrets", "variables"] {
            let path = "/actions/\(what)"
            for who in [TestApp.Who.bob, .carl, .job] {
                #expect(app.ask("GET", "/api/v1/repos/ann/secret" + path, as: who).status == 403, "\(who)")
            }
            #expect(app.ask("GET", "/api/v1/repos/ann/secret" + path, as: .eve).status == 404)
            #expect(app.ask("GET", "/api/v1/repos/ann/secret" + path).status == 404)
            #expect(app.ask("GET", "/api/v1/repos/ann/demo" + path).status == 401)
            #expect(app.ask("GET", "/api/v1/repos/ann/demo" + path, as: .root).status == 200)
            #expect(app.ask("GET", "/api/v1/admin" + path, as: .ann).status == 403)
        }
    }

    @Test("two who make the same thing at once: one makes it, nobody hears of a fault")
    func races() {
        let path = "/api/v1/repos/ann/demo/actions/"
        let seen = Seen<Int>()
        let app = app
        atOnce(6) { _ in
            seen.add(app.ask("POST", path + "variables/A", as: .ann, body: #"{"value":"1"}"#).status)
            seen.add(1000 + app.ask("PUT", path + "secrets/A", as: .ann, body: #"{"data":"1"}"#).status)
        }
        #expect(seen.all.filter { $0 == 201 }.count == 1 && seen.all.filter { $0 == 409 }.count == 5)
        #expect(seen.all.filter { $0 == 1201 }.count == 1 && seen.all.filter { $0 == 1204 }.count == 5)
        for name in ["B", "C"] {
            _ = app.ask("POST", path + "variables/\(name)", as: .ann, body: #"{"value":"1"}"#)
        }
        let renamed = Seen<Int>()
        atOnce(2) { number in
            let name = ["B", "C"][number]
            renamed.add(
                app.ask("PUT", path + "variables/\(name)", as: .ann, body: #"{"value":"1","name":"D"}"#).status)
        }
        #expect(renamed.all.sorted() == [204, 409])
    }

    @Test("without a master key secrets say what to configure, and the rest goes on")
    func noMasterKey() throws {
        let app = try TestApp(hasMasterKey: false)
        let path = "/api/v1/repos/ann/demo/actions/"
        for (method, name) in [("GET", ""), ("PUT", "/A"), ("DELETE", "/A")] {
            let answer = app.ask(method, path + "secrets\(name)", as: .ann, body: #"{"data":"x"}"#)
            #expect(answer.status == 501 && answer.text.contains("secrets.master_key_file"), "\(method)")
        }
        #expect(app.ask("POST", path + "variables/A", as: .ann, body: #"{"value":"1"}"#).status == 201)
        #expect(app.ask("GET", "/api/v1/user/actions/runners/registration-token", as: .ann).status == 200)
    }
}
