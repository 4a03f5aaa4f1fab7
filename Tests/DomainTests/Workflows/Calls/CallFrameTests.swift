import Testing

@testable import Domain

@Suite("What a called workflow has from its caller")
struct CallFrameTests {
    @Test("is stored as it is, and what is cut is a fault")
    func stored() throws {
        let frame = CallFrame(
            namePrefix: "a / ", inputs: #"{"x":[1,"}"],"y":null}"#,
            secrets: .these([SecretGrant.Item(name: "A", source: "B")]), permissions: TokenPermissions(contents: .read),
            mayIdentify: true, file: CallReference(name: "ann/app/x.yml@v1"))
        var json = JSONWriter()
        frame.write(to: &json)
        #expect(try CallFrame(stored: json.bytes[...]) == frame)
        #expect(frame.inputValues.text == "Object")
        for key in ["prefix", "inputs", "secrets", "permissions", "id_token", "file"] {
            let text = String(decoding: json.bytes, as: UTF8.self).replacing("\"\(key)\"", with: "\"other\"")
            #expect(throws: JSONFault.self, "\(key)") { try CallFrame(stored: Array(text.utf8)[...]) }
        }
    }
}
