import Domain
import Testing

@Suite("Requests from other sites")
struct RequestOriginTests {
    @Test(
        "A6: a remembered login is not taken for a change that another site asks for",
        arguments: [
            // method, login is remembered, Sec-Fetch-Site, origin is ours, is from another site
            ("POST", true, "cross-site", false, true), ("POST", true, "same-site", nil, true),
            ("POST", true, nil, false, true), ("DELETE", true, "Cross-Site", nil, true),
            ("PATCH", true, "same-origin", false, true), ("PUT", true, "nonsense", true, true),
            ("POST", true, "same-origin", true, false), ("POST", true, "none", nil, false),
            ("POST", true, nil, true, false), ("POST", true, nil, nil, false),
            ("POST", false, "cross-site", false, false), ("GET", true, "cross-site", false, false),
            ("HEAD", true, "cross-site", nil, false),
        ] as [(String, Bool, String?, Bool?, Bool)])
    func rows(method: String, isRemembered: Bool, site: String?, isOurs: Bool?, expected: Bool) {
        #expect(
            isFromAnotherSite(method: method, isLoginRemembered: isRemembered, fetchSite: site, isOurOrigin: isOurs)
                == expected)
    }

    @Test(
        "with a session's cookie, the browser's own word goes before Origin, and only our pages pass",
        arguments: [
            // Sec-Fetch-Site, origin is ours, verdict
            ("same-origin", nil, .ours), ("same-origin", true, .ours), ("Same-Origin", false, .ours),
            ("same-site", true, .elsewhere), ("same-site", nil, .elsewhere), ("cross-site", nil, .elsewhere),
            ("cross-site", true, .elsewhere), ("nonsense", true, .elsewhere), ("", nil, .elsewhere),
            ("none", nil, .unknown), ("none", true, .ours), ("none", false, .elsewhere),
            (nil, true, .ours), (nil, false, .elsewhere), (nil, nil, .unknown),
        ] as [(String?, Bool?, RequestOrigin)])
    func sessions(site: String?, isOurs: Bool?, expected: RequestOrigin) {
        #expect(RequestOrigin(fetchSite: site, isOurOrigin: isOurs) == expected)
    }
}
