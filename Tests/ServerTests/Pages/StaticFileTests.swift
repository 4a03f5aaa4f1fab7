import Testing

@testable import Server
@testable import Web

@Suite("Static files")
struct StaticFileTests {
    private static func cache(_ response: Response) -> String? {
        response.headers.first { $0.name == "Cache-Control" }?.value
    }

    @Test("are kept for good at the address with their hash", arguments: StaticFile.all.indices)
    func hashed(index: Int) throws {
        let file = StaticFile.all[index]
        let response = try StaticFile.answer(file.name)
        #expect(response.status == 200 && response.body == file.bytes && !file.bytes.isEmpty)
        #expect(Self.cache(response) == "public, max-age=31536000, immutable")
        #expect(file.address.wholeMatch(of: /\/_static\/[a-z-]+\.[0-9a-f]{16}\.[a-z]+/) != nil)
        let other = StaticFile(file.stem, file.ending, type: file.type, file.bytes + [0x20])
        #expect(other.name != file.name)
    }

    @Test("of another version, or of none, are answered for once", arguments: ["log.js", "log.0123456789abcdef.js"])
    func otherVersion(name: String) throws {
        let response = try StaticFile.answer(name)
        #expect(response.body == StaticFile.logScript.bytes)
        #expect(Self.cache(response) == "no-cache")
    }

    @Test("name the modules that they import by their hash; a changed one changes all that import it")
    func modules() throws {
        func made(_ inner: String) -> [StaticFile] {
            StaticFile.modules([("inner", Array(inner.utf8)), ("outer", Array("import {a} from \"./inner.js\";".utf8))])
        }
        let (one, two) = (made("export const a = 1"), made("export const a = 2"))
        #expect(String(decoding: one[1].bytes, as: UTF8.self) == "import {a} from \"\(one[0].address)\";")
        #expect(one[1].name != two[1].name)
        for file in StaticFile.all where file.ending == "js" {
            #expect(
                !String(decoding: file.bytes, as: UTF8.self).contains("\"./"), "\(file.stem) imports what is no file")
        }
    }

    @Test(
        "are no others",
        arguments: ["", ".", "log", "js", "log.svg", "icon.js", "log.a.b.js", "log..js.map", "icon.svg.gz", "Log.js"])
    func missing(name: String) {
        #expect(throws: Failure.self) { try StaticFile.answer(name) }
    }
}
