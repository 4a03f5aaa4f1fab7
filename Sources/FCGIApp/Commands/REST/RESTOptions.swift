import ArgumentParser
import Client
import Domain
import Foundation
import Glibc

/// Which server a command asks, as whom, and how it answers.
struct RESTOptions: ParsableArguments {
    @Option(
        help:
            "Address of the server (default: MILLRACE_URL, else the one that was logged in to last).")
    var url: String?
    @Option(help: "Access token; other users of this host may see it, prefer MILLRACE_TOKEN or millrace login.")
    var token: String?
    @Flag(help: "Print JSON.") var json = false

    func server() throws -> RESTServer {
        let environment = ProcessInfo.processInfo.environment
        let logins = try Logins.load(try Logins.path(environment))
        guard let said = url ?? environment["MILLRACE_URL"] ?? logins.current else {
            throw ClientProblem.usage("no server is named; log in by: millrace login https://ci.example.org")
        }
        guard let address = ServerAddress(said) else {
            throw ClientProblem.usage("address \"\(said)\" is not an http or https URL")
        }
        let known = token ?? environment["MILLRACE_TOKEN"] ?? logins.servers[address.base]?.token
        return RESTServer(address, token: known?.isEmpty == true ? nil : known)
    }

    /// Prints rows: a table, or as JSON an array.
    func show(_ rows: [RESTValue], _ columns: [(heading: String, member: String)]) throws {
        if json { return try printJSON(.array(rows)) }
        let table = TextTable(
            columns.map(\.heading), rows.map { row in columns.map { row.text($0.member) } })
        say(table.text(width: terminalWidth()), terminator: "")
    }

    /// Prints one thing: a line a member, or as JSON the whole.
    func show(_ object: RESTValue, _ members: [(heading: String, member: String)]) throws {
        if json { return try printJSON(object) }
        let width = members.map(\.heading.count).max() ?? 0
        for (heading, member) in members {
            say("\(heading.padding(toLength: width, withPad: " ", startingAt: 0))  \(object.text(member))")
        }
    }

    /// Says that something was done; as JSON that is an object of what was named.
    func done(_ words: String, _ members: [String: RESTValue] = [:]) throws {
        if json { try printJSON(.object(members)) } else { say(words) }
    }

    private func printJSON(_ value: RESTValue) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        say(harmlessJSON(String(decoding: try encoder.encode(value), as: UTF8.self)))
    }
}

/// Columns of the terminal that output goes to; nil when it is none.
private func terminalWidth() -> Int? {
    guard isatty(STDOUT_FILENO) == 1 else { return nil }
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
}

/// Whose secrets, variables and runners are meant.
struct LevelOptions: ParsableArguments {
    @Option(help: "Of a repository, as owner/name.") var repo: String?
    @Option(help: "Of an organization.") var org: String?
    @Flag(help: "Of one's own account.") var user = false
    @Flag(help: "Of the whole site, for administrators.") var admin = false

    /// What paths of the level begin with.
    func path() throws -> String {
        let given = [repo != nil, org != nil, user, admin].filter(\.self).count
        guard given == 1 else {
            throw ClientProblem.usage("name one of --repo owner/name, --org NAME, --user and --admin")
        }
        if let repo { return try repositoryPath(repo) }
        if let org { return "/orgs/\(percentEncoded(org))" }
        return user ? "/user" : "/admin"
    }
}

/// What paths of a repository begin with.
func repositoryPath(_ text: String) throws -> String {
    let names = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
        String(Substring($0))
    }
    guard names.count == 2, names.allSatisfy({ !$0.isEmpty }) else {
        throw ClientProblem.usage("repository \"\(text)\" must be written as owner/name")
    }
    return "/repos/" + names.map(percentEncoded).joined(separator: "/")
}

/// Runs a command that asks a server; what goes wrong is said on stderr, with its exit status (STYLE 5).
func asking(_ body: () async throws -> Void) async throws {
    do { try await body() } catch let problem as ClientProblem {
        complain("millrace: \(problem.words)")
        throw ExitCode(problem.exitStatus)
    } catch { throw CleanExit.status(of: error) }
}

/// A value that must not stand in the command line: a file's content, or the whole of standard input, without the newline that
/// editors and `echo` add.
func givenText(file: String?) throws -> String {
    let data: Data
    if let file, file != "-" {
        guard let content = FileManager.default.contents(atPath: file) else {
            throw ClientProblem.usage("could not read \"\(file)\"")
        }
        data = content
    } else {
        if isatty(STDIN_FILENO) == 1 { complain("type it, then Enter and Ctrl-D:") }
        data = FileHandle.standardInput.readDataToEndOfFile()
    }
    guard var text = String(data: data, encoding: .utf8) else {
        throw ClientProblem.usage("what was given is not UTF-8")
    }
    if text.utf8.last == 10 { text = String(decoding: text.utf8.dropLast(), as: UTF8.self) }
    return text
}
