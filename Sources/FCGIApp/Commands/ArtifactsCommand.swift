import ArgumentParser
import Client
import Domain
import Foundation
import Server
import Web

/// `millrace artifacts`: a client of any server that speaks Gitea's API, over HTTP alone.
struct ArtifactsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "artifacts", abstract: "List, get, upload and remove what jobs made.",
        discussion: """
            Exit 0: done; 1: the server refused, or bytes were not what they should be; 2: wrong usage; 3: no answer.
            Example: millrace artifacts get ann/app dist --url https://ci.example.org
            """,
        subcommands: [List.self, Get.self, Put.self, Remove.self])

    struct ServerOptions: ParsableArguments {
        @OptionGroup var options: ConfigOption
        @Option(help: "Address of the server (default: server.public_url of the configuration).") var url: String?
        @Option(
            help: "Access token; other users of this host may see it, prefer the environment's MILLRACE_TOKEN.")
        var token: String?
        @Argument(help: "The repository, as owner/name.") var repository: String

        func server() throws -> ArtifactServer {
            let address = try url ?? options.load().publicURL
            guard let base = ServerAddress(address) else {
                throw ClientProblem.usage("address \"\(address)\" is not an http or https URL")
            }
            let said = token ?? ProcessInfo.processInfo.environment["MILLRACE_TOKEN"]
            return try ArtifactServer(base, repository: repository, token: said?.isEmpty == true ? nil : said)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List artifacts, newest first.", discussion: "Example: millrace artifacts list ann/app --json")
        @OptionGroup var server: ServerOptions
        @Option(help: "Only artifacts of this name.") var name: String?
        @Option(help: "Only artifacts of the run with this id.") var run: Int64?
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await ArtifactsCommand.guarded {
                let artifacts = try await server.server().list(name: name, run: run)
                say(
                    json ? try ArtifactsCommand.json(["artifacts": artifacts]) : artifactTable(artifacts),
                    terminator: "")
            }
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Download one artifact and verify its digest.",
            discussion: """
                What was got of a broken download stays beside the file, and the same command goes on there.
                Example: millrace artifacts get ann/app dist --output dist.zip
                """)
        @OptionGroup var server: ServerOptions
        @Argument(help: "Its id, or its name: then the newest of that name.") var artifact: String
        @Option(help: "File or folder to write to (default: here, under the server's name for it).") var output: String?
        @Flag(help: "Replace a file that is there already.") var force = false
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await ArtifactsCommand.guarded {
                let server = try server.server()
                let found = try await server.artifact(artifact)
                guard !found.expired else {
                    throw ClientProblem.refused("artifact \(found.id) \"\(found.name)\" has expired; run the job again")
                }
                var isDirectory: ObjCBool = false
                let isFolder =
                    output.map { FileManager.default.fileExists(atPath: $0, isDirectory: &isDirectory) } == true
                    && isDirectory.boolValue
                let directory =
                    isFolder
                    ? output ?? "."
                    : output.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path } ?? "."
                let result = try await ArtifactDownload(found, from: server, in: directory)
                    .run(output: isFolder ? nil : output, replaces: force)
                struct Answer: Encodable {
                    let id: Int64
                    let name, path: String
                    let bytes: Int64
                    let digest: String
                }
                say(
                    json
                        ? try ArtifactsCommand.json(
                            Answer(
                                id: found.id, name: found.name, path: result.path, bytes: result.bytes,
                                digest: result.digest)) : "\(result.path)\n", terminator: "")
            }
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Upload a file from within a job.",
            discussion: """
                Needs ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL, which runners set in the environment of steps.
                Example: millrace artifacts put build/app.tar.zst --name app --retention-days 5
                """)
        @Argument(help: "The file.") var file: String
        @Option(help: "Name of the artifact (default: the file's).") var name: String?
        @Option(help: "Media type (default: by the file's ending).") var type: String?
        @Option(help: "Days to keep it, at most what the server allows.") var retentionDays: Int?
        @Flag(help: "Replace an artifact of this name in the same run.") var overwrite = false
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await ArtifactsCommand.guarded {
                let job = try JobEnvironment(ProcessInfo.processInfo.environment)
                let name = name ?? URL(fileURLWithPath: file).lastPathComponent
                guard retentionDays.map({ (1...36_500).contains($0) }) ?? true else {
                    throw ClientProblem.usage("--retention-days is \(retentionDays ?? 0); it must be 1 to 36500")
                }
                let result = try await ArtifactUpload(job: job).run(
                    file, name: name, type: type ?? mediaType(ofFile: file),
                    expiresAt: retentionDays.map { Date(timeIntervalSinceNow: Double($0) * 86_400) },
                    replaces: overwrite)
                struct Answer: Encodable {
                    let id: Int64
                    let name: String
                    let bytes: Int64
                    let digest: String
                }
                say(
                    json
                        ? try ArtifactsCommand.json(
                            Answer(id: result.id, name: name, bytes: result.bytes, digest: result.digest))
                        : "\(result.id)\n", terminator: "")
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Remove one artifact.", discussion: "Example: millrace artifacts rm ann/app 17"
        )
        @OptionGroup var server: ServerOptions
        @Argument(help: "Its id, or its name if only one has it.") var artifact: String
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await ArtifactsCommand.guarded {
                let server = try server.server()
                let found = try await server.artifact(artifact)
                if Int64(artifact) == nil {
                    let all = try await server.list(name: artifact).filter { !$0.expired }
                    guard all.count <= 1 else {
                        throw ClientProblem.usage(
                            "\(all.count) artifacts are called \"\(artifact)\"; name one by its id: "
                                + all.map { "\($0.id)" }.joined(separator: ", "))
                    }
                }
                try await server.remove(found.id)
                struct Answer: Encodable {
                    let id: Int64
                    let name: String
                }
                if json { say(try ArtifactsCommand.json(Answer(id: found.id, name: found.name)), terminator: "") }
            }
        }
    }

    private static func guarded(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let problem as ClientProblem {
            complain("millrace: \(problem.words)")
            throw ExitCode(problem.exitStatus)
        } catch { throw CleanExit.status(of: error) }
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return harmlessJSON(String(decoding: try encoder.encode(value), as: UTF8.self)) + "\n"
    }
}
