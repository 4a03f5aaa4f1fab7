import Domain
import Web

extension Endpoint where App == Server.App {
    /// What a form of a page is sent to. The form's token is checked before the handler sees a field.
    static func form<Context: HasCaller & Sendable>(
        _ path: String, _ access: Access<App, Context>, scope: ScopeCategory = [],
        answers: [AnswerShape] = [.none(303), .failure(403), .failure(404)],
        _ summary: String, _ handler: @escaping @Sendable (Request, Context, Form, App) throws -> Response
    ) -> Endpoint {
        Endpoint(
            .post, path, access, scope: scope, body: .form, answers: answers, summary
        ) { request, context, app in
            let form = try Form(request)
            try app.checkFormToken(form, context.caller, request)
            return try handler(request, context, form, app)
        }
    }
}

extension Caller {
    /// What each form carries as `_token`, so that no other site can send it.
    var formToken: String { "" }
}

extension App {
    /// - Throws: 403 when the form does not carry the token of the caller's session.
    func checkFormToken(_ form: Form, _ caller: Caller, _ request: Request) throws {}
}
