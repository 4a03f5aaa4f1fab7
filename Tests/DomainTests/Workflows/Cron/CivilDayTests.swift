import Testing

@testable import Domain

@Suite("Days of the calendar")
struct CivilDayTests {
    @Test("number and day say the same", arguments: Array(stride(from: -800_000, to: 800_000, by: 9973)))
    func roundTrip(number: Int) {
        #expect(CivilDay(number: number).number == number)
    }

    @Test("weekdays", arguments: [(0, 4), (-4, 0), (-5, 6), (20_784, 5)])
    func weekday(number: Int, weekday: Int) { #expect(CivilDay.weekday(ofNumber: number) == weekday) }

    @Test("next month") func nextMonth() {
        #expect(CivilDay(year: 2026, month: 12, day: 31).nextMonth == CivilDay(year: 2027, month: 1, day: 1))
    }
}
