import ArgumentParser
import Client
import Domain
import Foundation

/// What a run shows of itself in a table, and by itself.
private let runColumns = [
    ("ID", "id"), ("NUMBER", "run_number"), ("STATUS", "status"), ("CONCLUSION", "conclusion"), ("EVENT", "event"),
    ("BRANCH", "head_branch"), ("BY", "actor.login"), ("STARTED", "started_at"), ("TITLE", "display_title"),
]
private let jobColumns = [
    ("ID", "id"), ("STATUS", "status"), ("CONCLUSION", "conclusion"), ("RUNNER", "runner_name"), ("LABELS", "labels"),
    ("STARTED", "started_at"), ("NAME", "name"),
]

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List and show runs, their jobs, and delete them.",
        subcommands: [List.self, Show.self, Remove.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List runs, newest first.",
            discussion: "Example: millrace runs list ann/app --branch main --status failure")
        @OptionGroup var options: RESTOptions
        @Argument(help: "The repository, as owner/name.") var repository: String
        @Option(help: "Only of this branch.") var branch: String?
        @Option(help: "Only of this event.") var event: String?
        @Option(help: "Only of this status or conclusion; may be repeated.") var status: [String] = []
        @Option(help: "Only caused by this user.") var actor: String?
        @Option(help: "Only of this commit, its whole id.") var sha: String?
        @Option(help: "Only of this workflow, its file name.") var workflow: String?
        @Option(help: "Runs at most.") var limit = 30

        func run() async throws {
            try await asking {
                var query = status.map { ("status", $0) }
                for (name, value) in [("branch", branch), ("event", event), ("actor", actor), ("head_sha", sha)] {
                    if let value { query.append((name, value)) }
                }
                let place = workflow.map { "/workflows/\(percentEncoded($0))" } ?? ""
                let rows = try await options.server().list(
                    try repositoryPath(repository) + "/actions\(place)/runs", query: query, key: "workflow_runs",
                    limit: limit, "list the runs of \(repository)")
                try options.show(rows, runColumns)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a run and its jobs.", discussion: "Example: millrace runs show ann/app 17")
        @OptionGroup var options: RESTOptions
        @Argument(help: "The repository, as owner/name.") var repository: String
        @Argument(help: "The run's id.") var id: Int64

        func run() async throws {
            try await asking {
                let server = try options.server()
                let path = try repositoryPath(repository) + "/actions/runs/\(id)"
                let found = try await server.object("GET", path, "show run \(id) of \(repository)")
                try options.show(
                    found,
                    [
                        ("run", "id"), ("title", "display_title"), ("file", "path"), ("status", "status"),
                        ("conclusion", "conclusion"), ("problem", "problem"), ("attempt", "run_attempt"),
                        ("commit", "head_sha"), ("by", "trigger_actor.login"), ("page", "html_url"),
                    ])
                guard !options.json else { return }
                say("")
                let jobs = try await server.list(path + "/jobs", key: "jobs", limit: 256, "list the jobs of run \(id)")
                try options.show(jobs, jobColumns)
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Delete a run that is done, with its logs and artifacts.",
            discussion: "Example: millrace runs rm ann/app 17")
        @OptionGroup var options: RESTOptions
        @Argument(help: "The repository, as owner/name.") var repository: String
        @Argument(help: "The run's id.") var id: Int64

        func run() async throws {
            try await asking {
                try await options.server().ask(
                    "DELETE", try repositoryPath(repository) + "/actions/runs/\(id)", "delete run \(id)")
                try options.done("deleted run \(id)", ["id": .integer(id)])
            }
        }
    }
}

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List and show jobs; say why one waits.",
        subcommands: [List.self, Show.self, Why.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List jobs of a repository, or of one run.",
            discussion: "Example: millrace jobs list ann/app --run 17")
        @OptionGroup var options: RESTOptions
        @Argument(help: "The repository, as owner/name.") var repository: String
        @Option(help: "Only of the latest attempt of the run with this id.") var run: Int64?
        @Option(help: "Only of this status or conclusion; may be repeated.") var status: [String] = []
        @Option(help: "Jobs at most.") var limit = 50

        func run() async throws {
            try await asking {
                let place = run.map { "/runs/\($0)" } ?? ""
                let rows = try await options.server().list(
                    try repositoryPath(repository) + "/actions\(place)/jobs", query: status.map { ("status", $0) },
                    key: "jobs", limit: limit, "list the jobs of \(repository)")
                try options.show(rows, jobColumns)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a job and its steps.", discussion: "Example: millrace jobs show ann/app 31")
        @OptionGroup var options: RESTOptions
        @Argument(help: "The repository, as owner/name.") var repository: String
        @Argument(help: "The job's id.") var id: Int64

        func run() async throws {
            try await asking {
                let job = try await options.server().object(
                    "GET", try repositoryPath(repository) + "/actions/jobs/\(id)", "show job \(id) of \(repository)")
                try options.show(
                    job,
                    [
                        ("job", "id"), ("name", "name"), ("run", "run_id"), ("status", "status"),
                        ("conclusion", "conclusion"), ("problem", "problem"), ("runner", "runner_name"),
                        ("labels", "labels"), ("page", "html_url"),
                    ])
                guard !options.json else { return }
                say("")
                try options.show(
                    job["steps"]?.items ?? [],
                    [("STEP", "number"), ("STATUS", "status"), ("CONCLUSION", "conclusion"), ("NAME", "name")])
            }
        }
    }

    struct Why: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say why a job waits.", discussion: "Example: millrace jobs why ann/app 31")
        @OptionGroup var options: RESTOptions
        @Argument(help: "The repository, as owner/name.") var repository: String
        @Argument(help: "The job's id.") var id: Int64

        func run() async throws {
            try await asking {
                let why = try await options.server().object(
                    "GET", try repositoryPath(repository) + "/actions/jobs/\(id)/why", "ask why job \(id) waits")
                try options.show(why, [("why", "message")])
            }
        }
    }
}

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print the log of a job.",
        discussion: "Example: millrace logs ann/app 31 --follow")
    @OptionGroup var options: RESTOptions
    @Argument(help: "The repository, as owner/name.") var repository: String
    @Argument(help: "The job's id.") var id: Int64
    @Flag(name: .shortAndLong, help: "Go on until the job has ended.") var follow = false

    func run() async throws {
        try await asking {
            let server = try options.server()
            let path = try repositoryPath(repository) + "/actions/jobs/\(id)"
            var next: Int64 = 0
            while true {
                guard let part = try await part(of: path, from: next, server) else {
                    try await Task.sleep(for: .seconds(1))
                    continue
                }
                say(part.text, terminator: "")
                let isAll = part.next == next
                next = part.next
                if part.isDone || isAll && !follow { return }
                if isAll { try await Task.sleep(for: .seconds(1)) }
            }
        }
    }

    /// Rows from `first` on, as many as the server gives at once.
    ///
    /// - Returns: nil when the job has not started and its start is waited for.
    private func part(
        of path: String, from first: Int64, _ server: RESTServer
    ) async throws -> (text: String, next: Int64, isDone: Bool)? {
        let answer: HTTPAnswer
        do {
            answer = try await server.ask(
                "GET", path + "/logs", query: [("from", "\(first)"), ("lines", "\(RESTLimits.logRows)")],
                "read the log of job \(id)")
        } catch ClientProblem.missing(let words) {
            guard follow, first == 0, words.contains("has not started") else { throw ClientProblem.missing(words) }
            // It may never start: a job that is done has nothing to wait for.
            let job = try await server.object("GET", path, "show job \(id)")
            guard job.text("status") != "completed" else { throw ClientProblem.missing(words) }
            return nil
        }
        guard let next = answer.header("x-millrace-next-row").flatMap({ Int64($0) }) else {
            // Another server's: it gives the whole.
            return (String(decoding: answer.body, as: UTF8.self), first, true)
        }
        return (
            String(decoding: answer.body, as: UTF8.self), next, answer.header("x-millrace-done") == "true"
        )
    }
}
