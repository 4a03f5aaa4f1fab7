import ArgumentParser
import Client
import Domain
import Foundation

struct DispatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dispatch", abstract: "Start a workflow that has workflow_dispatch.",
        discussion: "Example: millrace dispatch ann/app deploy.yml --ref main -f level=3")
    @OptionGroup var options: RESTOptions
    @Argument(help: "The repository, as owner/name.") var repository: String
    @Argument(help: "The workflow's file name.") var workflow: String
    @Option(help: "Branch or tag; the file is read there.") var ref = "main"
    @Option(name: [.customShort("f"), .customLong("field")], help: "An input as NAME=VALUE; may be repeated.")
    var fields: [String] = []

    func run() async throws {
        try await asking {
            var inputs: [String: RESTValue] = [:]
            for field in fields {
                guard let sign = field.firstIndex(of: "="), sign != field.startIndex else {
                    throw ClientProblem.usage("input \"\(field)\" must be written as NAME=VALUE")
                }
                inputs[String(field[..<sign])] = .string(String(field[field.index(after: sign)...]))
            }
            let made = try await options.server().object(
                "POST", try repositoryPath(repository) + "/actions/workflows/\(percentEncoded(workflow))/dispatches",
                query: [("return_run_details", "true")],
                body: .object(["ref": .string(ref), "inputs": .object(inputs)]),
                "start \(workflow) of \(repository)")
            try options.show(made, [("run", "workflow_run_id"), ("page", "html_url")])
        }
    }
}

struct RerunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rerun", abstract: "Run the jobs of a run again.",
        discussion: "Example: millrace rerun ann/app 17 --failed")
    @OptionGroup var options: RESTOptions
    @Argument(help: "The repository, as owner/name.") var repository: String
    @Argument(help: "The run's id.") var id: Int64
    @Flag(help: "Only jobs that failed, and those that need them.") var failed = false
    @Option(help: "Only the job with this id, and those that need it.") var job: Int64?

    func run() async throws {
        try await asking {
            guard !failed || job == nil else { throw ClientProblem.usage("name --failed or --job, not both") }
            let path = try repositoryPath(repository) + "/actions/runs/\(id)"
            let server = try options.server()
            let ending = failed ? "/rerun-failed-jobs" : job.map { "/jobs/\($0)/rerun" } ?? "/rerun"
            try await server.ask("POST", path + ending, "run \(id) again")
            let after = try await server.object("GET", path, "show run \(id)")
            try options.show(
                after, [("run", "id"), ("attempt", "run_attempt"), ("status", "status"), ("page", "html_url")])
        }
    }
}

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel a run.", discussion: "Example: millrace cancel ann/app 17")
    @OptionGroup var options: RESTOptions
    @Argument(help: "The repository, as owner/name.") var repository: String
    @Argument(help: "The run's id.") var id: Int64
    @Flag(help: "Do not wait for the last words of runners.") var force = false

    func run() async throws {
        try await asking {
            let after = try await options.server().object(
                "POST", try repositoryPath(repository) + "/actions/runs/\(id)/\(force ? "force-cancel" : "cancel")",
                "cancel run \(id)")
            try options.show(after, [("run", "id"), ("status", "status"), ("conclusion", "conclusion")])
        }
    }
}

struct WorkflowsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflows", abstract: "List the workflows of a repository; enable and disable them.",
        subcommands: [List.self, Enable.self, Disable.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List workflows.", discussion: "Example: millrace workflows list ann/app")
        @OptionGroup var options: RESTOptions
        @Argument(help: "The repository, as owner/name.") var repository: String

        func run() async throws {
            try await asking {
                let found = try await options.server().object(
                    "GET", try repositoryPath(repository) + "/actions/workflows", "list the workflows of \(repository)")
                try options.show(
                    found["workflows"]?.items ?? [],
                    [("FILE", "id"), ("STATE", "state"), ("PATH", "path"), ("NAME", "name")])
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let events start a workflow again.",
            discussion: "Example: millrace workflows enable ann/app ci.yml")
        @OptionGroup var options: RESTOptions
        @Argument(help: "The repository, as owner/name.") var repository: String
        @Argument(help: "The workflow's file name.") var workflow: String
        func run() async throws { try await change("enable", options, repository, workflow) }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let no event start a workflow.", discussion: "Example: millrace workflows disable ann/app ci.yml"
        )
        @OptionGroup var options: RESTOptions
        @Argument(help: "The repository, as owner/name.") var repository: String
        @Argument(help: "The workflow's file name.") var workflow: String
        func run() async throws { try await change("disable", options, repository, workflow) }
    }

    private static func change(
        _ verb: String, _ options: RESTOptions, _ repository: String, _ workflow: String
    ) async throws {
        try await asking {
            try await options.server().ask(
                "PUT", try repositoryPath(repository) + "/actions/workflows/\(percentEncoded(workflow))/\(verb)",
                "\(verb) \(workflow) of \(repository)")
            try options.done("\(verb)d \(workflow)", ["id": .string(workflow)])
        }
    }
}
