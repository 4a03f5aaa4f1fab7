import Domain
import Testing

@Suite("What a job's token may do")
struct TokenPermissionsTests {
    @Test(
        "is stored with every scope, and read back",
        arguments: [
            (TokenPermissions.unbounded, "contents:write,actions:write,packages:write"),
            (.all(.none), "contents:none,actions:none,packages:none"),
            (TokenPermissions(contents: .read, actions: .write), "contents:read,actions:write,packages:none"),
        ])
    func stored(permissions: TokenPermissions, text: String) {
        #expect(permissions.stored == text)
        #expect(TokenPermissions(stored: text) == permissions)
    }

    @Test(
        "what is not understood is not allowed",
        arguments: [
            "", "contents", "contents:", "contents:admin", "contents:write:read", "Contents:write", "contents=write",
            " contents:write", "wiki:write", "contents:WRITE", ",,:",
        ])
    func foreign(text: String) {
        let permissions = TokenPermissions(stored: text)
        for scope in TokenPermissions.Scope.allCases { #expect(permissions[scope] == .none) }
    }

    @Test("one scope that is not understood leaves the others as they are")
    func others() {
        let permissions = TokenPermissions(stored: "future:write,contents:read,actions:everything,packages:write")
        #expect(permissions[.contents] == .read)
        #expect(permissions[.actions] == .none)
        #expect(permissions[.packages] == .write)
    }

    @Test("levels are ordered")
    func order() {
        #expect(TokenPermissions.Level.none < .read)
        #expect(TokenPermissions.Level.read < .write)
        #expect(!(TokenPermissions.Level.write < .read))
        #expect(TokenPermissions()[.contents] == .none)
    }
}
