import Testing

@testable import Domain

@Suite("What is signed of an address")
struct SignedURLTests {
    /// A linear congruential generator: the same tuples every time.
    struct Sequence: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }

    @Test("has this form, which the signatures that are under way depend on")
    func form() {
        let fields = SignedFields(purpose: .upload, id: 258, expires: 3, keyID: 4)
        let number: [UInt8] = [0, 0, 0, 8, 0, 0, 0, 0, 0, 0]
        #expect(
            fields.message() == [1, 0, 0, 0, 6] + Array("upload".utf8) + number + [1, 2] + number + [0, 3] + number + [
                0, 4,
            ])
    }

    @Test("differs for tuples that differ")
    func differs() {
        var random = Sequence(state: 5)
        // Few values a field, so that tuples meet in all but one field; numbers whose digits or bytes run into each other.
        let numbers: [Int64] = [0, 1, 3, 4, 11, 34, 111, 334, 256, 1 << 56, .min, .max, -1]
        var seen: [[UInt8]: SignedFields] = [:]
        for _ in 0..<20_000 {
            let fields = SignedFields(
                purpose: SignedPurpose.allCases[Int.random(in: 0..<3, using: &random)],
                id: numbers[Int.random(in: 0..<numbers.count, using: &random)],
                expires: numbers[Int.random(in: 0..<numbers.count, using: &random)],
                keyID: numbers[Int.random(in: 0..<numbers.count, using: &random)])
            let message = fields.message()
            #expect(seen[message] == nil || seen[message] == fields)
            seen[message] = fields
        }
        #expect(seen.count > 3 * numbers.count * numbers.count)
    }

    @Test(
        "keeps fields apart that meet when joined",
        arguments: [
            (["report", "34"], ["report3", "4"]),  // GHSA-hg5r-vq93-9fv6
            (["", "a"], ["a", ""]), (["a"], ["a", ""]), (["ab"], ["a", "b"]), (["a\0\0\0\u{1}b"], ["a", "b"]),
        ])
    func apart(one: [String], other: [String]) {
        #expect(lengthPrefixed(one.map { Array($0.utf8) }) != lengthPrefixed(other.map { Array($0.utf8) }))
    }

    @Test("of the pair of GHSA-hg5r-vq93-9fv6 as ids")
    func pair() {
        let one = SignedFields(purpose: .upload, id: 3, expires: 34, keyID: 1)
        let other = SignedFields(purpose: .upload, id: 33, expires: 4, keyID: 1)
        #expect(one.message() != other.message())
    }
}
