import Foundation
import Testing

@testable import Client
@testable import Domain
@testable import Web

@Suite("The artifact client")
struct ArtifactClientTests {
    static let dispositions: [(header: String, name: String?)] = [
        (attachmentDisposition("dist.zip"), "dist.zip"),
        (attachmentDisposition("page é 100%.html"), "page é 100%.html"),
        (attachmentDisposition("a;b\"c.txt"), "a;b\"c.txt"),
        // What we would not send, but another server could.
        (#"attachment; filename="../../etc/passwd""#, "passwd"), ("attachment; filename*=UTF-8''..%2F..%2Fx", "x"),
        (#"attachment; filename="a\b""#, "b"), (#"inline; FILENAME="x""#, "x"),
        ("attachment; filename*=UTF-8''%2E%2E", nil),
        (#"attachment; filename="..""#, nil), (#"attachment; filename="""#, nil), ("attachment", nil),
        ("attachment; filename*=UTF-8''a%0Ab", nil), ("attachment; filename*=UTF-8''%ff", nil),
        ("attachment; filename*=UTF-8''a%00", nil),
    ]

    @Test("takes a file's name from the server, and no way out of the folder", arguments: dispositions.indices)
    func name(index: Int) { #expect(attachmentName(Self.dispositions[index].header) == Self.dispositions[index].name) }

    @Test("reads Content-Range")
    func range() {
        let range = ContentRange("bytes 5-9/20")
        #expect(range.map { [$0.first, $0.last, $0.total] } == [5, 9, 20])
        for wrong in [
            "", "bytes */20", "bytes 5-9/*", "bytes 9-5/20", "bytes 5-20/20", "bytes -5-9/20", "5-9/20",
            "bytes 5-9/20 ",
            "bytes 0-9223372036854775808/9223372036854775809",
        ] {
            #expect(ContentRange(wrong) == nil, "\(wrong)")
        }
    }

    static let types: [(name: String, type: String)] = [
        ("a.zip", "application/zip"), ("A.ZIP", "application/zip"), ("a.tar.gz", "application/gzip"),
        ("index.html", "text/html"),
        ("a", "application/octet-stream"), ("zip", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
        ("a.", "application/octet-stream"), ("", "application/octet-stream"),
    ]

    @Test("tells a file's type by its ending", arguments: types.indices)
    func type(index: Int) { #expect(mediaType(ofFile: Self.types[index].name) == Self.types[index].type) }

    private static func environment(scp: String, url: String = "http://ci:3000/") throws -> [String: String] {
        let token = try JWT.make(JWT.Header(alg: "HS256"), claims: ["scp": scp]) { _ in [1] }
        return ["ACTIONS_RUNTIME_TOKEN": token, "ACTIONS_RESULTS_URL": url]
    }

    @Test("reads the run and the job out of the token, and the origin out of the address")
    func environment() throws {
        let job = try JobEnvironment(Self.environment(scp: "x Actions.Results:7:9", url: "https://ci.example/sub/"))
        #expect([job.origin, job.run, job.job] == ["https://ci.example", "7", "9"])
        #expect(try JobEnvironment(Self.environment(scp: "Actions.Results:7:9")).origin == "http://ci:3000")
    }

    @Test("says what is wrong with an environment that is no job's")
    func noEnvironment() throws {
        for wrong in [
            [:], ["ACTIONS_RUNTIME_TOKEN": "", "ACTIONS_RESULTS_URL": "http://x"],
            ["ACTIONS_RUNTIME_TOKEN": "no.jwt", "ACTIONS_RESULTS_URL": "http://x"],
            try Self.environment(scp: "Actions.Results:7"), try Self.environment(scp: "Actions.Results:7:9", url: "ci"),
            try Self.environment(scp: "Actions.Results:7:9", url: "ftp://ci"),
        ] {
            let problem = #expect(throws: ClientProblem.self) { try JobEnvironment(wrong) }
            #expect(problem?.exitStatus == 2)
        }
    }

    static let answers: [(status: Int, body: String, words: String, exit: Int32)] = [
        (404, #"{"message":"not found"}"#, "could not x: not found (HTTP 404)", 1),
        (409, #"{"code":"already_exists","msg":"there"}"#, "could not x: there (HTTP 409)", 1),
        (403, "<?xml?><Error><Code>A</Code><Message>no</Message></Error>", "could not x: no (HTTP 403)", 1),
        (403, "</Message><Message>", "could not x: the server answered HTTP 403", 1),
        (503, "<html>", "could not x: the server answered HTTP 503", 3),
        (502, "", "could not x: the server answered HTTP 502", 3),
        (429, "{}", "could not x: the server answered HTTP 429", 3),
    ]

    @Test("says what a refusal says, in whichever protocol's words", arguments: answers.indices)
    func words(index: Int) {
        let (status, body, words, exit) = Self.answers[index]
        let problem = HTTPAnswer(status: status, headers: [:], body: Data(body.utf8)).problem("x")
        #expect((problem.words, problem.exitStatus) == (words, exit))
    }

    @Test("a list is a table that no name can garble")
    func table() {
        func artifact(_ id: Int64, _ name: String, expired: Bool = false) -> ListedArtifact {
            ListedArtifact(
                id: id, name: name, bytes: 1_500_000, expired: expired, digest: nil, createdAt: "2026-01-02T03:04:05Z",
                expiresAt: "2026-04-02T03:04:05Z", run: .init(id: 7))
        }
        #expect(
            artifactTable([artifact(12, "dist"), artifact(3, "a\u{1B}[2J", expired: true)]) == """
                ID  RUN  SIZE    CREATED               EXPIRES               NAME
                12  7    1.5 MB  2026-01-02T03:04:05Z  2026-04-02T03:04:05Z  dist
                3   7    1.5 MB  2026-01-02T03:04:05Z  expired               a?[2J

                """)
    }
}
