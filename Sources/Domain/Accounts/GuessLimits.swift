/// How fast passwords may be guessed.
public enum GuessLimits {
    /// Wrong passwords of one account from one address before anybody has to wait: a person who tries what it may be.
    public static let freeOfAccount = 5
    /// Wrong passwords of any accounts from one address: a company may stand behind one.
    public static let freeOfAddress = 100
    /// The longest wait after one more. Below what makes a person with the right password give up.
    public static let delaySecondsMax: Int64 = 60
    /// Without a wrong password for so long all is forgotten.
    public static let memorySeconds: Int64 = 900
    /// scrypts that run at once: 16 MiB and a core each.
    public static let scryptsMax = 4
    /// Wait of a request for one of those, before it is told to come again.
    public static let waitMilliseconds = 1_000
    /// Requests that wait for one of those, each with a thread; who comes then is told to come again at once, so that guessers
    /// leave threads to others.
    public static let waitersMax = 4
    /// Accounts and addresses that are remembered.
    public static let countersMax = 100_000
}

/// Seconds after the last wrong password in which no other is looked at: 1, 2, 4 … from the first that is not free.
public func guessDelaySeconds(wrong: Int, free: Int) -> Int64 {
    guard wrong >= free else { return 0 }
    return min(GuessLimits.delaySecondsMax, Int64(1) << Int64(min(wrong - free, 32)))
}
