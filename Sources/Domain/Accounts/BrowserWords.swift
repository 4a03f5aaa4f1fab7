/// What a person knows a browser by, from its `User-Agent`: `Firefox on Linux`. For its owner's eyes; nothing is decided by it.
public func browserWords(_ userAgent: String) -> String {
    // Edge and Opera also say Chrome, and Chrome also says Safari: the first that fits counts.
    let browsers = [
        ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("HeadlessChrome/", "Chrome without a window"),
        ("Chromium/", "Chromium"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"),
        ("python", "Python"), ("Python", "Python"),
    ]
    let systems = [
        ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"), ("Linux", "Linux"),
    ]
    let browser = browsers.first { userAgent.contains($0.0) }?.1 ?? (userAgent.isEmpty ? "Unknown" : "Another browser")
    guard let system = systems.first(where: { userAgent.contains($0.0) })?.1 else { return browser }
    return "\(browser) on \(system)"
}
