import Testing

@testable import Domain

/// A world that answers what a planner asks for, and writes down what that was.
struct PlanWorld {
    var files: [String: String] = [:]
    var sizes: [String: Int] = [:]
    var changedPaths: [String]?
    var payload = #"{"head_commit":{"message":"Change"}}"#
    var hasRepository = true
    var settings = PlanSettings()
    private(set) var asked: [String] = []

    mutating func plan(
        _ event: RepositoryEvent = .push(.init(ref: "refs/heads/main", before: "1", after: "2")),
        message: String = "Change\n\nmore", payload given: EventPayload? = nil
    ) -> Planner {
        let head = Commit(Array("tree 1\nauthor A <a@b> 0 +0000\n\n\(message)\n".utf8))
        let subject = PlanSubject(
            event: event, ref: "refs/heads/main", commit: "c0ffee", head: head, actor: "ann", repositoryOwner: "ann",
            repositoryName: "app", base: "http://localhost")
        let entries = files.map { path, text in
            CommitEntry(path: path, id: "id of \(path)", isFile: text != "link", size: sizes[path] ?? text.utf8.count)
        }
        var planner = Planner(subject, entries: entries, payload: given)
        var number: Int64 = 0
        while let need = planner.next() {
            switch need {
            case .file(let file):
                asked.append("file \(file.path)")
                planner.take(file: files[file.path].flatMap { $0 == "gone" ? nil : Array($0.utf8) })
            case .called(let reference):
                asked.append("called \(reference.name)")
                let text = files[reference.path].map { CalledFiles.Answer.bytes(Array($0.utf8)) }
                planner.take(called: text ?? .missing("does not exist"))
            case .changedPaths:
                asked.append("paths")
                planner.take(changedPaths: changedPaths)
            case .payload(let bytesMax):
                asked.append("payload \(bytesMax)")
                planner.take(payload: EventPayload(json: payload))
            case .settings:
                asked.append("settings")
                planner.take(settings: settings)
            case .run:
                asked.append("run")
                number += 1
                planner.take(
                    run: hasRepository
                        ? RunReservation(
                            run: RunID(100 + number), number: number, repository: RepositoryID(1), owner: AccountID(1))
                        : nil)
            }
            if asked.count > 2000 { return planner }
        }
        return planner
    }
}

@Suite("The planner")
struct PlannerTests {
    static let jobs = "\njobs: {j: {runs-on: x, steps: [run: x]}}\n"
    static let folder = ".gitea/workflows/"

    private static func world(_ files: [String: String]) -> PlanWorld {
        var world = PlanWorld()
        for (name, on) in files { world.files[folder + name] = on + jobs }
        return world
    }

    @Test("asks for files in their order, for the rest when something starts, and once for what all runs share")
    func order() {
        var world = Self.world([
            "b.yml": "on: push", "a.yml": "on: {push: {branches: [dev]}}", "c.yml": "on: {push: {paths: [src/**]}}",
            "d.yml": "on: {push: {paths: [docs/**]}}", "README": "on: push",
        ])
        world.changedPaths = ["docs/a"]
        let planned = world.plan()
        #expect(
            world.asked == [
                "settings", "file .gitea/workflows/a.yml", "file .gitea/workflows/b.yml",
                "payload \(eventBytes(runs: 4))", "run",
                "file .gitea/workflows/c.yml", "paths", "file .gitea/workflows/d.yml", "run",
            ])
        #expect(planned.runs.map(\.plan.workflowID) == ["b.yml", "d.yml"])
        #expect(planned.runs.map(\.as.number) == [1, 2])
        #expect(
            planned.words == """
                .gitea/workflows/a.yml: branch "main" is filtered out
                .gitea/workflows/b.yml: run #1
                .gitea/workflows/c.yml: changed paths are filtered out: "docs/a"
                .gitea/workflows/d.yml: run #2
                """)
    }

    @Test("a run has what the event, the commit and the file say; expressions see its number")
    func content() throws {
        var world = PlanWorld()
        world.files[Self.folder + "ci.yml"] = """
            on: push
            nmae: x
            jobs: {j: {name: "${{ github.run_number }} ${{ github.event.head_commit.message }}", runs-on: x, steps: [run: x]}}
            """
        let run = try #require(world.plan().runs.first)
        #expect(run.as.run == RunID(101))
        #expect(run.plan.title == "Change" && run.plan.event == "push" && run.plan.ref == "refs/heads/main")
        #expect(
            run.plan.sha == "c0ffee" && run.plan.workflowPath == ".gitea/workflows/ci.yml" && run.plan.problem == "")
        #expect(run.plan.payload == world.payload)
        #expect(run.plan.warnings.contains("unexpected key \"nmae\""))
        let job = try #require(run.plan.jobs.first)
        #expect(job.key == "j" && job.name == "1 Change" && job.runsOn == ["x"] && job.stepNames == ["Run x"])
        let definition = try JobDefinition(stored: Array(try #require(job.definition).utf8))
        #expect(payload(of: definition) == Array(job.payload.utf8))
    }

    @Test("a file that cannot be planned is a failed run, the others are planned")
    func broken() {
        var world = Self.world(["a.yml": "on: push", "b.yml": "on: push", "c.yml": "on: push", "e.yml": "on: push"])
        world.files[Self.folder + "b.yml"] = "on: push\njobs: [\n"
        world.files[Self.folder + "c.yml"] = "gone"
        world.files[Self.folder + "d.yml"] = "link"
        world.sizes[Self.folder + "c.yml"] = 1
        world.sizes[Self.folder + "e.yml"] = WorkflowLimits.fileBytesMax + 1
        let planned = world.plan()
        #expect(planned.runs.map { $0.plan.problem.isEmpty } == [true, false, false, false])
        #expect(planned.runs.map(\.plan.jobs.count) == [1, 0, 0, 0])
        #expect(planned.runs[3].plan.problem.hasSuffix("at most \(WorkflowLimits.fileBytesMax) are read [too-large]"))
        #expect(!world.asked.contains("file .gitea/workflows/e.yml"), "its size is known before it is read")
        #expect(!world.asked.contains("file .gitea/workflows/d.yml"), "a link is no file")
    }

    @Test("an `on` that cannot be read fails the push's run, and is passed by for other events")
    func unreadable() {
        var world = Self.world(["a.yml": "on: [push, {}]"])
        #expect(world.plan().runs.map { $0.plan.problem.isEmpty } == [false])
        let planned = world.plan(.repositoryDispatch(type: "x"), payload: EventPayload(json: "{}"))
        #expect(planned.runs.isEmpty)
        #expect(planned.words == ".gitea/workflows/a.yml: \"on\" cannot be read")
    }

    @Test("so many files are read, one failed run tells of the rest")
    func manyFiles() {
        var world = Self.world(
            Dictionary(
                uniqueKeysWithValues: (0..<PlanningLimits.filesMax + 3).map { ("w\(1000 + $0).yml", "on: push") }))
        let planned = world.plan()
        #expect(planned.runs.count == PlanningLimits.filesMax + 1)
        #expect(planned.runs.dropLast().allSatisfy { $0.plan.problem.isEmpty })
        #expect(planned.runs.last?.plan.problem.contains("[too-many-files]") == true)
    }

    @Test("a file that is costly leaves the others of its event their share")
    func budget() {
        var world = Self.world(["z.yml": "on: push"])
        for name in ["a", "b", "c", "d", "e", "f"] {
            world.files[Self.folder + name + ".yml"] = PlanningLimitsTests.file(legs: 250, items: 250, keys: 60)
        }
        let planned = world.plan()
        #expect(planned.runs.count == 7)
        #expect(planned.runs.dropLast().allSatisfy { $0.plan.problem.contains("[planning-cost]") })
        #expect(planned.runs.last?.plan.problem == "")
    }

    @Test("what the files of an event cost is counted together")
    func together() {
        // More than each file has for sure, less than one may take alone.
        let dear = PlanningLimitsTests.file(legs: 250, items: 60, keys: 8)
        let steps = read(dear).steps
        #expect(steps > PlanningLimits.fileStepsSure && steps < PlanningLimits.fileStepsMax)
        var world = Self.world([:])
        let count = PlanningLimits.pushStepsMax / steps + 2
        for number in 0..<count { world.files[Self.folder + "w\(1000 + number).yml"] = dear }
        let problems = world.plan().runs.map(\.plan.problem)
        #expect(problems.first == "")
        #expect(problems.last?.contains("[planning-cost]") == true)
    }

    @Test("without a repository or without files nothing starts")
    func nothing() {
        var gone = Self.world(["a.yml": "on: push", "b.yml": "on: push"])
        gone.hasRepository = false
        #expect(gone.plan().runs.isEmpty)
        #expect(gone.asked.filter { $0 == "run" }.count == 1)
        var empty = PlanWorld()
        #expect(empty.plan().words == "no workflow files: starts nothing")
        #expect(empty.asked.isEmpty)
    }

    @Test("another event than a push starts runs under its own name, with its own payload and inputs")
    func dispatch() throws {
        var world = PlanWorld()
        world.files[Self.folder + "ci.yml"] = """
            on: {workflow_dispatch: {inputs: {flag: {type: boolean}, n: {type: number, default: 2}, t: {required: true}}}}
            jobs: {j: {name: "${{ toJSON(inputs) }}", runs-on: "${{ inputs.flag && 'yes' || 'no' }}", steps: [run: x]}}
            """
        let json = #"{"workflow":"ci.yml","ref":"main","inputs":{"flag":"true","t":"a b","more":"x"}}"#
        let planned = world.plan(try event(.workflowDispatch, json), payload: EventPayload(json: json))
        #expect(world.asked == ["settings", "file .gitea/workflows/ci.yml", "run"], "its payload is there")
        let run = try #require(planned.runs.first?.plan)
        #expect(run.event == "workflow_dispatch" && run.payload == json && run.problem == "")
        #expect(run.jobs.first?.runsOn == ["yes"])
        #expect(run.jobs.first?.name == "{\n  \"flag\": true,\n  \"n\": 2,\n  \"t\": \"a b\"\n}")
    }

    @Test("a payload that all runs cannot store starts nothing, in words")
    func largePayload() {
        var world = Self.world(["a.yml": "on: repository_dispatch"])
        let payload = EventPayload(json: "{\"a\":\"\(String(repeating: "x", count: PushLimits.eventBytesMax))\"}")
        let planned = world.plan(.repositoryDispatch(type: "x"), payload: payload)
        #expect(planned.runs.isEmpty && world.asked.isEmpty)
        #expect(planned.words.hasSuffix("are stored for each run: starts nothing"))
    }

    @Test("a disabled workflow starts nothing by any event; variables are seen by what is planned")
    func settings() throws {
        var world = Self.world(["a.yml": "on: push", "b.yml": "run-name: to ${{ vars.WHERE }}\non: push"])
        world.settings = PlanSettings(
            vars: .object([(key: "WHERE", value: .string("prod"))]), disabledWorkflows: ["a.yml", "c.yml"])
        let planned = world.plan()
        #expect(planned.runs.map(\.plan.workflowID) == ["b.yml"])
        #expect(planned.runs.first?.plan.title == "to prod")
        #expect(planned.words.hasPrefix(".gitea/workflows/a.yml: the workflow is disabled\n"))
        #expect(!world.asked.contains("file .gitea/workflows/a.yml"))
    }

    @Test("a dispatch reads no file but its own")
    func dispatchReadsOne() throws {
        var world = Self.world(["a.yml": "on: workflow_dispatch", "b.yml": "on: workflow_dispatch"])
        let json = #"{"workflow":".gitea/workflows/b.yml","ref":"main"}"#
        let planned = world.plan(try event(.workflowDispatch, json), payload: EventPayload(json: json))
        #expect(world.asked == ["settings", "file .gitea/workflows/b.yml", "run"])
        #expect(planned.runs.map(\.plan.inputs) == ["{}"])
    }
}
