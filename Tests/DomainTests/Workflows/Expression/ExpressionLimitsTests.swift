import Testing

@testable import Domain

@Suite("Limits of expressions agree with each other and with those of files")
struct ExpressionLimitsTests {
    @Test("what is part of another fits into it")
    func relations() {
        #expect(ExpressionLimits.charactersMax < WorkflowLimits.fileBytesMax)
        #expect(ExpressionLimits.depthMax <= WorkflowLimits.depthMax)
        #expect(ExpressionLimits.valueBytesMax <= ExpressionLimits.workBytesMax)
        #expect(ExpressionLimits.jsonDepthMax >= WorkflowLimits.depthMax, "what a file holds, toJSON can write")
        #expect(ExpressionLimits.quotedCharactersMax < WorkflowLimits.messageCharactersMax)
    }

    @Test("a budget is spent before the work is done, and stays spent")
    func budget() throws {
        var budget = ExpressionBudget(workBytes: 10)
        try budget.spend(10)
        #expect(!budget.isSpent)
        #expect(throws: EvaluationFault.tooLong) { try budget.spend(1) }
        #expect(budget.isSpent)
        #expect(throws: EvaluationFault.tooLong) { try budget.spend(0) }
        var other = ExpressionBudget(workBytes: 10)
        #expect(throws: EvaluationFault.tooLong) { try other.spend(.max) }
    }
}
