import Postgres
import Web

extension PostgresError: FailureConvertible {
    /// A passing fault of the database is `busy`, never 401: a runner that hears 401 ends for good (runner.md 1.5).
    package var failure: Failure {
        if isUnavailable || isSerializationFailure || isCancelled || isLockNotAvailable {
            return Failure(.busy, "the database is not available right now; try again in a few seconds")
        }
        // What a row names was there when the request looked for it, and was deleted meanwhile.
        if isForeignKeyViolation { return Failure(.missing, "not found") }
        if sqlState == "22021" {
            return Failure(.invalid, "a text holds the character U+0000, which cannot be stored; leave it out")
        }
        return Failure(.fault, "internal error; the server's log has the details")
    }
}
