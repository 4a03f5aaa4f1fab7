import Testing

@testable import Domain

@Suite("The subject of an event's commit")
struct CommitSubjectTests {
    @Test(
        "is the first line of its message",
        arguments: [
            (#"{"ref":"x","head_commit":{"id":"1","message":"Tune it\n\nMore."}}"#, "Tune it"),
            (#"{"head_commit":{"message":"a \"b\" \u00e9"}}"#, "a \"b\" é"),
            (#"{"head_commit":null}"#, nil), (#"{"head_commit":{"message":""}}"#, nil),
            (#"{"head_commit":{"message":7}}"#, nil),
            ("{}", nil), ("", nil), ("[]", nil), (#"{"head_commit":{"message":"cut"#, nil), ("no json", nil),
        ] as [(String, String?)])
    func subject(event: String, expected: String?) { #expect(commitSubject(ofEvent: event) == expected) }

    @Test("a long one is cut")
    func long() {
        let event = #"{"head_commit":{"message":""# + String(repeating: "x", count: 5_000) + #""}}"#
        #expect(commitSubject(ofEvent: event)?.utf8.count == 300)
    }
}
