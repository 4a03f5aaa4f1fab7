import Domain
import Testing

@Suite("A block list")
struct BlockListTests {
    static let declaration = #"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#

    static func ids(_ xml: String) throws -> [String] {
        try readBlockList(Array(xml.utf8)).map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test(
        "is read in its order",
        arguments: [
            // As the SDKs write it: JavaScript, Python, .NET, one with a name space.
            ("\(declaration)<BlockList><Latest>YWE=</Latest><Latest>YmI=</Latest></BlockList>", ["aa", "bb"]),
            ("<?xml version='1.0' encoding='utf-8'?>\n<BlockList><Latest>YWE=</Latest></BlockList>", ["aa"]),
            ("<BlockList><Latest>YmI=</Latest><Latest>YWE=</Latest></BlockList>", ["bb", "aa"]),
            (#"<BlockList xmlns:i="http://www.w3.org/2001/XMLSchema-instance" a = 'b"' ></BlockList>"#, []),
            // An empty file.
            ("\(declaration)<BlockList/>", []), ("<BlockList />", []), ("<BlockList></BlockList >\n", []),
            // All three kinds, the same block twice.
            (
                "<BlockList><Committed>YWE=</Committed><Uncommitted>YmI=</Uncommitted><Latest>YWE=</Latest></BlockList>",
                ["aa", "bb", "aa"]
            ),
            // White space, comments, a byte order mark, references.
            ("\u{FEFF}<?xml version=\"1.0\"?> <!-- a --><BlockList/><!----> ", []),
            ("<BlockList>\r\n\t<!--<Latest>--><Latest > YWE=\n</Latest >\n</BlockList>\n", ["aa"]),
            ("<BlockList><Latest>&#89;&#x57;&#x45;&#061;</Latest></BlockList>", ["aa"]),
        ] as [(String, [String])])
    func read(xml: String, ids: [String]) throws { #expect(try Self.ids(xml) == ids) }

    @Test(
        "is no other XML",
        arguments: [
            "", " ", "\u{FEFF}", "x", "<", "<BlockList", "<BlockList>", "<BlockList/", "<BlockList><", "<BlockListe/>",
            "<blocklist/>",
            "<BlockList/><BlockList/>", "<BlockList/>x", "<BlockList></BlockLists>", "<BlockList></BlockList",
            "<BlockList>YWE=</BlockList>", "<BlockList><Latest>YWE=</BlockList>",
            "<BlockList><Latest>YWE=</Committed></BlockList>",
            "<BlockList><Latests>YWE=</Latests></BlockList>", "<BlockList><Latest a='b'>YWE=</Latest></BlockList>",
            "<BlockList><Latest><Latest>YWE=</Latest></Latest></BlockList>",
            "<BlockList><Block>YWE=</Block></BlockList>",
            "<BlockList><Latest>YW<!-- -->E=</Latest></BlockList>", "<BlockList><Latest>YWE=",
            "<BlockList a></BlockList>", "<BlockList a=b/>", "<BlockList a='<'/>", "<BlockList a='b/>",
            "<BlockList a='&b;'/>",
            "<BlockList a='b'c='d'/>",
            "<!-- <BlockList/>", "<!-- -- --><BlockList/>", "<!--->-><BlockList/>",
            "<?xml version='1.0' encoding='UTF-16'?><BlockList/>", "<?xml version='1.0'><BlockList/>",
            "<?xmlversion='1.0'?><BlockList/>", " <?xml version='1.0'?><BlockList/>", "<?xml other='1.0'?><BlockList/>",
            "<?php x?><BlockList/>", "<BlockList><?x?></BlockList>",
            "<!DOCTYPE BlockList><BlockList/>",
            "<!DOCTYPE x [<!ENTITY a 'YWE='>]><BlockList><Latest>&a;</Latest></BlockList>",
            "<BlockList><Latest>&a;</Latest></BlockList>", "<BlockList><Latest>&amp</Latest></BlockList>",
            "<BlockList><Latest><![CDATA[YWE=]]></Latest></BlockList>", "<BlockList><![CDATA[]]></BlockList>",
            "<BlockList><Latest>&#0;</Latest></BlockList>", "<BlockList><Latest>&#xD800;</Latest></BlockList>",
            "<BlockList><Latest>&#x110000;</Latest></BlockList>",
            "<BlockList><Latest>&#99999999999999999999;</Latest></BlockList>",
            "<BlockList><Latest>&#;</Latest></BlockList>", "<BlockList><Latest>&#x;</Latest></BlockList>",
            "<BlockList><Latest>&#6F;</Latest></BlockList>", "<BlockList><Latest>&#X41;</Latest></BlockList>",
        ] as [String])
    func refused(xml: String) {
        let problem = #expect(throws: BlockProblem.self) { try Self.ids(xml) }
        #expect(problem?.azureCode == "InvalidXmlDocument", "\(String(describing: problem))")
    }

    @Test(
        "has ids of blocks only",
        arguments: [
            ("", ""), ("YW E=", "YW E="), ("YWE", "YWE"), ("&lt;&gt;&amp;&quot;&apos;", "<>&\"'"), ("ä", "ä"),
            ("&#xE4;", "ä"),
        ])
    func id(text: String, read: String) {
        #expect(throws: BlockProblem.id(read)) { try Self.ids("<BlockList><Latest>\(text)</Latest></BlockList>") }
    }

    @Test("says where it stops being one")
    func words() {
        let problem = #expect(throws: BlockProblem.self) { try Self.ids("<!DOCTYPE x><BlockList/>") }
        #expect(
            problem?.description
                == "the block list does not begin with <BlockList> at byte 0; send <BlockList><Latest>id</Latest>…</BlockList>"
        )
    }

    @Test("names at most as many blocks as Azure allows, which fit into the bytes that are allowed")
    func count() throws {
        let longest = "<Uncommitted>" + String(repeating: "AAAA", count: 21) + "AA==" + "</Uncommitted>"
        let most = String(repeating: longest, count: ArtifactLimits.blockCountMax)
        let xml = "<BlockList>" + most + "</BlockList>"
        #expect(xml.utf8.count <= ArtifactLimits.blockListBytesMax)
        #expect(try readBlockList(Array(xml.utf8)).count == ArtifactLimits.blockCountMax)
        #expect(throws: BlockProblem.tooManyBlocks) {
            try readBlockList(Array(("<BlockList>" + most + longest + "</BlockList>").utf8))
        }
    }

    @Test("with a byte changed is read or refused, and never ends the process")
    func changed() {
        let xml = Array(
            (Self.declaration + "<!-- c --><BlockList a='&amp;'><Latest>&#x59;WE=</Latest><Committed/></BlockList>")
                .utf8)
        for at in xml.indices {
            for byte in Array("<>&;#x!-?/='\" A\0".utf8) + [0xEF, 0x80, 0xFF] {
                var other = xml
                other[at] = byte
                _ = try? readBlockList(other)
                _ = try? readBlockList(Array(other[..<at]))
                other.insert(byte, at: at)
                _ = try? readBlockList(other)
            }
        }
    }
}
