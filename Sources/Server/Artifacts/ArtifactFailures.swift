import Domain
import Postgres
import Web

extension QuotaRefusal: FailureConvertible {
    package var failure: Failure { Failure(.forbidden, "\(self)") }
}
extension CreateRefusal: FailureConvertible {
    package var failure: Failure { Failure(.conflict, "\(self)") }
}
extension RetentionProblem: FailureConvertible {
    package var failure: Failure { Failure(.invalid, "\(self)") }
}

extension UploadProblem: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .missing: Failure(.missing, "there is no such upload, or its job has ended")
        case .tooManyFiles:
            Failure(
                .invalid,
                "an artifact has at most \(ArtifactLimits.filesMax) files; pack them, or upload them under several names"
            )
        case .finished: Failure(.conflict, "the upload is finished")
        // Said by the routes, in Azure's own words (AzureProblem).
        case .tooManyBlocks, .appendedElsewhere, .otherMode:
            Failure(.fault, "internal error; the server's log has the details")
        }
    }
}
