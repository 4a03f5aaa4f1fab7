import Foundation
import Glibc

/// Programs that are ended together with whatever they start.
package enum ProcessGroup {
    /// Starts a program through `/usr/bin/env`, which finds it on PATH and execs, so the pid stays. It leads a group of its own and has
    /// default signals: what this program ignores or blocks, a child would inherit.
    ///
    /// - Parameters:
    ///   - arguments: what follows `env`.
    ///   - input: nil: /dev/null.
    ///   - name: for what is said of a fault.
    package static func start(
        _ arguments: [String], environment: [String: String], input: Int32? = nil, output: Int32, errors: Int32,
        name: String
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var argv = (["env"] + arguments).map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let failed = posix_spawn(&pid, "/usr/bin/env", &actions, &attributes, &argv, &envp)
        guard failed == 0 else {
            errno = failed
            throw FileProblem("start", name)
        }
        return pid
    }
}
