import Glibc

/// A call of the file system or of processes that failed, in words.
package struct FileProblem: Error, CustomStringConvertible {
    package let what: String
    package let path: String
    package let code: Int32
    package var description: String { "could not \(what) \"\(path)\": \(String(cString: strerror(code)))" }
    package var isMissing: Bool { code == ENOENT }

    /// - Parameter what: a verb for the sentence "could not … "; errno is read here.
    package init(_ what: String, _ path: String) {
        code = errno
        self.what = what
        self.path = path
    }
}
