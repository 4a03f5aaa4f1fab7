import Testing

@testable import Domain

@Suite("Names of events")
struct EventNameTests {
    @Test("are spelled as workflows list them", arguments: EventName.allCases)
    func spelling(event: EventName) {
        #expect(event.rawValue.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") })
        let snake = "\(event)".map { $0.isUppercase ? "_\($0.lowercased())" : "\($0)" }.joined()
        #expect(event.rawValue == snake)
    }

    @Test("a call of one workflow by another is no event of the inbox")
    func happening() {
        #expect(!EventName.happening.contains(.workflowCall))
        #expect(EventName.happening.count == EventName.allCases.count - 1)
    }

    @Test("pull requests alone have types that count by default")
    func types() {
        let withTypes = EventName.allCases.filter { $0.defaultTypes != nil }
        #expect(withTypes == [.pullRequest, .pullRequestTarget])
        #expect(EventName.pullRequest.defaultTypes?.contains("closed") == false)
    }
}
