import Testing

@testable import Domain

@Suite("Which names an expression may use")
struct ExpressionScopeTests {
    @Test(
        "by where it stands: context, function of the state",
        arguments: [
            (ExpressionScope.jobCondition, "needs.a", true), (.jobCondition, "matrix.a", false),
            (.jobCondition, "always()", true), (.runName, "inputs.a", true), (.runName, "needs.a", false),
            (.runName, "always()", false), (.strategy, "needs.a", true), (.strategy, "matrix.a", false),
            (.strategy, "failure()", false), (.job("name"), "matrix.a", true),
            (.job("name"), "strategy.job-index", true),
            (.job("name"), "success()", false), (.job("name"), "secrets.a", false), (.job("name"), "env.a", false),
            (.job("name"), "gitea.ref", true), (.job("name"), "vars.a", true),
        ])
    func names(scope: ExpressionScope, text: String, isAllowed: Bool) {
        #expect((expressionFault(text, scope) == nil) == isAllowed)
    }

    @Test(
        "functions ignore case and take so many arguments",
        arguments: [
            ("contains", 2...2), ("STARTSWITH", 2...2), ("endsWith", 2...2), ("Format", 1...255), ("join", 1...2),
            ("tojson", 1...1), ("fromJSON", 1...1), ("case", 3...255), ("success", 0...0), ("Always", 0...0),
            ("HASHFILES", 1...255),
        ])
    func functions(name: String, arguments: ClosedRange<Int>) {
        #expect(ExpressionFunction(name: name)?.arguments == arguments)
    }

    @Test("what is no function", arguments: ["hashFile", "choose", "", "joın", "contains "])
    func unknown(name: String) { #expect(ExpressionFunction(name: name) == nil) }

    @Test("the functions of the state are these four")
    func states() {
        #expect(ExpressionFunction.allCases.filter(\.isStatus) == [.success, .failure, .always, .cancelled])
    }
}
