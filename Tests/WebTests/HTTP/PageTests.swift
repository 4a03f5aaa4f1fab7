import Domain
import Testing

@testable import Web

@Suite("Which part of a list is asked for")
struct PageTests {
    private static func request(_ query: String) -> Request {
        Request(parameters: ["REQUEST_URI": "/list?\(query)", "QUERY_STRING": query], body: [])
    }

    @Test(
        "E8: the first page leaves nothing out, the next what the first had",
        arguments: [
            ("", 30, 0), ("page=1&limit=10", 10, 0), ("page=2&limit=10", 10, 10), ("page=3", 30, 60),
            // What cannot be meant is the nearest that can.
            ("page=0", 30, 0), ("page=-5&limit=2", 2, 0), ("page=x&limit=y", 30, 0), ("limit=0", 30, 0),
            ("limit=51", 50, 0),
            ("limit=99999999999999999999", 30, 0), ("page=9223372036854775807&limit=50", 50, 499_999_950),
        ] as [(String, Int64, Int64)])
    func parts(query: String, limit: Int64, offset: Int64) {
        #expect(Page(Self.request(query)).part == ListPart(limit: limit, offset: offset))
    }

    @Test("with the id before which it begins the page does not count")
    func before() {
        #expect(Page(Self.request("before=70&page=3&limit=5")).part == ListPart(limit: 5, offset: 0, before: 70))
        for query in ["before=0", "before=-1", "before=x"] { #expect(Page(Self.request(query)).before == nil) }
    }

    @Test("pages follow each other without a hole, whatever their size", arguments: [1, 7, 50])
    func follow(limit: Int) {
        var next: Int64 = 0
        for number in 1...20 {
            let part = Page(number: number, limit: limit).part
            #expect(part.offset == next)
            next = part.offset + part.limit
        }
    }

    @Test(
        "the pages around this one are linked, with the rest of the question",
        arguments: [
            ("limit=10", 0, []), ("limit=10", 10, []), ("limit=10", 11, ["next 2", "last 2"]),
            ("page=2&limit=10", 35, ["next 3", "last 4", "first 1", "prev 1"]),
            ("page=4&limit=10", 35, ["first 1", "prev 3"]), ("before=9&limit=10", 35, []),
        ] as [(String, Int64, [String])])
    func links(query: String, total: Int64, expected: [String]) {
        let request = Self.request(query + "&q=a%20b")
        let headers = Page(request).headers(total: total, base: "http://h", request: request)
        #expect(headers.first { $0.name == "X-Total-Count" }?.value == "\(total)")
        let link = headers.first { $0.name == "Link" }?.value ?? ""
        let found = link.matches(of: /<http:\/\/h\/list\?[^>]*q=a%20b&page=(\d+)>; rel="(\w+)"/).map {
            "\($0.output.2) \($0.output.1)"
        }
        #expect(found == expected)
    }

    @Test("a list that nobody counted to its end has no last page, and a next one while pages are full")
    func uncounted() {
        func rels(_ query: String, total: Int64, shown: Int) -> [String] {
            let request = Self.request(query)
            let link =
                Page(request).headers(total: total, isWhole: false, shown: shown, base: "", request: request)
                .first { $0.name == "Link" }?.value ?? ""
            return link.split(separator: ", ").map { String($0.split(separator: "rel=").last ?? "") }
        }
        #expect(rels("limit=10", total: 20, shown: 10) == ["\"next\""])
        #expect(rels("limit=10&page=2", total: 20, shown: 10) == ["\"next\"", "\"first\"", "\"prev\""])
        #expect(rels("limit=10&page=9", total: 20, shown: 3) == ["\"first\"", "\"prev\""])
    }

    @Test("a list asked for by an id links to what comes after its last row, while there may be more")
    func keyset() {
        let request = Self.request("before=70&limit=2&q=x")
        let full = Page(request).headers(total: 9, last: 68, shown: 2, base: "http://h", request: request)
        #expect(full.first { $0.name == "Link" }?.value == "<http://h/list?limit=2&q=x&before=68>; rel=\"next\"")
        let short = Page(request).headers(total: 9, last: 69, shown: 1, base: "http://h", request: request)
        #expect(!short.contains { $0.name == "Link" })
    }
}
