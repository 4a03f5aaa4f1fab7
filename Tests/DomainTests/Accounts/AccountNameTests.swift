import Domain
import Testing

@Suite("Names of accounts")
struct AccountNameTests {
    @Test(
        "that can be",
        arguments: ["a", "Ann", "a-b.c_d", "0", String(repeating: "x", count: 40)])
    func sound(name: String) { #expect(whyNoAccountName(name) == nil) }

    @Test(
        "that cannot be",
        arguments: [
            "", "-a", "a-", ".a", "a.", "_a", "a b", "a/b", "ä", "a\0", "a\n", String(repeating: "x", count: 41),
            "admin/x",
            "api", "USER", "a.git", "a..%2e",
        ])
    func unsound(name: String) { #expect(whyNoAccountName(name) != nil) }

    @Test(
        "mail addresses",
        arguments: [
            ("ann@example.com", true), ("a@b", true), ("", false), ("ann", false), ("@b", false), ("a@", false),
            ("a@b@c", false), ("a b@c", false), ("a@b\n", false), ("<a@b>", false), ("a@b\0", false), ("-a@b", false),
            (String(repeating: "a", count: 250) + "@bcd", true), (String(repeating: "a", count: 250) + "@bcde", false),
        ])
    func mail(text: String, expected: Bool) { #expect(isMailAddress(text) == expected) }
}
