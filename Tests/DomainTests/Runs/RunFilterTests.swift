import Domain
import Testing

@Suite("Filters of lists of runs")
struct RunFilterTests {
    @Test("one that asks for nothing is the empty one, and each part makes another")
    func parts() {
        let changes: [(inout RunFilter) -> Void] = [
            { $0.statuses = [.waiting] }, { $0.event = "push" }, { $0.branch = "main" }, { $0.actor = "ann" },
            { $0.headSHA = "a" },
        ]
        var filters = [RunFilter()]
        for change in changes {
            var filter = RunFilter()
            change(&filter)
            #expect(!filters.contains(filter))
            filters.append(filter)
        }
        #expect(RunFilter() == filters[0])
    }
}
