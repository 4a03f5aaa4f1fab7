import Testing

@testable import Domain

@Suite("Push options")
struct PushOptionsTests {
    @Test(
        "ci.skip",
        arguments: [
            (["ci.skip"], true), (["ci.skip=true"], true), (["ci.skip=false"], false), (["ci.skipx"], false),
            (["CI.SKIP"], false), ([], false), (["x", "ci.skip"], true),
        ])
    func skips(options: [String], skips: Bool) { #expect(PushOptions(options).skips == skips) }

    @Test("words of a pull request; of one given twice the last counts")
    func words() {
        let options = PushOptions(["topic=a/b", "title=x=y", "title=One\u{0}Two", "description="])
        #expect(options.topic == "a/b" && options.title == "OneTwo" && options.description == "" && !options.skips)
        #expect(PushOptions.none.title == nil)
    }

    @Test("no more are looked at than there may be")
    func bounded() { #expect(!PushOptions(Array(repeating: "x", count: 64) + ["ci.skip"]).skips) }
}
