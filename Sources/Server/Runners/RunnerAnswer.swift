import Domain
import Postgres

/// A runner in the shape of Gitea's API; a label's id is its place in the list.
package struct RunnerAnswer: Described {
    struct Label: Described {
        let id: Int
        let name: String
        let type: String
        static let schemaName = "RunnerLabel"
        static let example = Label(id: 0, name: "ubuntu-latest", type: "custom")
    }
    let id: Int64
    let name: String
    let status: String
    let busy: Bool
    let disabled: Bool
    let ephemeral: Bool
    let labels: [Label]

    package init(_ runner: RunnerView) {
        id = runner.id.number
        name = runner.name
        status = runner.reachable
        busy = runner.liveTasks > 0
        disabled = runner.isDisabled
        ephemeral = runner.isEphemeral
        labels = runner.labels.enumerated().map { Label(id: $0, name: $1, type: "custom") }
    }

    private init() {
        id = 2
        name = "runner-1"
        status = "online"
        busy = false
        disabled = false
        ephemeral = false
        labels = [.example]
    }
    package static let example = RunnerAnswer()
}

struct RunnerList: Described {
    let total_count: Int64
    let runners: [RunnerAnswer]
    static let example = RunnerList(total_count: 1, runners: [.example])
}

struct RunnerEdit: Described, Decodable {
    let disabled: Bool
    static let example = RunnerEdit(disabled: true)
}

struct RegistrationTokenAnswer: Described {
    let token: String
    static let example = RegistrationTokenAnswer(token: "0123456789abcdef0123456789abcdef01234567")
}

extension RunnerView {
    /// The API knows no more than this.
    package var reachable: String { status == .offline ? "offline" : "online" }
}
