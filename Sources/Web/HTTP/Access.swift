/// Who may call an endpoint, and what its handler is given for it: nothing is left to unwrap, nothing can be forgotten.
///
/// Each capability adds its own as static members of `Access where Context == …`.
package struct Access<App: Sendable, Context: Sendable>: Sendable {
    /// For people and for the authorization matrix, such as "repository: write".
    package let name: String
    /// - Throws: a `Failure` when the caller may not; nothing was done by then.
    package let admit: @Sendable (Request, App) throws -> Context

    package init(_ name: String, admit: @escaping @Sendable (Request, App) throws -> Context) {
        self.name = name
        self.admit = admit
    }
}

extension Access where Context == Void {
    /// Needs no credentials and reads none.
    package static var open: Self { Access("open") { _, _ in } }
}
