import Testing

@testable import Server
@testable import Web

@Suite("The configuration file")
struct ConfigurationTests {
    private static func read(_ text: String, _ environment: [String: String] = [:]) throws -> Configuration {
        try Configuration.read(text, path: "m.yaml", environment: environment)
    }
    private static func problem(_ text: String, _ environment: [String: String] = [:]) -> String? {
        let problem = #expect(throws: Configuration.Problem.self) { try read(text, environment) }
        return problem?.description
    }

    @Test("values of all kinds")
    func values() throws {
        let read = try Self.read(
            """
            server:
              public_url: https://ci.example/
              work_threads: 32
            database:
              dsn: "host=/run/postgresql dbname=ci"
              pool: 20
            tasks:
              poll_hold: 1.5s
            """)
        #expect(read.publicURL == "https://ci.example")
        #expect(read.workThreads == 32)
        #expect(read.databaseDSN == "host=/run/postgresql dbname=ci")
        #expect(read.databasePool == 20)
        #expect(read.pollHoldSeconds == 1.5)
    }

    @Test("a table is a mapping in the file and a list in the environment; rows that name no action are refused")
    func tables() throws {
        let text = """
            actions:
              replace:
                actions/checkout: https://code.example/a/checkout
                "actions/cache@v4": mirror/cache@v4
            """
        let read = try Self.read(text)
        #expect(read.actionReplacements.replacement(of: "actions/checkout@v5") == "https://code.example/a/checkout@v5")
        #expect(read.actionReplacements.replacement(of: "actions/cache@v4") == "mirror/cache@v4")
        let other = try Self.read(text, ["MILLRACE_ACTIONS_REPLACE": "a/b=c/d, e/f@v1=g/h@v2"])
        #expect(other.actionReplacements.replacement(of: "e/f@v1") == "g/h@v2")
        #expect(other.actionReplacements.replacement(of: "actions/checkout@v5") == nil)
        #expect(try Self.read("actions:\n  replace: a/b=c/d\n").actionReplacements.replacement(of: "a/b@x") == "c/d@x")
        #expect(
            Self.problem("actions:\n  replace: {checkout: a/b}\n")?.contains("has \"checkout\"; actions are named")
                == true)
        #expect(Self.problem("actions:\n  replace: {a/b: [c/d]}\n")?.contains("each row of") == true)
        #expect(Self.problem("actions:\n  replace: [a/b]\n")?.contains("must be a single value") == true)
        #expect(Self.problem("actions:\n  default_url: {a: b}\n")?.contains("must be a single value") == true)
    }

    @Test(
        "an empty file, a comment alone and an absent value are the defaults",
        arguments: ["", "# nothing\n", "---\n", "server:\n  # work_threads: 8\ntasks:\n"])
    func defaults(text: String) throws {
        #expect(try Self.read(text).workThreads == Configuration().workThreads)
    }

    @Test("the environment wins over the file, also over an empty one", arguments: ["", "database:\n  pool: 3\n"])
    func environment(text: String) throws {
        let read = try Self.read(
            text, ["MILLRACE_DATABASE_POOL": "9", "MILLRACE_SERVER_SOCKET_DIR": "/s", "OTHER_DATABASE_POOL": "1"])
        #expect(read.databasePool == 9)
        #expect(read.socketDirectory == "/s")
    }

    @Test("variables of ours that are not configuration are left alone")
    func otherVariables() throws {
        _ = try Self.read("", ["MILLRACE_STACK_USER": "x", "MILLRACE_PUSHER_ID": "7", "MILLRACE": "", "MILLRACE_": ""])
    }

    static let mistakes: [(text: String, start: String)] = [
        ("server:\n  work_threads: 8\n\n  nonsense: 1\n", "m.yaml:4: unknown key \"server.nonsense\"; known are "),
        ("nonsense:\n  dsn: x\n", "m.yaml:2: unknown key \"nonsense.dsn\""),
        ("database:\n  pool: many\n", "m.yaml:2: \"database.pool\" is \"many\"; it must be a number from 1 to 200"),
        ("database:\n  pool: 0\n", "m.yaml:2: \"database.pool\" is \"0\"; it must be a number from 1 to 200"),
        ("database:\n  pool: 201\n", "m.yaml:2: \"database.pool\" is \"201\""),
        ("database:\n  pool:\n", "m.yaml:2: \"database.pool\" is \"\"; it must be a number"),
        ("tasks:\n  poll_hold: 51s\n", "m.yaml:2: \"tasks.poll_hold\" is \"51s\"; it must be a time such as \"25s\""),
        ("tasks:\n  poll_hold: 25\n", "m.yaml:2: \"tasks.poll_hold\" is \"25\""),
        ("tasks:\n  poll_hold: nans\n", "m.yaml:2: \"tasks.poll_hold\" is \"nans\""),
        ("tasks:\n  poll_hold: -1s\n", "m.yaml:2: \"tasks.poll_hold\" is \"-1s\""),
        (
            "server:\n  addresses: https://a, https://b/c\n",
            "m.yaml:2: \"server.addresses\" has \"https://b/c\"; it must be addresses such as \"https://ci.example\""
        ),
        ("server:\n  addresses: \"https://a,\"\n", "m.yaml:2: \"server.addresses\" has \"\"; it must be"),
        ("# one\nserver: 5\n", "m.yaml:2: \"server\" must hold keys"),
        ("server:\n  socket_dir: [a, b]\n", "m.yaml:2: \"server.socket_dir\" must be a single value"),
        ("- a\n- b\n", "m.yaml: expected sections at the top level"),
        ("just text", "m.yaml: expected sections at the top level"),
        ("server:\n  socket_dir: \"open\n", "m.yaml:"),
        ("server:\n\twork_threads: 1\n", "m.yaml:2: "),
        ("server:\n  work_threads: 1\n  work_threads: 2\n", "m.yaml:2: a key is given twice: \"work_threads\""),
        ("server: {work_threads: 1}\nserver: {work_threads: 2}\n", "m.yaml:1: a key is given twice: \"server\""),
    ]

    @Test("a mistake is named with file, line and what would be right", arguments: mistakes.indices)
    func problems(index: Int) {
        let (text, start) = Self.mistakes[index]
        let said = Self.problem(text)
        #expect(said?.hasPrefix(start) == true, "\(said ?? "no problem")")
        #expect(said?.contains("Yams") == false)
    }

    @Test("a mistake in the environment names the variable")
    func environmentProblem() {
        #expect(
            Self.problem("", ["MILLRACE_DATABASE_POOL": "x"])?.hasPrefix(
                "MILLRACE_DATABASE_POOL: \"database.pool\" is \"x\"") == true)
    }

    @Test("a file that is not there")
    func absent() {
        let problem = #expect(throws: Configuration.Problem.self) { try Configuration.load("/nowhere/m.yaml") }
        #expect(
            problem?.description == "could not read the configuration \"/nowhere/m.yaml\"; name it with --config FILE")
    }
}
