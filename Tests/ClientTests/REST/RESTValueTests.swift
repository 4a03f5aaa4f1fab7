import Client
import Foundation
import Testing

@Suite("JSON of an answer")
struct RESTValueTests {
    @Test(
        "members as a person reads them",
        arguments: [
            ("id", "7"), ("name", "ci"), ("actor.login", "ann"), ("actor.id", "-"), ("none", "-"), ("null", "-"),
            ("empty", "-"), ("busy", "yes"), ("done", "no"), ("labels", "linux,arm"), ("plain", "a,b"), ("half", "0.5"),
            ("actor", "-"), ("big", "9223372036854775807"), ("nothing", "-"), ("one", "1"),
        ])
    func text(name: String, expected: String) throws {
        let json = #"""
            {"id":7,"name":"ci","actor":{"login":"ann"},"null":null,"empty":"","busy":true,"done":false,"half":0.5,"one":1,
             "labels":[{"name":"linux"},{"name":"arm"}],"plain":["a","b"],"nothing":[],"big":9223372036854775807}
            """#
        let value = try JSONDecoder().decode(RESTValue.self, from: Data(json.utf8))
        #expect(value.text(name) == expected)
        #expect(try JSONDecoder().decode(RESTValue.self, from: JSONEncoder().encode(value)) == value)
    }
}
