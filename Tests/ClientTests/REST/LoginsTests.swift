import Client
import Foundation
import Testing

@Suite("The file of logins")
struct LoginsTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("logins-\(UUID().uuidString)")

    @Test("keeps what was saved, for its owner alone")
    func kept() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = try Logins.path(["XDG_CONFIG_HOME": directory.path, "HOME": "/nowhere"])
        var logins = try Logins.load(path)
        #expect(logins == Logins())
        logins.servers["https://ci.example"] = Logins.Login(user: "ann", token: "secret")
        logins.current = "https://ci.example"
        for _ in 0..<2 { try logins.save(path) }
        #expect(try Logins.load(path) == logins)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path + "/millrace") == ["logins.json"])
    }

    @Test("of a file that is none nothing is lost")
    func broken() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let path = directory.path + "/logins.json"
        try "{".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: ClientProblem.self) { try Logins.load(path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "{")
    }

    @Test("is below the home directory unless said otherwise")
    func place() throws {
        #expect(try Logins.path(["HOME": "/home/ann"]) == "/home/ann/.config/millrace/logins.json")
        #expect(throws: ClientProblem.self) { try Logins.path([:]) }
    }
}
