import Testing

@testable import Domain

@Suite("The chart of days")
struct DayChartTests {
    private static func job(_ day: Int64, _ status: Status, _ ran: Int64) -> EndedJob {
        EndedJob(name: "a", status: status, day: day, ran: ran)
    }

    @Test("has a bar for each day, good below bad, and lines where there is a value")
    func chart() {
        let all = [
            Self.job(1, .success, 10), Self.job(1, .success, 20), Self.job(1, .failure, 40), Self.job(1, .success, 10),
            Self.job(3, .failure, 20),
        ]
        let chart = DayChart(statistics(byDay: all, from: 1, to: 4))
        #expect(chart.most == 4 && chart.longest == 40)
        #expect(chart.bars.map(\.x) == [0, 250, 500, 750])
        #expect(chart.bars.map(\.goodHeight) == [75, 0, 0, 0])
        #expect(chart.bars.map(\.badHeight) == [25, 0, 25, 0])
        #expect(chart.bars[0].badY == 0 && chart.bars[0].goodY == 25)
        #expect(chart.ran50 == "125,75 625,50")
        #expect(chart.ran95 == "125,0 625,50")
    }

    @Test("of nothing is empty, and of ninety days fits")
    func edges() {
        #expect(DayChart([]).bars.isEmpty && DayChart([]).ran50.isEmpty)
        let quiet = DayChart(statistics(byDay: [], from: 1, to: 90))
        #expect(
            quiet.bars.count == 90 && quiet.bars.allSatisfy { $0.goodHeight == 0 && $0.x + $0.width <= DayChart.width })
    }
}
