import Testing

@testable import Domain

@Suite("What a workflow declares for its callers")
struct CallInterfaceTests {
    private static func read(_ on: String) throws -> (interface: CallInterface?, faults: [String]) {
        let text = Array("on: \(on)\n".utf8)
        var list = DiagnosticList(path: "w.yml", source: text)
        let on = try #require(try yamlTree(text)["on"])
        return (CallInterface(on.value, &list), list.all.map { "\($0.line):\($0.column) \($0.code)" })
    }

    @Test(
        "can be called in any form of `on` that names it",
        arguments: [
            ("workflow_call", true), ("[push, workflow_call]", true), ("{workflow_call: }", true),
            ("{workflow_call: {}, push: }", true), ("push", false), ("[push]", false), ("{push: }", false),
        ])
    func callable(on: String, isCallable: Bool) throws {
        #expect(try (Self.read(on).interface != nil) == isCallable)
    }

    @Test("has inputs, secrets and outputs in their order")
    func content() throws {
        let read = try Self.read(
            "{workflow_call: {inputs: {a: {type: string, required: true}, b: {type: number, default: 1}}, secrets: {t: {required: true}, u: }, outputs: {o: {value: '${{ jobs.j.outputs.o }}'}}}}"
        )
        let found = try #require(read.interface)
        #expect(read.faults == [])
        #expect(found.inputs.map { "\($0.name) \($0.kind) \($0.isRequired)" } == ["a string true", "b number false"])
        #expect(found.secrets.map { "\($0.name) \($0.isRequired)" } == ["T true", "U false"])
        #expect(found.outputs.map(\.name) == ["o"])
    }

    @Test(
        "faults have a place",
        arguments: [
            ("{workflow_call: {inputs: {a: {}}}}", "1:31 call-input"),
            ("{workflow_call: {inputs: {a: {type: choice}}}}", "1:41 call-input"),
            ("{workflow_call: {inputs: {a: {type: boolean, default: 'true'}}}}", "1:59 call-input"),
            ("{workflow_call: {outputs: {o: {}}}}", "1:32 call-output"),
            ("{workflow_call: {outputs: {o: {value: '${{ steps.x }}'}}}}", "1:48 expr-context"),
            ("{workflow_call: {inputs: [a]}}", "1:30 type"), ("{workflow_call: [a]}", "1:21 type"),
        ])
    func faults(on: String, expected: String) throws {
        #expect(try Self.read(on).faults == [expected])
    }

    @Test(
        "a value has its input's type; only a string takes others",
        arguments: [
            ("string", ExpressionValue.number(1.50), "1.5"), ("string", .bool(true), "true"), ("string", .null, ""),
            ("boolean", .bool(false), "false"), ("boolean", .null, "false"), ("boolean", .string("true"), nil),
            ("boolean", .number(1), nil), ("number", .number(2), "2"), ("number", .null, "0"),
            ("number", .string("2"), nil),
            ("number", .bool(true), nil), ("string", .array([]), nil), ("number", .object([]), nil),
        ] as [(String, ExpressionValue, String?)])
    func types(kind: String, value: ExpressionValue, text: String?) throws {
        let kind = try #require(CallInterface.Input.Kind(rawValue: kind))
        #expect((try? kind.value(value))?.text == text)
    }

    @Test("so many may be declared")
    func limits() throws {
        func many(_ count: Int) throws -> [String] {
            let items = (0..<count).map { "i\($0): {type: string}" }.joined(separator: ", ")
            return try Self.read("{workflow_call: {inputs: {\(items)}}}").faults
        }
        #expect(try many(256) == [])
        #expect(try many(257) == ["1:30 too-large"])
    }
}
