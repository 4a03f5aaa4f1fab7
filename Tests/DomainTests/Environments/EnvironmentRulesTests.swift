import Testing

@testable import Domain

@Suite("Rules of an environment")
struct EnvironmentRulesTests {
    private static func custom(_ policies: (String, BranchPolicy.Kind)...) -> BranchRule {
        .custom(policies.map { BranchPolicy(pattern: $0.0, kind: $0.1) })
    }

    @Test(
        "which refs may use it",
        arguments: [
            (.all, "refs/heads/x", true), (.protected, "refs/heads/x", true),
            (custom(("main", .branch)), "refs/heads/main", true), (custom(("main", .branch)), "refs/heads/Main", false),
            (custom(("main", .branch)), "refs/tags/main", false), (custom(("v*", .tag)), "refs/tags/v1", true),
            (custom(("v*", .tag)), "refs/heads/v1", false),
            (custom(("release/*", .branch)), "refs/heads/release/1", true),
            (custom(("release/*", .branch)), "refs/heads/release/1/2", false),
            (custom(("release/**", .branch), ("main", .branch)), "refs/heads/release/1/2", true),
            (custom(), "refs/heads/main", false), (custom(("**", .branch)), "refs/pull/1/head", true),
            (custom(("[", .branch)), "refs/heads/[", false),
        ] as [(BranchRule, String, Bool)])
    func branches(rule: BranchRule, ref: String, allows: Bool) { #expect(rule.allows(ref) == allows) }

    @Test("what a job finds at its gate")
    func gate() {
        func gate(_ needs: Bool, _ reviewed: Bool, _ waits: Bool, refusal: String = "") -> JobGate {
            JobGate(refusal: refusal, needsReview: needs, isReviewed: reviewed, waits: waits)
        }
        #expect(gate(false, false, false) == .open && gate(true, true, false) == .open)
        #expect(gate(true, false, false) == .closed && gate(false, false, true) == .closed)
        #expect(gate(true, true, true) == .closed)
        #expect(gate(true, true, false, refusal: "no") == .refused("no"))
    }

    @Test("a branch that no pattern fits is refused with words")
    func refusal() {
        let wanted = PlannedEnvironment(name: "PROD", url: "https://x")
        func planned(_ branches: BranchRule) -> PlannedDeployment {
            PlannedDeployment(
                wanted,
                EnvironmentRules(
                    id: EnvironmentID(3), name: "prod", waitMinutes: 5, needsReview: true, branches: branches),
                ref: "refs/heads/topic")
        }
        #expect(planned(.all).refusal == "" && planned(.all).name == "prod" && planned(.all).url == "https://x")
        #expect(
            planned(Self.custom(("main", .branch))).refusal.hasPrefix("\"topic\" may not use the environment \"prod\""))
    }

    @Test("names")
    func names() {
        for name in ["prod", "a b", "eu/west", "é"] { #expect(whyNoEnvironmentName(name) == nil) }
        for name in ["", ".", "..", "a\0", String(repeating: "x", count: 256)] {
            #expect(whyNoEnvironmentName(name) != nil)
        }
        #expect(environmentKey("Prod") == environmentKey("pROD"))
    }
}
