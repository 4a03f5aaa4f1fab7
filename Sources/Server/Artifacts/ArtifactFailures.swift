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
        // The clients that can cause these are told in Azure's own words (AzureProblem).
        case .tooManyBlocks: Failure(.conflict, "an upload has at most \(ArtifactLimits.blockCountMax) blocks")
        case .appendedElsewhere(let length):
            Failure(.conflict, "the content has \(length) bytes; append where it ends")
        case .otherMode(let mode):
            Failure(.conflict, "this upload is made by \"\(mode.rawValue)\"; the two cannot be mixed")
        }
    }
}

extension BlockProblem: FailureConvertible {
    package var failure: Failure { Failure(.invalid, "\(self)") }
}
