import Domain
import Testing

@Suite("H3: a success with a failed step")
struct StepFailureTests {
    static let payload =
        #"{"name":"ci","jobs":{"a":{"steps":[{"run":"x"},{"run":"x","continue-on-error":true},"#
        + #"{"run":"x","continue-on-error":false},{"run":"x","continue-on-error":"${{ matrix.x }}"},{"run":"x","continue-on-error":null},"#
        + #"{"run":"x","continue-on-error":"true"},"no step"]}}}"#

    @Test(
        "is a failure when the definition does not let the job go on",
        arguments: [
            ([], nil), ([0], 1), ([1], nil), ([2], 3), ([3], nil), ([4], 5), ([5], nil), ([6], nil), ([1, 3, 2, 0], 3),
            // Beyond the list, as a composite's or a post step's might be.
            ([7], nil), ([-1], nil), ([.max], nil), ([.min], nil),
        ] as [([Int64], Int?)])
    func table(failed: [Int64], step: Int?) {
        let words = contradictionOfSuccess(
            failedSteps: failed.map { FailedStep(position: $0, name: "n") }, payload: Self.payload)
        #expect(
            words
                == step.map { "the runner reported success, but step \($0) \"n\" failed and has no continue-on-error" })
    }

    @Test(
        "is the runner's word when the definition cannot be read",
        arguments: [
            "", "[]", "{", #"{"jobs":{}}"#, #"{"jobs":{"a":{"uses":"x"}}}"#,
            #"{"jobs":{"a":{"steps":[{"env":{"n":.nan}}]}}}"#,
        ])
    func unreadable(payload: String) {
        #expect(contradictionOfSuccess(failedSteps: [FailedStep(position: 0, name: "n")], payload: payload) == nil)
    }
}
