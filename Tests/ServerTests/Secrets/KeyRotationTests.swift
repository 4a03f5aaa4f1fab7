import Domain
import Postgres
import TestSupport
import Testing

@testable import Server

@Suite("The rotation of keys")
struct KeyRotationTests {
    private let app: TestApp
    private let folder: KeyFolder
    init() throws {
        app = try TestApp()
        folder = try KeyFolder()
    }

    private func values() throws -> [String: String] {
        let settings = try app.app.database.transaction {
            try JobSettings.all(of: app.demo, owner: AccountID(1), withSecrets: true, in: $0)
        }
        return Dictionary(
            uniqueKeysWithValues: try settings.secrets.map { ($0.name.text, try app.app.secretKeys.open($0)) })
    }

    private func fill(_ count: Int) throws -> [String: String] {
        var expected: [String: String] = [:]
        for number in 0..<count {
            let name = try SecretName("s\(number)")
            _ = try app.app.putSecret(
                name, at: number % 2 == 0 ? .repository(app.demo) : .instance, value: "value \(number)", description: ""
            )
            expected[name.text] = "value \(number)"
        }
        return expected
    }

    @Test("seals everything with a new key and removes the old one; the values stay")
    func rotate() throws {
        let expected = try fill(KeyRotation.batchMax * 2 + 5)
        let outcome = try KeyRotation(app: app.app).rotate()
        #expect(outcome.sealed_anew == expected.count && !outcome.resumed && outcome.keys_removed == [1])
        #expect(try values() == expected)
        #expect(try KeyRotation(app: app.app).rotate().key == outcome.key + 1)
    }

    @Test("goes on with the key of one that was broken off")
    func resumed() throws {
        let expected = try fill(5)
        let key = try app.app.secretKeys.make(by: try app.app.keys.master.wrapping())
        #expect(try values() == expected, "both keys open")
        let outcome = try KeyRotation(app: app.app).rotate()
        #expect(outcome.resumed && outcome.key == key.id && outcome.sealed_anew == 5)
        #expect(try values() == expected)
    }

    @Test("a sealed value opens in no other row")
    func moved() throws {
        _ = try fill(2)
        try Connection(dsn: app.dsn).script(
            "update secret set sealed = (select sealed from secret where name = 'S0') where name = 'S1'")
        #expect(throws: (any Error).self) { try values() }
    }

    @Test("with another master key, everything opens by that one alone")
    func master() throws {
        let expected = try fill(3)
        let path = app.app.configuration.masterKeyFile
        let old = try MasterKeys.read(path)[0].id
        try app.app.keys.check()
        let new = try MasterKeys.read(folder.write(MasterKeysTests.digits[0]))[0]
        app.app.keys.master.add(new)
        #expect(try KeyRotation(app: app.app).rewrap(with: new) == 4)
        #expect(try KeyRotation(app: app.app).rewrap(with: new) == 0)
        #expect(try KeyRotation(app: app.app).rotate(master: new).sealed_anew == 3)
        #expect(try values() == expected)
        // Another instance, whose file has the old key alone, then the new one too.
        let other = try App(configuration: app.app.configuration, instance: "other")
        let error = #expect(throws: MasterKeyProblem.self) { try other.keys.check() }
        #expect(error?.description.contains(new.id) == true && error?.description.contains(old) == false)
        try TestApp.writeMasterKeys([MasterKeysTests.digits[0]], to: path)
        #expect(try other.keys.check().isEmpty)
    }

    @Test("writers and a rotation at once lose nothing")
    func beside() throws {
        let app = app
        let failures = Seen<String>()
        atOnce(4) { worker in
            for round in 0..<10 {
                do {
                    if worker == 0 {
                        _ = try KeyRotation(app: app.app).rotate()
                    } else {
                        let name = try SecretName("w\(worker)")
                        _ = try app.app.putSecret(name, at: .instance, value: "\(worker) \(round)", description: "")
                    }
                } catch { failures.add("\(worker): \(error)") }
            }
        }
        #expect(failures.all.isEmpty)
        #expect(try values() == ["W1": "1 9", "W2": "2 9", "W3": "3 9"])
    }
}
