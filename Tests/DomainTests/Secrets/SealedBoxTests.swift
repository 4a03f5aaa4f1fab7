import Domain
import Testing

@Suite("A sealed box")
struct SealedBoxTests {
    /// Made by PyNaCl for the private key 00 01 … 1f.
    private static let box =
        "516c3a7361b31169d276622d468a9fb5b1efe3e177750c7ae45565f24f576528b4c7cbbe7cf122249f9f5d57a5ad2806b53f6f29ed3d4218fa944494409a2afa9f094f3d899ffd575ae635734bc3229f1f3bcd1da617201f3155aa8d9c32e5717b1830fe3b780ecd95baeaf3ab6025e1d4dd72b294060b086e1a0fdd7093a99d918070a2da975cc13b3c34d71e0132e8477649"
    private static let shared = "eb8b97ebede0f4cd859cc4f310ed4624f53828db8192722b794b85b6a357563c"
    private static let recipient = "8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f"

    @Test("of libsodium opens; one that was changed, cut, or made for another key does not")
    func open() throws {
        let box = try #require(bytes(hex: Self.box))
        let shared = try #require(bytes(hex: Self.shared))
        let recipient = try #require(bytes(hex: Self.recipient))
        let text = try #require(SealedBox.open(box, shared: shared, recipient: recipient))
        #expect(
            String(decoding: text, as: UTF8.self)
                == "the value of a secret, with more than sixty-four bytes, so that two blocks of the stream are needed"
        )
        #expect(SealedBox.sender(of: box) == Array(box[..<32]))
        for index in [0, 31, 32, 47, 48, box.count - 1] {
            var changed = box
            changed[index] ^= 1
            #expect(SealedBox.open(changed, shared: shared, recipient: recipient) == nil, "byte \(index)")
        }
        #expect(SealedBox.open(Array(box.dropLast()), shared: shared, recipient: recipient) == nil)
        #expect(SealedBox.open(box, shared: recipient, recipient: recipient) == nil)
        for count in [0, 1, 47] { #expect(SealedBox.sender(of: Array(box[..<count])) == nil) }
    }
}
