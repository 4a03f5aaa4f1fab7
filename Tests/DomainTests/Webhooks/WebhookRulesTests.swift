import Testing

@testable import Domain

@Suite("Rules of webhooks")
struct WebhookRulesTests {
    @Test("pauses grow, and end")
    func pauses() {
        let pauses = (1...5).compactMap { deliveryPause(afterTries: $0) }
        #expect(pauses.count == 5 && zip(pauses, pauses.dropFirst()).allSatisfy { $0 < $1 })
        for tries in [Int64.min, 0, 6, Int64.max] { #expect(deliveryPause(afterTries: tries) == nil) }
    }

    @Test("events are known by Gitea's names, each once")
    func events() {
        #expect(WebhookEvents.known(["push", "issues", "push"]).events == ["push", "issues"])
        #expect(WebhookEvents.known(["push", "pushes"]).unknown == "pushes")
    }

    @Test(
        "addresses",
        arguments: [
            ("https://example.org/hook?x=1", true), ("HTTP://example.org", true), ("http://[::1]:80/", true),
            ("", false), ("ftp://example.org", false), ("https://", false), ("https:///x", false),
            ("http://:80/", false),
            ("https://user@example.org/", false), ("https://example.org/a b", false), ("https://exämple.org/", false),
            ("https://example.org/\0", false), ("https://x/" + String(repeating: "a", count: 2000), false),
        ])
    func address(text: String, isOne: Bool) { #expect((whyNoWebhookAddress(text) == nil) == isOne) }
}
