import Testing

@testable import Domain

@Suite("What an event is about")
struct PlanSubjectTests {
    @Test(
        "a payload that cannot be read is null to expressions",
        arguments: [("{}", false), ("", true), ("{", true), ("[1", true)])
    func payload(json: String, isNull: Bool) {
        let payload = EventPayload(json: json)
        if case .null = payload.value { #expect(isNull) } else { #expect(!isNull) }
        #expect(payload.json == json)
    }
}
