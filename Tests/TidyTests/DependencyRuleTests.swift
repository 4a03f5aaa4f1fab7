import Foundation
import Testing

@Suite("The dependency rule")
struct DependencyRuleTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// What a target may import. Domain has no I/O; Postgres knows no HTTP (ARCHITECTURE.md, dependency rule).
    static let allowed: [(target: String, imports: Set<String>)] = [
        ("Domain", ["FoundationEssentials"]),
        ("Postgres", ["Domain", "CLibpq", "Glibc", "Synchronization", "FoundationEssentials"]),
        (
            "Web",
            [
                "Domain", "CFCGI", "CLinux", "CZlib", "DequeModule", "Foundation", "Glibc", "Synchronization",
                "SwiftProtobuf",
            ]
        ),
        (
            "Client",
            [
                "Domain", "RunnerProto", "CLinux", "Crypto", "Dispatch", "Foundation", "FoundationNetworking", "Glibc",
                "Logging", "SwiftProtobuf", "Synchronization", "Yams",
            ]
        ),
        (
            "Server",
            [
                "Client", "Domain", "Postgres", "RunnerProto", "Web", "CArchive", "CCurl", "CLinux", "CMarkGFM",
                "CZlib",
                "DequeModule",
                "Crypto",
                "CryptoExtras", "Dispatch", "Foundation", "FoundationNetworking", "Glibc", "Logging", "Mustache",
                "SwiftProtobuf", "Synchronization",
                "Yams",
            ]
        ),
    ]
    static let exceptions: [String: Set<String>] = ["Domain/Workflows/YAMLTree.swift": ["Yams"]]

    @Test("each target imports only what it may", arguments: allowed.map(\.target))
    func imports(target: String) throws {
        let rule = try #require(Self.allowed.first { $0.target == target })
        let base = Self.root.appendingPathComponent("Sources/\(target)")
        let files = try #require(FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil))
        var seen = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            seen += 1
            let name = target + file.path.dropFirst(base.path.count)
            let permitted = rule.imports.union(Self.exceptions[name] ?? [])
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let at = words.firstIndex(of: "import"), at <= 1, words.count > at + 1 else { continue }
                guard at == 0 || words[0].hasPrefix("@") || words[0] == "public" || words[0] == "internal" else {
                    continue
                }
                // `import struct Foundation.Data` names a part of a module.
                let isPart = ["struct", "enum", "class", "func"].contains(words[at + 1])
                let module = words[isPart ? at + 2 : at + 1].prefix { $0 != "." }
                #expect(permitted.contains(String(module)), "\(name) imports \(module)")
            }
        }
        #expect(seen > 0)
    }
}
