import Testing

@testable import Server
@testable import Web

@Suite("A route")
struct RouteTests {
    private static func bound(_ pattern: String, _ segments: [String]) -> [String: String]? {
        Route("GET", pattern, access: .open) { _, _, _ in .noContent }.bind(segments)
    }

    @Test("literals must be equal, names take one segment each")
    func binding() {
        #expect(Self.bound("/", []) == [:])
        #expect(Self.bound("/healthz", ["healthz"]) == [:])
        #expect(Self.bound("/healthz", ["Healthz"]) == nil)
        #expect(Self.bound("/healthz", []) == nil)
        #expect(Self.bound("/healthz", ["healthz", "more"]) == nil)
        let pattern = "/api/v1/repos/{owner}/{repo}/actions/runs/{run}"
        #expect(
            Self.bound(pattern, ["api", "v1", "repos", "ann", "app", "actions", "runs", "7"])
                == ["owner": "ann", "repo": "app", "run": "7"])
        #expect(Self.bound(pattern, ["api", "v1", "repos", "ann", "app", "actions", "jobs", "7"]) == nil)
        #expect(Self.bound(pattern, ["api", "v1", "repos", "ann", "app"]) == nil)
    }

    @Test("a segment that looks like a pattern is only text")
    func patternLike() {
        #expect(Self.bound("/{owner}", ["{owner}"]) == ["owner": "{owner}"])
        #expect(Self.bound("/a", ["{a}"]) == nil)
        #expect(Self.bound("/{owner}", ["a/b"]) == ["owner": "a/b"])
    }
}
