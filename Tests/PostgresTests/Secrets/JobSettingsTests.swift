import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("What a job is given")
struct JobSettingsTests {
    @Test("are settings of its repository, its owner and the instance, and of nobody else")
    func levels() throws {
        let fixture = try SecretFixture()
        try fixture.script(
            "insert into account (name) values ('bob'); insert into repository (owner_id, name) values (1, 'other')")
        let others: [SettingLevel] = [.owner(AccountID(2)), .repository(RepositoryID(2))]
        for (number, level) in (SecretFixture.levels + others).enumerated() {
            _ = try fixture.put("A", at: level, UInt8(number))
            _ = try fixture.variables.create(SecretFixture.a, at: level, value: "\(number)", description: "")
        }
        let found = try fixture.settings()
        #expect(Set(found.secrets.map(\.level)) == Set(SecretFixture.levels))
        #expect(Set(found.variables.map(\.value)) == ["0", "1", "2"])
        #expect(resolved(found.secrets).map(\.value.sealed) == [[2]])
        let planning = try JobSettings.variables(of: RepositoryID(1), owner: AccountID(1), in: fixture.database)
        #expect(Set(planning.map(\.value)) == ["0", "1", "2"])
        let fork = try fixture.settings(withSecrets: false)
        #expect(fork.secrets.isEmpty && fork.variables.count == 3)
    }

    @Test("come with the claim, less the secrets when the run is of a fork")
    func claim() throws {
        let fixture = try RunFixture()
        try fixture.script(
            """
            insert into encryption_key (id, wrapped, wrapped_by) values (1, '\\x01', 'm');
            insert into secret (owner_id, name, key_id, sealed) values (1, 'A', 1, '\\x05');
            insert into variable (name, value) values ('B', 'b')
            """)
        let runner = try fixture.runner("r")
        for (isFromFork, secrets) in [(false, 1), (true, 0)] {
            let run = try fixture.plan([RunFixture.job("a")])
            try fixture.script("update run set is_from_fork = \(isFromFork) where id = \(run)")
            let claimed = try #require(try fixture.claim(runner).first)
            #expect(claimed.assignment.settings.secrets.count == secrets)
            #expect(claimed.assignment.settings.variables.map(\.value) == ["b"])
            try fixture.report(claimed.assignment.task, by: runner, .success)
        }
    }

    @Test("conditions see variables and the inputs of a dispatch")
    func conditions() throws {
        let fixture = try RunFixture()
        try fixture.script("insert into variable (repository_id, name, value) values (1, 'DEPLOY', 'yes')")
        let run = try fixture.plan([
            RunFixture.job("a", condition: "vars.deploy == 'yes'"), RunFixture.job("b", condition: "vars.other"),
        ])
        #expect(try fixture.statuses(of: run) == ["a": .waiting, "b": .skipped])
    }

    @Test("are found by an index among 100 000 of other repositories, as lists of them are")
    func plans() throws {
        let fixture = try SecretFixture()
        try fixture.script(
            """
            insert into repository (owner_id, name) select 1, 'r' || n from generate_series(1, 10000) n;
            insert into secret (repository_id, name, key_id, sealed)
            select r.id, 'S' || n, 1, '\\x01' from repository r cross join generate_series(1, 10) n;
            insert into variable (repository_id, name, value)
            select r.id, 'S' || n, 'v' from repository r cross join generate_series(1, 10) n;
            analyze secret; analyze variable
            """)
        for (statement, parameters) in [
            (JobSettings.all, "5, 1, true"), (JobSettings.variables, "5, 1"), (SecretStore.list, "5, 0, 30, 0"),
            (SecretStore.count, "5, 0"), (VariableStore.list, "5, 0, 30, 0"), (VariableStore.count, "5, 0"),
        ] {
            let types = parameters.replacing("true", with: "bool").split(separator: ", ").map {
                $0 == "bool" ? "boolean" : "bigint"
            }
            let connection = try Connection(dsn: fixture.database.dsn)
            try connection.script(
                "set plan_cache_mode = force_generic_plan; prepare p (\(types.joined(separator: ", "))) as \(statement.sql)"
            )
            let plan = try connection.run(Statement("t_explain", "explain execute p(\(parameters))"), []).map {
                $0.text(0)
            }
            .joined(separator: "\n")
            #expect(!plan.contains("Seq Scan on secret") && !plan.contains("Seq Scan on variable"), "\(plan)")
        }
    }
}
