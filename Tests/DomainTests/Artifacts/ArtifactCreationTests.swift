import Domain
import Testing

@Suite("A second artifact of one name")
struct ArtifactCreationTests {
    static let me = TaskID(7)
    static func namesake(_ id: Int64, _ state: ArtifactState, of task: Int64?, live: Bool) -> Namesake {
        Namesake(id: ArtifactID(id), state: state, task: task.map(TaskID.init), taskIsLive: live)
    }

    @Test(
        "ends the unfinished ones of its own task and of tasks that are over",
        arguments: [
            ([], []), ([namesake(1, .pending, of: 7, live: true)], [1]),
            ([namesake(1, .pending, of: 8, live: false)], [1]),
            ([namesake(1, .pending, of: nil, live: false)], [1]),
            ([namesake(1, .pending, of: 8, live: false), namesake(2, .pending, of: 7, live: true)], [1, 2]),
            (
                [
                    namesake(1, .expired, of: 8, live: true), namesake(2, .deleting, of: 8, live: true),
                    namesake(3, .deleted, of: 8, live: true), namesake(4, .pending, of: 7, live: true),
                ], [4]
            ),
        ] as [([Namesake], [Int64])], SameNamePolicy.allCases)
    func planned(case: ([Namesake], [Int64]), policy: SameNamePolicy) throws {
        let (namesakes, dropped) = `case`
        #expect(try planCreate(namesakes: namesakes, by: Self.me, policy: policy) == dropped.map(ArtifactID.init))
    }

    @Test("is refused while another task uploads the first", arguments: SameNamePolicy.allCases)
    func pending(policy: SameNamePolicy) {
        let namesakes = [Self.namesake(1, .pending, of: 7, live: true), Self.namesake(2, .pending, of: 8, live: true)]
        let refusal = #expect(throws: CreateRefusal.self) {
            try planCreate(namesakes: namesakes, by: Self.me, policy: policy)
        }
        #expect(
            refusal?.description
                == "an artifact with this name is pending from another live task (8); give each job's artifact a name of its own"
        )
    }

    @Test(
        "is refused when the first is finished, or leaves it be until itself is finished",
        arguments: [Int64?.some(7), 8, nil])
    func finished(task: Int64?) throws {
        let namesakes = [
            Self.namesake(1, .uploaded, of: task, live: task != nil), Self.namesake(2, .pending, of: 7, live: true),
        ]
        let refusal = #expect(throws: CreateRefusal.self) {
            try planCreate(namesakes: namesakes, by: Self.me, policy: .refuse)
        }
        #expect(refusal?.description == "an artifact with this name already exists on the workflow run")
        #expect(try planCreate(namesakes: namesakes, by: Self.me, policy: .replace) == [ArtifactID(2)])
    }
}
