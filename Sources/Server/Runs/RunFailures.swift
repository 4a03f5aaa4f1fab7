import Domain
import Postgres
import Web

extension RerunRefusal: FailureConvertible {
    /// The words of a refused rerun (rest.md 7).
    package var failure: Failure {
        switch self {
        case .runNotDone: Failure(.notNow, "this workflow run is not done; wait for its end or cancel it first")
        case .nothingToRun:
            Failure(.notNow, "this run has no jobs, since its file could not be read; push a sound file")
        case .nothingFailed: Failure(.notNow, "no job of this run failed")
        case .jobNotInLatestAttempt(let job): Failure(.missing, "job \(job) is not part of the run's latest attempt")
        case .tooManyAttempts:
            Failure(.notNow, "this run has \(RerunLimits.attemptsMax) attempts, the most there may be; push again")
        }
    }
}

extension RunRemovalRefusal: FailureConvertible {
    package var failure: Failure { Failure(.notNow, "this workflow run is not done") }
}

extension ApprovalRefusal: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .neverWaited: Failure(.conflict, "this run does not wait for an approval")
        case .isDone: Failure(.conflict, "run is already completed")
        }
    }
}

extension JobRefusal: FailureConvertible {
    package var failure: Failure { Failure(.conflict, "\(self)") }
}
