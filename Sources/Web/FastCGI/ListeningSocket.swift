import CLinux
import Glibc

/// The Unix socket of a lane, made with mode 0660; a stale one of a killed process is replaced. No child inherits it.
func listeningSocket(_ path: String, isBlocking: Bool) throws -> Int32 {
    func failure() -> Failure {
        Failure(.fault, "could not listen on \"\(path)\": \(String(cString: strerror(errno)))")
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { target in
        guard path.utf8.count < target.count else { return false }
        target.copyBytes(from: path.utf8)
        return true
    }
    guard fits else { throw Failure(.fault, "could not listen on \"\(path)\": the path is too long") }
    let opened = socket(
        AF_UNIX,
        Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | (isBlocking ? 0 : Int32(SOCK_NONBLOCK.rawValue)), 0
    )
    guard opened >= 0 else { throw failure() }
    unlink(path)
    let mask = umask(0o117)
    let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(opened, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    umask(mask)
    guard bound == 0, listen(opened, LaneLimits.backlog) == 0 else {
        defer { close(opened) }
        throw failure()
    }
    return opened
}

/// A connection of nginx's, which no child that is started meanwhile inherits. Below 0: `errno` says why there is none.
func acceptedConnection(_ listening: Int32, isBlocking: Bool) -> Int32 {
    accept4(listening, nil, nil, Int32(SOCK_CLOEXEC.rawValue) | (isBlocking ? 0 : Int32(SOCK_NONBLOCK.rawValue)))
}
