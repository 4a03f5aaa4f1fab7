import Testing

@testable import Domain

@Suite("The inputs of a dispatch")
struct DispatchInputsTests {
    static let file = """
        on:
          workflow_dispatch:
            inputs:
              text: {description: x}
              must: {required: true}
              kept: {required: true, default: d}
              flag: {type: boolean}
              count: {type: number, default: 2}
              pick: {type: choice, options: [a, "b c", 3], default: a}
              where: {type: environment}
        jobs: {j: {runs-on: x, steps: [run: x]}}
        """

    private static func declared(_ file: String = file) throws -> [DispatchInput] {
        let triggers = try #require(WorkflowFile(Array(file.utf8), path: "ci.yml").triggers)
        return try #require(triggers[.workflowDispatch]).inputs
    }

    @Test(
        "are checked by their types; what is not sent has its default, what is not declared goes",
        arguments: [
            (["must": "m"], "text= must=m kept=d flag=false count=2 pick=a where="),
            (
                [
                    "must": "m", "flag": "true", "count": "1.5", "pick": "b c", "where": "prod", "text": "a b",
                    "more": "x",
                ],
                "text=a b must=m kept=d flag=true count=1.5 pick=b c where=prod"
            ),
            (["must": "m", "pick": "3", "kept": ""], "text= must=m kept= flag=false count=2 pick=3 where="),
        ] as [([String: String], String)])
    func taken(sent: [String: String], inputs: String) throws {
        let found = try dispatchInputs(sent, declared: Self.declared())
        #expect(found.map { "\($0.name)=\($0.text)" }.joined(separator: " ") == inputs)
    }

    @Test(
        "are refused in words",
        arguments: [
            ([:], "\"must\" is required"), (["must": ""], "\"must\" is required"),
            (["must": "m", "flag": "yes"], "\"flag\" is a boolean"),
            (["must": "m", "flag": "True"], "\"flag\" is a boolean"),
            (["must": "m", "count": "two"], "\"count\" is a number"),
            (["must": "m", "pick": "c"], "must be one of \"a\", \"b c\", \"3\""), (["must": "m\0"], "U+0000"),
            (["must": String(repeating: "x", count: 65_536)], "at most 65535"),
        ] as [([String: String], String)])
    func refused(sent: [String: String], words: String) throws {
        let declared = try Self.declared()
        let error = #expect(throws: DispatchRefusal.self) { try dispatchInputs(sent, declared: declared) }
        #expect(error?.words.contains(words) == true, "\(error?.words ?? "")")
    }

    @Test("a file may not declare too many, and a choice has options")
    func declarations() throws {
        let many = (0...DispatchLimits.inputsMax).map { "i\($0): {}" }.joined(separator: ", ")
        let declared = try Self.declared("on: {workflow_dispatch: {inputs: {\(many)}}}")
        #expect(throws: DispatchRefusal.self) { try dispatchInputs([:], declared: declared) }
        for options in ["", ", options: []"] {
            let file = "on: {workflow_dispatch: {inputs: {a: {type: choice\(options)}}}}"
            let triggers = try #require(WorkflowFile(Array(file.utf8), path: "ci.yml").triggers)
            #expect(triggers[.workflowDispatch]?.fault != nil, "\(options)")
        }
    }

    @Test("the payload has them as texts, and is read back as the event")
    func payload() throws {
        let payload = DispatchPayload(
            inputs: try dispatchInputs(["must": "\"m\"", "flag": "true"], declared: Self.declared()),
            ref: "refs/heads/main", workflow: ".gitea/workflows/ci.yml", repository: JSONVerbatim("{\"id\":1}"),
            sender: "ann")
        let json = String(decoding: try jsonText(payload), as: UTF8.self)
        #expect(json.hasPrefix(#"{"inputs":{"text":"","must":"\"m\"","kept":"d","flag":"true","count":"2""#))
        #expect(json.hasSuffix(#""repository":{"id":1},"sender":{"login":"ann","username":"ann"}}"#))
        guard
            case .workflowDispatch(let event) = try RepositoryEvent(
                .workflowDispatch, payload: ExpressionValue(json: json))
        else { return #expect(Bool(false), "it is another event") }
        #expect(
            event.ref == "refs/heads/main" && event.inputs.count == 7 && event.workflow == ".gitea/workflows/ci.yml")
    }
}
