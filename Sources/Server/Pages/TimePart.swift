import Domain

/// A moment on a page: `{{#startedAt}}{{>Time}}{{/startedAt}}`. frame.js keeps the words true and says the exact time in the
/// viewer's zone.
struct TimePart: PartModel {
    /// UTC, ISO 8601.
    var exact: String
    var words: String

    init(_ moment: Instant, now: Instant) {
        exact = clockText(moment.microseconds)
        words = agoWords(moment, now: now)
    }
    /// - Parameter microseconds: since 1970; nil makes no part.
    init?(_ microseconds: Int64?, now: Instant) {
        guard let microseconds else { return nil }
        self.init(Instant(microseconds: microseconds), now: now)
    }
}
