import Domain
import Foundation
import Postgres
import TestSupport
import Testing

@testable import Server

/// A folder with files of keys, gone afterwards.
final class KeyFolder: Sendable {
    let url: URL
    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("millrace-keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
    func write(_ text: String, _ name: String = "key", mode: Int = 0o600) throws -> String {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
        return path(name)
    }
}

@Suite("The master key")
struct MasterKeysTests {
    static let digits = [String(repeating: "ab", count: 32), String(repeating: "0C", count: 32)]
    private let folder: KeyFolder
    init() throws { folder = try KeyFolder() }

    @Test("is a line of a file, in digits or base64; the first wraps and all open")
    func lines() throws {
        let base64 = Data(repeating: 0x0C, count: 32).base64EncodedString()
        for second in [Self.digits[1], base64] {
            let keys = try MasterKeys.read(folder.write("# old and new\n\(Self.digits[0])\n\n  \(second)  \n"))
            #expect(keys.count == 2)
            #expect(keys[1].id == (try MasterKeys.read(folder.write(Self.digits[1])))[0].id)
            #expect(keys[0].id != keys[1].id)
            #expect(!Self.digits[0].contains(keys[0].id))
        }
    }

    @Test(
        "a file that cannot be used is told of, without the line itself",
        arguments: [
            ("", 0o600, "is empty"), ("# none\n", 0o600, "is empty"),
            (String(repeating: "ab", count: 31), 0o600, "line 1 of"),
            ("\n" + String(repeating: "zz", count: 32), 0o600, "line 2 of"),
            (digits[0], 0o604, "every user of this host"),
        ])
    func unusable(text: String, mode: Int, words: String) throws {
        let path = try folder.write(text, mode: mode)
        let error = #expect(throws: MasterKeyProblem.self) { try MasterKeys.read(path) }
        #expect(error?.description.contains(words) == true && error?.kind == .unusable)
        #expect(error?.description.contains("abab") == false && error?.description.contains("zz") == false)
        #expect(throws: MasterKeyProblem.self) { try MasterKeys.read(folder.path("absent")) }
    }

    @Test("what one has wrapped opens by no other, and in no other place")
    func wrapping() throws {
        let keys = try MasterKeys.read(folder.write(Self.digits.joined(separator: "\n")))
        let wrapped = try keys[0].wrap([1, 2, 3], at: "place")
        #expect(try keys[0].unwrap(wrapped, at: "place") == [1, 2, 3])
        #expect(throws: MasterKeyProblem.self) { try keys[1].unwrap(wrapped, at: "place") }
        #expect(throws: MasterKeyProblem.self) { try keys[0].unwrap(wrapped, at: "elsewhere") }
    }

    @Test("a key that is added to the file is found without a restart")
    func added() throws {
        let path = try folder.write(Self.digits[0])
        let master = MasterKeys(path: path)
        let first = try master.wrapping().id
        let second = try MasterKeys.read(folder.write(Self.digits[1], "other"))[0].id
        #expect(throws: MasterKeyProblem.self) { try master.key(second) }
        _ = try folder.write(Self.digits.joined(separator: "\n"))
        #expect(try master.key(second).id == second)
        #expect(try master.wrapping().id == first)
    }

    @Test("comes from the configuration, else from the credential of systemd")
    func places() throws {
        var configuration = Configuration()
        #expect(configuration.masterKeyPath(environment: [:]) == nil)
        let environment = ["CREDENTIALS_DIRECTORY": folder.url.path]
        #expect(configuration.masterKeyPath(environment: environment) == nil)
        let credential = try folder.write(Self.digits[0], MasterKeys.credential)
        #expect(configuration.masterKeyPath(environment: environment) == credential)
        configuration.masterKeyFile = "/etc/key"
        #expect(configuration.masterKeyPath(environment: environment) == "/etc/key")
    }

    @Test("wraps the server's keys from the first start on; without one they stand as they are")
    func fresh() throws {
        for hasMasterKey in [true, false] {
            let app = try TestApp(hasMasterKey: hasMasterKey)
            #expect(try app.app.keys.check().isEmpty)
            let rows = try ServerKeyStore(database: app.app.database).all()
            #expect(rows.map(\.purpose) == ["form_token", "runtime_token", "seal"])
            #expect(
                rows.allSatisfy { ($0.wrappedBy != nil) == hasMasterKey && $0.key.count == (hasMasterKey ? 60 : 32) })
        }
    }

    @Test("keys of a server before master keys are wrapped when somebody says so, and another master key is refused")
    func upgrade() throws {
        let app = try TestApp(hasMasterKey: false)
        let before = try app.app.keys.runtimeKey
        func server(_ digits: [String]) throws -> App {
            var configuration = app.app.configuration
            configuration.masterKeyFile = try folder.write(digits.joined(separator: "\n"))
            return try App(configuration: configuration, instance: "new")
        }
        var new = try server([Self.digits[0]])
        #expect(try new.keys.check() == ["form_token", "runtime_token", "seal"])
        #expect(try new.keys.runtimeKey == before)
        #expect(try KeyRotation(app: new).wrap() == 3)
        #expect(try KeyRotation(app: new).wrap() == 0)
        new = try server([Self.digits[0]])
        #expect(try new.keys.check().isEmpty)
        #expect(try new.keys.runtimeKey == before)
        let other = try server([Self.digits[1]])
        #expect(throws: MasterKeyProblem.self) { try other.keys.check() }
        #expect(try MasterKeyDoctor(keys: other.keys).diagnoses().map(\.verdict) == [.problem])
        let none = try App(configuration: app.app.configuration, instance: "none")
        #expect(throws: MasterKeyProblem.self) { try none.keys.check() }
        _ = try folder.write(Self.digits[0])
        #expect(try MasterKeyDoctor(keys: new.keys).diagnoses().map(\.verdict) == [.ok])
    }
}
