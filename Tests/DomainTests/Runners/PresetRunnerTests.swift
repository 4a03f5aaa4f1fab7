import Domain
import Testing

@Suite("A runner with a secret of its operator's")
struct PresetRunnerTests {
    /// The beginning is runner.md's vector.
    static let secret = "7c31591e8b67225a0123456789abcdef01234567"

    @Test("has the UUID that Forgejo's runner computes")
    func uuid() throws {
        let runner = try PresetRunner(secret: Self.secret)
        #expect(runner.uuid == "37633331-3539-3165-3862-363732323561")
        #expect(runner.token == Self.secret)
        #expect(isUUID(runner.uuid))
    }

    @Test(
        "is refused without its secret being repeated",
        arguments: [
            "", String(secret.dropLast()), secret + "0", String(secret.dropLast()) + "g", "é" + secret.dropLast(2),
        ])
    func refusal(secret: String) {
        do {
            _ = try PresetRunner(secret: secret)
            Issue.record("it was taken")
        } catch {
            #expect(secret.isEmpty || !"\(error)".contains(secret))
        }
    }
}
