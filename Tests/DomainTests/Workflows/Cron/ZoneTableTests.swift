import Testing

@testable import Domain

@Suite("Names of time zones")
struct ZoneTableTests {
    @Test(
        "names are exact",
        arguments: [
            ("Europe/Berlin", true), ("UTC", true), ("Etc/GMT+5", true), ("europe/berlin", false), ("Local", false),
            ("", false), ("../UTC", false),
        ])
    func names(name: String, isThere: Bool) { #expect((ZoneTable.rule(of: name) != nil) == isThere) }

    @Test("each has a rule that can be read") func rules() {
        #expect(ZoneTable.names.count > 590)
        for name in ZoneTable.names { #expect(ZoneRules(named: name) != nil, "\(name)") }
    }
}
