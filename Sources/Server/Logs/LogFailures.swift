import Domain
import Postgres
import Web

extension LogError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .unknownTask: Failure(.missing, "this runner has no such task")
        case .refused(.archived): Failure(.conflict, "log file has been archived")
        case .refused(.negativeIndex(let index)):
            Failure(.invalid, "log index \(index) is out of range; rows count from 0")
        }
    }
}

extension LogReadProblem: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .expired(let at):
            Failure(.missing, "the log was removed on \(clockText(at)): it was older than logs.retention")
        case .missing: Failure(.fault, "internal error; the server's log has the details")
        }
    }
}
