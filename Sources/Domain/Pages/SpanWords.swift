/// A span of time as pages, the API and the command line say it: `0 s`, `41 s`, `2 m 41 s`, `3 h 5 m`, `2 d 4 h`.
///
/// - Parameter microseconds: at least 0; less is shown as 0, since two hosts' clocks may differ.
public func durationWords(_ microseconds: Int64) -> String {
    let seconds = max(0, microseconds) / 1_000_000
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
    func two(_ large: Int64, _ unit: String, _ small: Int64, _ smaller: String) -> String {
        small == 0 ? "\(large) \(unit)" : "\(large) \(unit) \(small) \(smaller)"
    }
    if days > 0 { return two(days, "d", hours % 24, "h") }
    if hours > 0 { return two(hours, "h", minutes % 60, "m") }
    if minutes > 0 { return two(minutes, "m", seconds % 60, "s") }
    return "\(seconds) s"
}

/// How long ago a moment is, or how far ahead: `just now`, `3 min ago`, `in 2 hours`, `5 days ago`; a moment more than 30 days
/// away is written as its day, `2026-11-27`.
///
/// frame.js says the same while a page stays open; a test compares both.
public func agoWords(_ moment: Instant, now: Instant) -> String {
    let difference = now - moment
    let seconds = Int64((difference == .min ? .max : abs(difference)) / 1_000_000)
    guard seconds >= 45 else { return "just now" }
    let words: String
    switch seconds {
    case ..<(45 * 60): words = "\(max(1, (seconds + 30) / 60)) min"
    case ..<(22 * 3600):
        let hours = max(1, (seconds + 1800) / 3600)
        words = hours == 1 ? "1 hour" : "\(hours) hours"
    case ...(30 * 86_400):
        let days = max(1, (seconds + 43_200) / 86_400)
        words = days == 1 ? "1 day" : "\(days) days"
    default: return String(clockText(moment.microseconds).prefix(10))
    }
    return difference < 0 ? "in \(words)" : "\(words) ago"
}
