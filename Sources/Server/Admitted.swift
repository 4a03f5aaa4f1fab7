import Postgres
import Web

extension Request {
    var repository: Repository? {
        get { admitted["repository"] as? Repository }
        set { admitted["repository"] = newValue }
    }
    var organization: Account? {
        get { admitted["organization"] as? Account }
        set { admitted["organization"] = newValue }
    }
    var task: LiveTask? {
        get { admitted["task"] as? LiveTask }
        set { admitted["task"] = newValue }
    }
}
