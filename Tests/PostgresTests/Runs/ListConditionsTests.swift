import Testing

@testable import Postgres

@Suite("The conditions of a list")
struct ListConditionsTests {
    @Test("number their parameters, and name the statement after what is set")
    func numbers() {
        var conditions = ListConditions("thing_list")
        #expect(conditions.all == "true" && conditions.name == "thing_list")
        let place = conditions.parameter(.int(7))
        conditions.add("event", .text("push")) { "event = \($0)" }
        conditions.add("open", "not closed")
        conditions.note("newest")
        #expect(place == "$1" && conditions.values == [.int(7), .text("push")])
        #expect(conditions.all == "event = $2 and not closed")
        #expect(conditions.name == "thing_list_event_open_newest")
    }
}
