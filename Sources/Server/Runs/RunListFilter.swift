import Domain
import Postgres
import Web

/// What the address of a list of runs asks for: shareable, and read without fail. A value that nothing can have makes an empty list.
struct RunListFilter {
    /// Words of the page; each may stand for several statuses.
    static let statuses: [(word: String, statuses: [Status])] = [
        ("running", [.running, .cancelling]), ("waiting", [.waiting, .blocked]), ("failure", [.failure]),
        ("success", [.success]), ("cancelled", [.cancelled]), ("skipped", [.skipped]),
    ]
    static let names = ["workflow", "branch", "event", "actor", "status"]

    /// What was given, by name; empty values are none.
    let given: [(name: String, value: String)]
    private(set) var filter = RunFilter()
    /// Why no run can fit.
    private(set) var nothing: String?

    init(_ request: Request) {
        given = Self.names.compactMap { name in request.given(name).map { (name, $0) } }
        for (name, value) in given {
            guard !value.utf8.contains(0), value.utf8.count <= 1_000 else {
                nothing = "The value of \(name) is none that a run can have."
                continue
            }
            switch name {
            case "workflow": filter.workflowID = value
            case "branch": filter.branch = value
            case "event": filter.event = value
            case "actor": filter.actor = value
            default:
                // The words of the API are understood, too.
                let known = Self.statuses.first { $0.word == value }?.statuses
                guard let statuses = known ?? (try? RunListRoutes.statusFilter([value])) else {
                    nothing =
                        "There is no status \"\(harmlessField(value))\"; it is one of "
                        + Self.statuses.map(\.word).joined(separator: ", ") + "."
                    continue
                }
                filter.statuses = statuses
            }
        }
    }

    var isEmpty: Bool { given.isEmpty }
    subscript(name: String) -> String? { given.first { $0.name == name }?.value }

    /// The filters with one of them exchanged, as a query with its question mark; "" without any.
    func query(replacing name: String? = nil, by value: String? = nil, adding more: [String] = []) -> String {
        var pairs = given.filter { $0.name != name }
        if let name, let value { pairs.append((name, value)) }
        let texts = pairs.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" } + more
        return texts.isEmpty ? "" : "?" + texts.joined(separator: "&")
    }

    /// What was looked for, in words.
    var words: String {
        "No run with " + given.map { "\($0.name) \"\(harmlessField($0.value))\"" }.joined(separator: " and ") + "."
    }
}
