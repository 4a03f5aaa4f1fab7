import Testing

@testable import Postgres
@testable import Server
@testable import Web

@Suite("Failures of the database on the wire")
struct DatabaseFailuresTests {
    private static func kind(_ error: any Error) -> Failure.Kind { Failure(describing: error).kind }
    private static func postgres(_ state: String) -> PostgresError {
        PostgresError(sqlState: state, message: "secret detail of the database", statement: "run_insert")
    }

    @Test("a database that is away is busy, never a refusal of the caller")
    func database() {
        // A20: so is a statement that was cancelled (statement_timeout), and a lock that did not come.
        for state in ["08006", "57P01", "57P03", "53300", "40001", "40P01", "57014", "55P03"] {
            #expect(Self.kind(Self.postgres(state)) == .busy)
        }
        #expect(Self.kind(Self.postgres("23505")) == .fault)
    }

    @Test("a NUL character that PostgreSQL cannot store is the caller's mistake")
    func nul() {
        #expect(Self.kind(Self.postgres("22021")) == .invalid)
    }

    @Test("what is not known says nothing of itself")
    func unknown() {
        struct Inside: Error { let path = "/secret" }
        for error in [Inside() as any Error, Self.postgres("23505")] {
            let failure = Failure(describing: error)
            #expect(failure.kind == .fault)
            #expect(failure.message == "internal error; the server's log has the details")
        }
    }
}
